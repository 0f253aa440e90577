#pragma once
// Where the sources lie, for tests that read the repository's own files. One object knows it, so that a compiler cache serves the
// others to every checkout.
#include <filesystem>

namespace culprit {

std::filesystem::path source_dir();

}  // namespace culprit
