#pragma once
// Reading the tables of knowledge: each problem is an exception that names file, line and what was expected.
#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

/// Throws std::runtime_error.
[[noreturn]] void expected(std::string_view file, const YAML::Node& node, const std::string& what);
/// `30s`, `5m`, `6h`, `7d`.
Duration read_duration(std::string_view file, const YAML::Node& node);
/// Throws when the map has a key that is none of `known`.
void check_keys(std::string_view file, const YAML::Node& map, std::initializer_list<std::string_view> known);

}  // namespace culprit
