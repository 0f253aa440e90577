#include "daemon/setup/kibana_objects.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <set>
#include <span>
#include <stdexcept>

#include "daemon/setup/kibana_panel.h"
#include "daemon/setup/opensearch_panel.h"
#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_kibana_dashboards();  // cmake/embed.cmake, from setup/kibana_dashboards.yaml

namespace {

using Json = nlohmann::json;

std::string text(const YAML::Node& node, const char* key, const std::string& otherwise = {}) {
    return node[key] ? node[key].as<std::string>() : otherwise;
}

Json reference(const std::string& name, const std::string& type, const std::string& id) {
    return {{"name", name}, {"type", type}, {"id", id}};
}

/// What OpenSearch Dashboards knows at most: its plugins' own migrations go no further.
const char* opensearch_shape(const std::string& type) {
    return type == "index-pattern" ? "7.6.0" : type == "visualization" ? "7.10.0" : "7.9.3";
}

/// The object's own shape is of `shape`; 7.17 keeps it by type, 8.x by itself.
Json saved_object(const std::string& type, const std::string& id, const char* shape, Json attributes, Json references,
                  KibanaVersion version) {
    Json object{{"id", id}, {"type", type}, {"attributes", std::move(attributes)}, {"references", std::move(references)}};
    if (version.opensearch) {
        object["migrationVersion"] = {{type, opensearch_shape(type)}};
    } else if (version.major < 8) {
        object["migrationVersion"] = {{type, shape}};
    } else {
        object["coreMigrationVersion"] = "8.8.0";
        object["typeMigrationVersion"] = shape;
    }
    return object;
}

Json search_source(const std::string& query, bool with_index) {
    Json source{{"query", {{"query", query}, {"language", "kuery"}}}, {"filter", Json::array()}};
    if (with_index) source["indexRefName"] = "kibanaSavedObjectMeta.searchSourceJSON.index";
    return {{"searchSourceJSON", source.dump()}};
}

class Builder {
   public:
    Builder(KibanaVersion version, const std::string& incidents, const std::string& page)
        : version_(version), incidents_(incidents), page_(page) {
        root_ = YAML::Load(std::string(embedded_kibana_dashboards().front().content));
    }

    KibanaObjects build() const {
        KibanaObjects all;
        for (const auto& view : root_["data_views"]) all.saved_objects.push_back(data_view(view.second));
        for (const auto& search : root_["searches"]) all.saved_objects.push_back(saved_search(search));
        if (version_.opensearch) {
            for (const auto& dashboard : root_["dashboards"]) add_opensearch(dashboard, all.saved_objects);
            return all;
        }
        for (const auto& dashboard : root_["dashboards"]) all.saved_objects.push_back(this->dashboard(dashboard));
        for (const auto& rule : root_["rules"]) all.rules.push_back(this->rule(rule));
        return all;
    }

   private:
    std::string index_of(const std::string& title) const { return title == "culprit-incidents" ? incidents_ : title; }
    std::string view_id(const YAML::Node& node) const {
        return root_["data_views"][text(node, "data_view", "incidents")]["id"].as<std::string>();
    }

    Json data_view(const YAML::Node& view) const {
        Json attributes{{"title", index_of(text(view, "title"))}, {"timeFieldName", text(view, "time")}};
        if (version_.opensearch)
            attributes["fieldFormatMap"] = field_formats(text(view, "id") == "culprit-changes").dump();
        else if (version_.major >= 8)
            attributes["name"] = text(view, "name");
        return saved_object("index-pattern", text(view, "id"), "7.11.0", std::move(attributes), Json::array(), version_);
    }

    Json saved_search(const YAML::Node& search) const {
        Json columns = Json::array();
        for (const auto& column : search["columns"]) columns.push_back(column.as<std::string>());
        Json attributes{{"title", text(search, "title")},
                        {"columns", std::move(columns)},
                        {"sort", Json::array({Json::array({"@timestamp", "desc"})})},
                        {"kibanaSavedObjectMeta", search_source(text(search, "query"), true)}};
        return saved_object("search", text(search, "id"), "7.9.3", std::move(attributes),
                            {reference("kibanaSavedObjectMeta.searchSourceJSON.index", "index-pattern", view_id(search))},
                            version_);
    }

    /// How OpenSearch Dashboards shows a field wherever it does: an id leads to culprit's page.
    Json field_formats(bool changes) const {
        Json formats{{"culprit.cause.confidence", {{"id", "percent"}, {"params", {{"pattern", "0%"}}}}}};
        if (page_.empty()) return formats;
        const auto leads_to = [&](const char* field, const std::string& path) {
            formats[field] = {{"id", "url"},
                              {"params",
                               {{"type", "a"},
                                {"urlTemplate", page_ + path + "{{value}}"},
                                {"labelTemplate", "{{value}}"},
                                {"openLinkInCurrentTab", false}}}};
        };
        leads_to("culprit.id", changes ? "/changes?q=" : "/incidents/");
        leads_to("culprit.cause.change", "/changes?q=");
        return formats;
    }

    static Json grid_of(const YAML::Node& panel, const std::string& index) {
        return {{"x", panel["at"][0].as<int>()},
                {"y", panel["at"][1].as<int>()},
                {"w", panel["at"][2].as<int>()},
                {"h", panel["at"][3].as<int>()},
                {"i", index}};
    }

    Json dashboard_attributes(const YAML::Node& node, const Json& panels) const {
        return {{"title", text(node, "title")},
                {"description", text(node, "description")},
                {"timeRestore", true},
                {"timeFrom", "now-24h"},
                {"timeTo", "now"},
                {"refreshInterval", {{"pause", false}, {"value", 60'000}}},
                {"version", 1},
                {"kibanaSavedObjectMeta", search_source("", false)},
                {"optionsJSON", Json{{"useMargins", true}, {"hidePanelTitles", false}}.dump()},
                {"panelsJSON", panels.dump()}};
    }

    /// A dashboard and, before it, its visualisations.
    void add_opensearch(const YAML::Node& node, std::vector<Json>& all) const {
        Json panels = Json::array(), references = Json::array();
        for (const auto& each : node["panels"]) {
            const std::string index = std::to_string(panels.size() + 1), name = "panel_" + index;
            panels.push_back({{"version", "7.10.2"},
                              {"panelIndex", index},
                              {"title", text(each, "title")},
                              {"gridData", grid_of(each, index)},
                              {"embeddableConfig", Json::object()},
                              {"panelRefName", name}});
            if (text(each, "chart") == "search") {
                references.push_back(reference(name, "search", text(each, "search")));
                continue;
            }
            const std::string id = text(node, "id") + "-" + index;
            Json attributes{{"title", text(node, "title") + ": " + text(each, "title")},
                            {"description", ""},
                            {"version", 1},
                            {"visState", visualization_state(each).dump()},
                            {"uiStateJSON", "{}"},
                            {"kibanaSavedObjectMeta", search_source(text(each, "query"), true)}};
            all.push_back(saved_object(
                "visualization", id, "", std::move(attributes),
                {reference("kibanaSavedObjectMeta.searchSourceJSON.index", "index-pattern", view_id(each))}, version_));
            references.push_back(reference(name, "visualization", id));
        }
        all.push_back(
            saved_object("dashboard", text(node, "id"), "", dashboard_attributes(node, panels), std::move(references), version_));
    }

    Json dashboard(const YAML::Node& node) const {
        Json panels = Json::array(), references = Json::array();
        for (const auto& each : node["panels"]) {
            const std::string index = std::to_string(panels.size() + 1);
            Json panel{
                {"version", version_.major < 8 ? "7.17.0" : "8.11.0"}, {"panelIndex", index}, {"title", text(each, "title")}};
            panel["gridData"] = grid_of(each, index);
            Json enhancements = drill_downs(each, text(node, "id") + "-" + index, index, references);
            if (text(each, "chart") == "search") {
                panel["type"] = "search";
                panel["embeddableConfig"] = {{"enhancements", std::move(enhancements)}};
                panel["panelRefName"] = "panel_" + index;
                references.push_back(reference(index + ":panel_" + index, "search", text(each, "search")));
            } else {
                panel["type"] = "lens";
                panel["embeddableConfig"] = {{"enhancements", std::move(enhancements)},
                                             {"attributes", lens_attributes(each, view_id(each), version_)}};
                for (const Json& inner : panel["embeddableConfig"]["attributes"]["references"])
                    references.push_back(reference(index + ":" + inner["name"].get<std::string>(), inner["type"], inner["id"]));
            }
            panels.push_back(std::move(panel));
        }
        Json attributes = dashboard_attributes(node, panels);
        if (version_.major >= 8 && node["filters"]) attributes["controlGroupInput"] = controls(node, references);
        return saved_object("dashboard", text(node, "id"), version_.major < 8 ? "7.17.0" : "8.7.0", std::move(attributes),
                            std::move(references), version_);
    }

    /// Kibana's dynamic actions. A dashboard is a reference, named after the event; it is opened with the filter of what was
    /// clicked. An address takes the clicked row's values.
    Json drill_downs(const YAML::Node& panel, const std::string& id, const std::string& panel_index, Json& references) const {
        Json events = Json::array();
        for (const auto& drill : panel["drill"]) {
            const std::string event = id + "-" + std::to_string(events.size() + 1);
            Json action{{"name", text(drill, "name")}};
            if (drill["dashboard"]) {
                action["factoryId"] = "DASHBOARD_TO_DASHBOARD_DRILLDOWN";
                action["config"] = {{"useCurrentFilters", true}, {"useCurrentDateRange", true}, {"openInNewTab", false}};
                references.push_back(
                    reference(panel_index + ":drilldown:DASHBOARD_TO_DASHBOARD_DRILLDOWN:" + event + ":dashboardId", "dashboard",
                              text(drill, "dashboard")));
            } else if (page_.empty()) {
                continue;
            } else {
                action["factoryId"] = "URL_DRILLDOWN";
                action["config"] = {
                    {"url", {{"template", page_ + text(drill, "page")}}}, {"openInNewTab", true}, {"encodeUrl", true}};
            }
            const char* trigger = drill["dashboard"] ? "FILTER_TRIGGER" : "ROW_CLICK_TRIGGER";
            events.push_back({{"eventId", event}, {"triggers", Json::array({trigger})}, {"action", std::move(action)}});
        }
        if (events.empty()) return Json::object();
        return {{"dynamicActions", {{"events", std::move(events)}}}};
    }

    /// The drop-down lists above the panels, one a field.
    Json controls(const YAML::Node& node, Json& references) const {
        Json panels = Json::object();
        int order = 0;
        for (const auto& filter : node["filters"]) {
            const std::string field = filter.as<std::string>(), id = "filter-" + std::to_string(order);
            panels[id] = {
                {"order", order++},
                {"width", "medium"},
                {"grow", true},
                {"type", "optionsListControl"},
                {"explicitInput", {{"id", id}, {"fieldName", field}, {"title", field}, {"enhancements", Json::object()}}}};
            references.push_back(
                reference("controlGroup_" + id + ":optionsListDataView", "index-pattern", view_id(node["panels"][0])));
        }
        return {{"controlStyle", "oneLine"},
                {"chainingSystem", "HIERARCHICAL"},
                {"panelsJSON", panels.dump()},
                {"ignoreParentSettingsJSON",
                 R"({"ignoreFilters":false,"ignoreQuery":false,"ignoreTimerange":false,"ignoreValidations":false})"}};
    }

    KibanaRule rule(const YAML::Node& node) const {
        const std::string window = text(node, "window"), unit(1, window.back());
        const Json query{{"query", {{"bool", {{"filter", {{{"query_string", {{"query", lucene(text(node, "query"))}}}}}}}}}}};
        return {text(node, "id"),
                {{"name", text(node, "name")},
                 {"consumer", "alerts"},
                 {"rule_type_id", ".es-query"},
                 {"tags", {"culprit"}},
                 {"schedule", {{"interval", text(node, "every")}}},
                 {"notify_when", "onActionGroupChange"},
                 {"actions", Json::array()},
                 {"params",
                  {{"index", {index_of(text(node, "index"))}},
                   {"timeField", text(node, "time")},
                   {"esQuery", query.dump()},
                   {"size", 100},
                   {"timeWindowSize", std::stoi(window)},
                   {"timeWindowUnit", unit},
                   {"thresholdComparator", ">"},
                   {"threshold", {0}}}}}};
    }

    /// Of KQL only what the rules use, and what means the same in Lucene's syntax but for the case of its words.
    static std::string lucene(std::string query) {
        for (const auto& [kql, lucene] : {std::pair{" and ", " AND "}, {" or ", " OR "}})
            for (std::size_t at = 0; (at = query.find(kql, at)) != std::string::npos;)
                query.replace(at, std::string(kql).size(), lucene);
        return query;
    }

    KibanaVersion version_;
    std::string incidents_, page_;
    YAML::Node root_;
};

}  // namespace

Result<KibanaVersion> parse_kibana_version(const std::string& text) {
    KibanaVersion version;
    const char* end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, version.major);
    const bool dotted = major.ec == std::errc{} && major.ptr != end && *major.ptr == '.';
    if (!dotted || std::from_chars(major.ptr + 1, end, version.minor).ec != std::errc{})
        return Error{"'" + text + "' is no version of Kibana; expected one such as 8.11.4"};
    version.opensearch = version.major >= 1 && version.major <= 3;  // Kibana has counted from 4 since 2015
    if (!version.opensearch && (version.major < 7 || (version.major == 7 && version.minor < 17)))
        return Error{"Kibana " + text + " is too old: 7.17 is the oldest that these dashboards are made for"};
    return version;
}

KibanaObjects kibana_objects(KibanaVersion version, const std::string& incidents, const std::string& page) {
    return Builder(version, incidents, page).build();
}

}  // namespace culprit
