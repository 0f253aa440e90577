#include "tests/source_dir.h"

namespace culprit {

std::filesystem::path source_dir() { return CULPRIT_SOURCE_DIR; }

}  // namespace culprit
