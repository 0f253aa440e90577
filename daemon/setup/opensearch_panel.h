#pragma once
// A panel of kibana_dashboards.yaml as OpenSearch Dashboards draws it, which has no Lens: an aggregation-based visualisation, of
// the shape of its own sample data (src/plugins/home/server/services/sample_data). Pure.
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

namespace culprit {

/// The visualisation's `visState`. Throws std::runtime_error for what the file may not hold.
nlohmann::json visualization_state(const YAML::Node& panel);

}  // namespace culprit
