#include "matchers/sql_statement.h"

namespace culprit {

std::vector<SqlEffect> effects_of(std::string_view) { return {}; }
std::optional<InsertTarget> insert_target(std::string_view) { return std::nullopt; }

}  // namespace culprit
