#pragma once
// The files that paths, folders and globs stand for.
#include <string>
#include <vector>

#include "matchers/result.h"

namespace culprit {

/// Sorted, each once; "-" stays. Of a folder all files below it whose names do not begin with a dot. With `all_must_exist` a path
/// that is not there, or a glob without a match, is an Error.
Result<std::vector<std::string>> expand_paths(const std::vector<std::string>& paths, bool all_must_exist);

}  // namespace culprit
