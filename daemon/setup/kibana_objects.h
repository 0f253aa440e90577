#pragma once
// kibana_dashboards.yaml → Kibana's saved objects and alerting rules. Pure.
//
// Shapes and versions are those of Kibana's own sample data (src/…/sample_data/data_sets/*/saved_objects.ts): an object says with
// its migration version how old its shape is, and a newer Kibana brings it up to date on import. 7.17 and 8.x name a few things
// differently; 9.x takes what 8.x exports. OpenSearch Dashboards goes on from the shapes of Kibana 7.10.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "matchers/result.h"

namespace culprit {

struct KibanaVersion {
    int major = 8, minor = 11;
    /// OpenSearch Dashboards, which has no Lens, no drill-downs and no rules of Kibana's: its panels are visualisations, and a
    /// column's values lead to culprit's page by their format.
    bool opensearch = false;
};
/// "8.11.4" → {8, 11}; "2.19.0" is OpenSearch Dashboards. An error for what is no version, or a Kibana below 7.17.
Result<KibanaVersion> parse_kibana_version(const std::string& text);

struct KibanaRule {
    std::string id;
    nlohmann::json body;  // of POST /api/alerting/rule/{id}
};

struct KibanaObjects {
    std::vector<nlohmann::json> saved_objects;  // data views, searches, dashboards: in an order in which references exist already
    std::vector<KibanaRule> rules;
};

/// `incidents` is the configured name of the incidents' index alias, `page` where people reach culprit's own page (empty: nothing
/// leads there). Throws std::runtime_error when the embedded file is wrong.
KibanaObjects kibana_objects(KibanaVersion version, const std::string& incidents = "culprit-incidents",
                             const std::string& page = {});

}  // namespace culprit
