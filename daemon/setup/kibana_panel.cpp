#include "daemon/setup/kibana_panel.h"

#include <stdexcept>

namespace culprit {
namespace {

using Json = nlohmann::json;

constexpr const char* kLayer = "layer";

std::string label_of(const YAML::Node& node, const std::string& otherwise) {
    return node["label"] ? node["label"].as<std::string>() : otherwise;
}

/// The columns of one layer, in order: buckets first, as Lens wants them.
class Columns {
   public:
    std::string add(Json column) {
        const std::string id = "column-" + std::to_string(order_.size() + 1);
        columns_[id] = std::move(column);
        order_.push_back(id);
        return id;
    }
    Json layer() const { return {{"columns", columns_}, {"columnOrder", order_}, {"incompleteColumns", Json::object()}}; }
    Json& at(const std::string& id) { return columns_[id]; }

   private:
    Json columns_ = Json::object(), order_ = Json::array();
};

Json value_column(const YAML::Node& node) {
    Json column{{"dataType", "number"}, {"isBucketed", false}, {"scale", "ratio"}, {"customLabel", true}};
    Json params = Json::object();
    if (node["format"]) params["format"] = {{"id", node["format"].as<std::string>()}, {"params", {{"decimals", 0}}}};
    if (node["count"]) {
        column["operationType"] = "count";
        column["sourceField"] = "___records___";
        column["label"] = label_of(node, "Count");
    } else {
        bool known = false;
        for (const char* operation : {"sum", "max", "average", "unique_count"}) {
            if (!node[operation]) continue;
            known = true;
            column["operationType"] = operation;
            column["sourceField"] = node[operation].as<std::string>();
            column["label"] = label_of(node, node[operation].as<std::string>());
        }
        if (!known) throw std::runtime_error("kibana_dashboards.yaml: a value is count, sum, max, average or unique_count");
    }
    column["params"] = std::move(params);
    return column;
}

/// `ordered_by` is the value column that says which of the terms come first.
Json bucket_column(const YAML::Node& node, const std::string& ordered_by) {
    if (node["date"])
        return {{"label", label_of(node, "Time")},
                {"customLabel", true},
                {"dataType", "date"},
                {"operationType", "date_histogram"},
                {"sourceField", node["date"].as<std::string>()},
                {"isBucketed", true},
                {"scale", "interval"},
                {"params", {{"interval", "auto"}, {"includeEmptyRows", true}}}};
    if (!node["terms"]) throw std::runtime_error("kibana_dashboards.yaml: a bucket is terms or date");
    return {{"label", label_of(node, node["terms"].as<std::string>())},
            {"customLabel", true},
            {"dataType", "string"},
            {"operationType", "terms"},
            {"sourceField", node["terms"].as<std::string>()},
            {"isBucketed", true},
            {"scale", "ordinal"},
            {"params",
             {{"size", node["size"].as<int>()},
              {"orderBy", {{"type", "column"}, {"columnId", ordered_by}}},
              {"orderDirection", "desc"},
              {"otherBucket", false},
              {"missingBucket", false},
              {"parentFormat", {{"id", "terms"}}}}}};
}

Json metric(const YAML::Node& panel, Columns& columns, KibanaVersion version) {
    const std::string value = columns.add(value_column(panel["value"]));
    return {{"layerId", kLayer}, {"layerType", "data"}, {version.major < 8 ? "accessor" : "metricAccessor", value}};
}

Json xy(const YAML::Node& panel, Columns& columns, const char* series) {
    const std::string value = "column-" + std::to_string(panel["split"] ? 3 : 2);
    Json layer{{"layerId", kLayer}, {"layerType", "data"}, {"seriesType", series}, {"accessors", {value}}};
    if (panel["split"]) layer["splitAccessor"] = columns.add(bucket_column(panel["split"], value));
    layer["xAccessor"] = columns.add(bucket_column(panel["x"], value));
    columns.add(value_column(panel["value"]));
    return {{"preferredSeriesType", series},
            {"legend", {{"isVisible", static_cast<bool>(panel["split"])}, {"position", "right"}}},
            {"valueLabels", "hide"},
            {"fittingFunction", "None"},
            {"axisTitlesVisibilitySettings", {{"x", false}, {"yLeft", false}, {"yRight", false}}},
            {"layers", {std::move(layer)}}};
}

Json table(const YAML::Node& panel, Columns& columns) {
    const std::string first_value = "column-" + std::to_string(panel["rows"].size() + 1);
    Json shown = Json::array();
    for (const auto& row : panel["rows"]) shown.push_back({{"columnId", columns.add(bucket_column(row, first_value))}});
    for (const auto& value : panel["values"]) shown.push_back({{"columnId", columns.add(value_column(value))}});
    return {{"layerId", kLayer}, {"layerType", "data"}, {"columns", std::move(shown)}};
}

}  // namespace

nlohmann::json lens_attributes(const YAML::Node& panel, const std::string& data_view, KibanaVersion version) {
    const std::string chart = panel["chart"].as<std::string>();
    Columns columns;
    Json visualization;
    std::string type = "lnsXY";
    if (chart == "metric") {
        type = "lnsMetric";
        visualization = metric(panel, columns, version);
    } else if (chart == "bar" || chart == "line") {
        visualization = xy(panel, columns, chart == "bar" ? "bar_stacked" : "line");
    } else if (chart == "table") {
        type = "lnsDatatable";
        visualization = table(panel, columns);
    } else {
        throw std::runtime_error("kibana_dashboards.yaml: unknown chart " + chart);
    }
    // Kibana 8.6 renamed the data source; it knows the old name from its own migrations only.
    const bool renamed = version.major > 8 || (version.major == 8 && version.minor >= 6);
    Json references{
        {{"type", "index-pattern"}, {"id", data_view}, {"name", std::string("indexpattern-datasource-layer-") + kLayer}}};
    if (version.major < 8)
        references.push_back(
            {{"type", "index-pattern"}, {"id", data_view}, {"name", "indexpattern-datasource-current-indexpattern"}});
    return {{"title", panel["title"].as<std::string>()},
            {"type", "lens"},
            {"visualizationType", type},
            {"references", std::move(references)},
            {"state",
             {{"visualization", std::move(visualization)},
              {"query", {{"query", panel["query"] ? panel["query"].as<std::string>() : ""}, {"language", "kuery"}}},
              {"filters", Json::array()},
              {"datasourceStates", {{renamed ? "formBased" : "indexpattern", {{"layers", {{kLayer, columns.layer()}}}}}}}}}};
}

}  // namespace culprit
