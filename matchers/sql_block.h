#pragma once
// The SQL inside of a DO block: a migration's way to say "only if it is not there yet".
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// The statements of a PL/pgSQL block that change the schema or load rows, as far as they are written out: plain ones, those
/// behind THEN, ELSE, LOOP or BEGIN, and the texts of EXECUTE whose parts are constants. Which of them run is known only when it
/// runs.
std::vector<std::string> statements_in_block(std::string_view body);

}  // namespace culprit
