#include "kibana_validator.h"

#include <algorithm>
#include <map>
#include <set>

namespace culprit::test {
namespace {

using Json = nlohmann::json;

/// All strings below `json` that name a column.
void collect_columns(const Json& json, std::set<std::string>& found) {
    if (json.is_string() && json.get<std::string>().starts_with("column-")) found.insert(json.get<std::string>());
    if (json.is_structured())
        for (const Json& each : json) collect_columns(each, found);
}

void check_lens(const Json& panel, const std::string& where, const std::set<std::string>& references,
                std::vector<std::string>& problems) {
    const Json& attributes = panel["embeddableConfig"]["attributes"];
    for (const Json& reference : attributes["references"])
        if (!references.contains(panel["panelIndex"].get<std::string>() + ":" + reference["name"].get<std::string>()))
            problems.push_back(where + ": the dashboard lacks the panel's reference " + reference["name"].get<std::string>());
    for (const auto& [source, state] : attributes["state"]["datasourceStates"].items()) {
        for (const auto& [id, layer] : state["layers"].items()) {
            bool referenced = false;
            for (const Json& reference : attributes["references"])
                referenced |= reference["name"] == "indexpattern-datasource-layer-" + id;
            if (!referenced) problems.push_back(where + ": no data view for layer " + id);
            std::set<std::string> used;
            collect_columns(attributes["state"]["visualization"], used);
            std::set<std::string> known;
            for (const auto& [column, what] : layer["columns"].items()) known.insert(column);
            std::set<std::string> ordered;
            for (const Json& column : layer["columnOrder"]) ordered.insert(column.get<std::string>());
            if (known != ordered) problems.push_back(where + ": columnOrder and columns differ");
            if (known != used) problems.push_back(where + ": the visualisation shows other columns than the layer has");
            for (const auto& [column, what] : layer["columns"].items())
                if (what.contains("params") && what["params"].contains("orderBy") &&
                    !known.contains(what["params"]["orderBy"]["columnId"].get<std::string>()))
                    problems.push_back(where + ": ordered by a column that is not there");
        }
    }
}

/// Kibana's drill-downs: x-pack/plugins/dashboard_enhanced/…/dashboard_drilldown and drilldowns/url_drilldown. Which dashboard is
/// meant is a reference, never part of the configuration; a row's values are there only for what a table's row triggers.
void check_drill_downs(const Json& panel, const std::string& where, const std::set<std::string>& references,
                       std::set<std::string>& events, std::vector<std::string>& problems) {
    const Json enhancements = panel["embeddableConfig"].value("enhancements", Json::object());
    if (!enhancements.contains("dynamicActions")) return;
    const bool table = panel["type"] == "lens" && panel["embeddableConfig"]["attributes"]["visualizationType"] == "lnsDatatable";
    for (const Json& event : enhancements["dynamicActions"]["events"]) {
        const std::string id = event["eventId"], place = where + ", drill-down " + id;
        const Json &action = event["action"], &config = action["config"];
        if (!events.insert(id).second) problems.push_back(place + ": twice");
        if (action["name"].get<std::string>().empty()) problems.push_back(place + ": has no name");
        const auto has_only = [&](std::set<std::string> keys, const Json& triggers) {
            for (const auto& [key, value] : config.items())
                if (keys.erase(key) == 0) problems.push_back(place + ": unknown " + key);
            if (!keys.empty()) problems.push_back(place + ": lacks " + *keys.begin());
            if (event["triggers"] != triggers) problems.push_back(place + ": cannot be triggered by " + event["triggers"].dump());
        };
        if (action["factoryId"] == "DASHBOARD_TO_DASHBOARD_DRILLDOWN") {
            has_only({"useCurrentFilters", "useCurrentDateRange", "openInNewTab"}, {"FILTER_TRIGGER"});
            const std::string index = panel["panelIndex"];
            if (!references.contains(index + ":drilldown:DASHBOARD_TO_DASHBOARD_DRILLDOWN:" + id + ":dashboardId"))
                problems.push_back(place + ": its dashboard's reference is missing");
        } else if (action["factoryId"] == "URL_DRILLDOWN") {
            has_only({"url", "openInNewTab", "encodeUrl"}, {"ROW_CLICK_TRIGGER"});
            const std::string address = config.value(Json::json_pointer("/url/template"), "");
            if (!address.starts_with("http") || address.find("{{event.values.[0]}}") == std::string::npos)
                problems.push_back(place + ": '" + address + "' leads to no row's page");
            if (!table) problems.push_back(place + ": only tables have rows");
        } else {
            problems.push_back(place + ": unknown " + action["factoryId"].dump());
        }
    }
}

using IsOfShape = bool (*)(const Json&);

bool is_text(const Json& value) { return value.is_string(); }
bool is_number(const Json& value) { return value.is_number(); }
bool is_flag(const Json& value) { return value.is_boolean(); }
bool is_list_of_texts(const Json& value) {
    return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
}
/// A list of pairs of column and direction.
bool is_sort(const Json& value) {
    return value.is_array() &&
           std::all_of(value.begin(), value.end(), [](const Json& pair) { return is_list_of_texts(pair) && pair.size() <= 2; });
}
bool is_search_source(const Json& value) {
    return value.is_object() && value.size() == 1 && value.contains("searchSourceJSON") && value["searchSourceJSON"].is_string();
}
bool is_refresh(const Json& value) {
    return value.is_object() && value.size() == 2 && is_flag(value.value("pause", Json())) &&
           is_number(value.value("value", Json()));
}
bool is_control_group(const Json& value) {
    return value.is_object() && std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
}

/// Since 8.8 Kibana refuses attributes that its schemas do not know:
/// src/platform/plugins/shared/saved_search/server/saved_objects/ schema*.ts,
/// …/dashboard/server/dashboard_saved_object/schema/v1/v1.ts (v2 to v4, of 9.x, only add to it). Of data views it has none.
void check_attributes(const Json& object, const std::string& where, std::vector<std::string>& problems) {
    static const std::map<std::string, std::map<std::string, IsOfShape>> kKnown{
        {"index-pattern", {{"title", is_text}, {"timeFieldName", is_text}, {"name", is_text}, {"fieldFormatMap", is_text}}},
        {"search",
         {{"title", is_text},
          {"description", is_text},
          {"columns", is_list_of_texts},
          {"sort", is_sort},
          {"kibanaSavedObjectMeta", is_search_source}}},
        {"dashboard",
         {{"title", is_text},
          {"description", is_text},
          {"kibanaSavedObjectMeta", is_search_source},
          {"timeRestore", is_flag},
          {"timeFrom", is_text},
          {"timeTo", is_text},
          {"refreshInterval", is_refresh},
          {"controlGroupInput", is_control_group},
          {"panelsJSON", is_text},
          {"optionsJSON", is_text},
          {"version", is_number}}},
        {"visualization",
         {{"title", is_text},
          {"description", is_text},
          {"visState", is_text},
          {"uiStateJSON", is_text},
          {"version", is_number},
          {"kibanaSavedObjectMeta", is_search_source}}},
    };
    const auto known = kKnown.find(object["type"].get<std::string>());
    if (known == kKnown.end()) return problems.push_back(where + ": a type that this validator does not know");
    for (const auto& [name, value] : object["attributes"].items()) {
        const auto shape = known->second.find(name);
        if (shape == known->second.end())
            problems.push_back(where + ": unknown attribute " + name);
        else if (!shape->second(value))
            problems.push_back(where + ": " + name + " is not as its schema has it");
    }
}

/// OpenSearch Dashboards: src/plugins/vis_type_{metric,table,vislib}: which schemas a type has, and that buckets are ordered by a
/// value.
void check_visualization(const Json& object, const std::string& where, std::vector<std::string>& problems) {
    static const std::map<std::string, std::set<std::string>> kSchemas{{"metric", {"metric"}},
                                                                       {"histogram", {"metric", "segment", "group"}},
                                                                       {"line", {"metric", "segment", "group"}},
                                                                       {"table", {"metric", "bucket"}}};
    const Json state = Json::parse(object["attributes"]["visState"].get<std::string>(), nullptr, false);
    const auto schemas = kSchemas.find(state.value("type", ""));
    if (schemas == kSchemas.end()) return problems.push_back(where + ": an unknown type of visualisation");
    std::set<std::string> values;
    for (const Json& aggregation : state["aggs"]) {
        const std::string id = aggregation["id"], schema = aggregation["schema"], type = aggregation["type"];
        const Json& params = aggregation["params"];
        if (!schemas->second.contains(schema))
            problems.push_back(where + ": a " + state["type"].get<std::string>() + " has no " + schema);
        if (type != "count" && params.value("field", "").empty()) problems.push_back(where + ": " + type + " of no field");
        if (schema == "metric" && !values.insert(id).second) problems.push_back(where + ": two aggregations " + id);
        if (type == "terms" && !values.contains(params.value("orderBy", ""))) problems.push_back(where + ": ordered by no value");
    }
    if (values.empty()) problems.push_back(where + ": shows no value");
}

void check_grid(const Json& panels, const std::string& where, std::vector<std::string>& problems) {
    std::map<std::pair<int, int>, std::string> taken;
    for (const Json& panel : panels) {
        const Json& grid = panel["gridData"];
        const int x = grid["x"], y = grid["y"], w = grid["w"], h = grid["h"];
        if (x < 0 || y < 0 || w < 1 || h < 1 || x + w > 48) problems.push_back(where + ": a panel lies outside the 48 columns");
        for (int column = x; column < x + w; ++column)
            for (int row = y; row < y + h; ++row)
                if (!taken.emplace(std::pair{column, row}, panel["panelIndex"]).second) {
                    problems.push_back(where + ": panel " + panel["panelIndex"].get<std::string>() + " lies on another one");
                    return;
                }
    }
}

}  // namespace

std::vector<std::string> problems_of(const std::vector<nlohmann::json>& saved_objects) {
    std::vector<std::string> problems;
    std::set<std::pair<std::string, std::string>> there, dashboards;
    // A dashboard may lead to one that comes later: an import is checked as a whole.
    for (const Json& object : saved_objects)
        if (object["type"] == "dashboard") dashboards.emplace(object["type"], object["id"]);
    for (const Json& object : saved_objects) {
        std::set<std::string> events;
        const std::string where = object["type"].get<std::string>() + " " + object["id"].get<std::string>();
        std::set<std::string> names;
        for (const Json& reference : object["references"]) {
            if (!there.contains({reference["type"], reference["id"]}) &&
                !dashboards.contains({reference["type"], reference["id"]}))
                problems.push_back(where + ": " + reference["name"].get<std::string>() + " refers to what is not there (yet)");
            if (!names.insert(reference["name"]).second) problems.push_back(where + ": two references of one name");
        }
        if (!there.emplace(object["type"], object["id"]).second) problems.push_back(where + ": twice");
        check_attributes(object, where, problems);
        const Json& attributes = object["attributes"];
        if (attributes.contains("kibanaSavedObjectMeta")) {
            const Json source =
                Json::parse(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"].get<std::string>(), nullptr, false);
            if (source.is_discarded()) problems.push_back(where + ": searchSourceJSON is no JSON");
            if (source.contains("indexRefName") && !names.contains(source["indexRefName"]))
                problems.push_back(where + ": its search source's reference is missing");
        }
        if (object["type"] == "visualization") check_visualization(object, where, problems);
        if (!attributes.contains("panelsJSON")) continue;
        const Json panels = Json::parse(attributes["panelsJSON"].get<std::string>(), nullptr, false);
        if (!panels.is_array()) {
            problems.push_back(where + ": panelsJSON is no list");
            continue;
        }
        for (const Json& panel : panels) {
            const std::string index = panel["panelIndex"], place = where + ", panel " + index;
            if (panel["gridData"]["i"] != index) problems.push_back(place + ": gridData.i is another panel's");
            // Since 7.11 the name says which panel's it is; OpenSearch Dashboards goes on from 7.10.
            const bool named_by_panel = panel.contains("type");
            if (panel.contains("panelRefName") &&
                !names.contains((named_by_panel ? index + ":" : "") + panel["panelRefName"].get<std::string>()))
                problems.push_back(place + ": its reference is missing");
            if (!named_by_panel) continue;
            if (panel["type"] == "lens") check_lens(panel, place, names, problems);
            check_drill_downs(panel, place, names, events, problems);
        }
        check_grid(panels, where, problems);
    }
    return problems;
}

}  // namespace culprit::test
