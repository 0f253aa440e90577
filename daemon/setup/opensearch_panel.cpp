#include "daemon/setup/opensearch_panel.h"

#include <stdexcept>

namespace culprit {
namespace {

using Json = nlohmann::json;

std::string label_of(const YAML::Node& node, const std::string& otherwise) {
    return node["label"] ? node["label"].as<std::string>() : otherwise;
}

/// The aggregations, numbered from 1: values first, as buckets are ordered by one of them.
class Aggregations {
   public:
    std::string add(const std::string& type, const char* schema, Json params) {
        const std::string id = std::to_string(list_.size() + 1);
        list_.push_back({{"id", id}, {"enabled", true}, {"type", type}, {"schema", schema}, {"params", std::move(params)}});
        return id;
    }
    std::string add_value(const YAML::Node& node) {
        if (node["count"]) return add("count", "metric", {{"customLabel", label_of(node, "Count")}});
        for (const auto& [operation, type] :
             {std::pair{"sum", "sum"}, {"max", "max"}, {"average", "avg"}, {"unique_count", "cardinality"}}) {
            if (!node[operation]) continue;
            const std::string field = node[operation].as<std::string>();
            return add(type, "metric", {{"field", field}, {"customLabel", label_of(node, field)}});
        }
        throw std::runtime_error("kibana_dashboards.yaml: a value is count, sum, max, average or unique_count");
    }
    void add_bucket(const YAML::Node& node, const char* schema, const std::string& ordered_by) {
        if (node["date"]) {
            add("date_histogram", schema,
                {{"field", node["date"].as<std::string>()},
                 {"interval", "auto"},
                 {"drop_partials", false},
                 {"min_doc_count", 1},
                 {"extended_bounds", Json::object()},
                 {"customLabel", label_of(node, "Time")}});
            return;
        }
        if (!node["terms"]) throw std::runtime_error("kibana_dashboards.yaml: a bucket is terms or date");
        const std::string field = node["terms"].as<std::string>();
        add("terms", schema,
            {{"field", field},
             {"size", node["size"].as<int>()},
             {"order", "desc"},
             {"orderBy", ordered_by},
             {"otherBucket", false},
             {"otherBucketLabel", "Other"},
             {"missingBucket", false},
             {"missingBucketLabel", "Missing"},
             {"customLabel", label_of(node, field)}});
    }
    Json list() const { return list_; }

   private:
    Json list_ = Json::array();
};

Json metric_params() {
    return {{"addTooltip", true},
            {"addLegend", false},
            {"type", "metric"},
            {"metric",
             {{"percentageMode", false},
              {"useRanges", false},
              {"colorSchema", "Green to Red"},
              {"metricColorMode", "None"},
              {"colorsRange", Json::array({{{"from", 0}, {"to", 10'000}}})},
              {"labels", {{"show", true}}},
              {"invertColors", false},
              {"style", {{"bgFill", "#000"}, {"bgColor", false}, {"labelColor", false}, {"subText", ""}, {"fontSize", 36}}}}}};
}

Json axes_params(const std::string& type, const std::string& label, bool split) {
    const Json labels{{"show", true}, {"truncate", 100}};
    return {{"type", type},
            {"grid", {{"categoryLines", false}}},
            {"categoryAxes", Json::array({{{"id", "CategoryAxis-1"},
                                           {"type", "category"},
                                           {"position", "bottom"},
                                           {"show", true},
                                           {"style", Json::object()},
                                           {"scale", {{"type", "linear"}}},
                                           {"labels", labels},
                                           {"title", Json::object()}}})},
            {"valueAxes", Json::array({{{"id", "ValueAxis-1"},
                                        {"name", "LeftAxis-1"},
                                        {"type", "value"},
                                        {"position", "left"},
                                        {"show", true},
                                        {"style", Json::object()},
                                        {"scale", {{"type", "linear"}, {"mode", "normal"}}},
                                        {"labels", labels},
                                        {"title", {{"text", label}}}}})},
            {"seriesParams", Json::array({{{"show", true},
                                           {"type", type},
                                           {"mode", type == "line" ? "normal" : "stacked"},
                                           {"data", {{"label", label}, {"id", "1"}}},
                                           {"valueAxis", "ValueAxis-1"},
                                           {"drawLinesBetweenPoints", true},
                                           {"showCircles", true}}})},
            {"addTooltip", true},
            {"addLegend", split},
            {"legendPosition", "right"},
            {"times", Json::array()},
            {"addTimeMarker", false}};
}

Json table_params() {
    return {{"perPage", 10},
            {"showPartialRows", false},
            {"showMetricsAtAllLevels", false},
            {"sort", {{"columnIndex", nullptr}, {"direction", nullptr}}},
            {"showTotal", false},
            {"totalFunc", "sum"}};
}

}  // namespace

nlohmann::json visualization_state(const YAML::Node& panel) {
    const std::string chart = panel["chart"].as<std::string>();
    Aggregations aggregations;
    std::string type = chart;
    Json params;
    if (chart == "metric") {
        aggregations.add_value(panel["value"]);
        params = metric_params();
    } else if (chart == "bar" || chart == "line") {
        type = chart == "bar" ? "histogram" : "line";
        const std::string value = aggregations.add_value(panel["value"]);
        aggregations.add_bucket(panel["x"], "segment", value);
        if (panel["split"]) aggregations.add_bucket(panel["split"], "group", value);
        params = axes_params(type, label_of(panel["value"], "Count"), static_cast<bool>(panel["split"]));
    } else if (chart == "table") {
        for (const auto& value : panel["values"]) aggregations.add_value(value);
        for (const auto& row : panel["rows"]) aggregations.add_bucket(row, "bucket", "1");
        params = table_params();
    } else {
        throw std::runtime_error("kibana_dashboards.yaml: unknown chart " + chart);
    }
    return {{"title", panel["title"].as<std::string>()},
            {"type", type},
            {"params", std::move(params)},
            {"aggs", aggregations.list()}};
}

}  // namespace culprit
