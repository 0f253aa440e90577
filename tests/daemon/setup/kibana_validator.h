#pragma once
// Holds saved objects against what Kibana needs of them, since Kibana itself cannot run here.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace culprit::test {

/// What is wrong with saved objects as a whole: references that lead nowhere, are not used or lack a panel, columns that a
/// visualisation names and its layer lacks, panels on top of each other. Empty: nothing.
std::vector<std::string> problems_of(const std::vector<nlohmann::json>& saved_objects);

}  // namespace culprit::test
