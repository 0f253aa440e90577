#pragma once
// One panel of kibana_dashboards.yaml → the attributes of a Lens visualisation. Pure.
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/setup/kibana_objects.h"

namespace culprit {

/// Throws std::runtime_error for a chart or a value that is not known.
nlohmann::json lens_attributes(const YAML::Node& panel, const std::string& data_view, KibanaVersion version);

}  // namespace culprit
