#include "daemon/setup/kibana_objects.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "daemon/setup/kibana_setup.h"
#include "kibana_validator.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

const Json& object(const KibanaObjects& all, const std::string& type, const std::string& id) {
    for (const Json& each : all.saved_objects)
        if (each["type"] == type && each["id"] == id) return each;
    throw std::out_of_range(type + " " + id);
}
Json panels(const KibanaObjects& all, const std::string& dashboard) {
    return Json::parse(object(all, "dashboard", dashboard)["attributes"]["panelsJSON"].get<std::string>());
}

class EveryVersion : public testing::TestWithParam<KibanaVersion> {};

TEST_P(EveryVersion, HasReferencesThatLeadSomewhereAndColumnsThatAreThere) {
    EXPECT_EQ(test::problems_of(kibana_objects(GetParam()).saved_objects), std::vector<std::string>{});
    const KibanaObjects all = kibana_objects(GetParam(), "culprit-incidents", "https://culprit.example");
    EXPECT_EQ(test::problems_of(all.saved_objects), std::vector<std::string>{});
    EXPECT_EQ(all.saved_objects.size(), 8U);  // two data views, two searches, four dashboards
}
INSTANTIATE_TEST_SUITE_P(Of, EveryVersion,
                         testing::Values(KibanaVersion{7, 17}, KibanaVersion{8, 4}, KibanaVersion{8, 11}, KibanaVersion{9, 0}));

TEST(KibanaObjects, OfOpenSearchDashboardsAreVisualisationsOfTheShapesThatItKnows) {
    const KibanaVersion version = parse_kibana_version("2.19.0").value();
    ASSERT_TRUE(version.opensearch);
    const KibanaObjects all = kibana_objects(version, "culprit-incidents", "https://culprit.example");
    EXPECT_EQ(test::problems_of(all.saved_objects), std::vector<std::string>{});
    EXPECT_TRUE(all.rules.empty());
    std::map<std::string, std::string> shapes;
    std::size_t panels_of_kibana = 0, visualisations = 0;
    for (const Json& each : all.saved_objects) {
        const std::string type = each["type"];
        shapes[type] = each["migrationVersion"][type];
        visualisations += type == "visualization" ? 1 : 0;
        EXPECT_EQ(each.dump().find("\"lens\""), std::string::npos) << "it has no Lens";
    }
    EXPECT_EQ(shapes, (std::map<std::string, std::string>{
                          {"dashboard", "7.9.3"}, {"index-pattern", "7.6.0"}, {"search", "7.9.3"}, {"visualization", "7.10.0"}}));
    const KibanaObjects kibana = kibana_objects({8, 11});
    for (const Json& each : kibana.saved_objects)
        if (each["type"] == "dashboard")
            for (const Json& panel : panels(kibana, each["id"])) panels_of_kibana += panel["type"] == "lens" ? 1 : 0;
    EXPECT_EQ(visualisations, panels_of_kibana) << "each panel is there";
    const Json formats =
        Json::parse(object(all, "index-pattern", "culprit-incidents")["attributes"]["fieldFormatMap"].get<std::string>());
    EXPECT_EQ(formats["culprit.id"]["params"]["urlTemplate"], "https://culprit.example/incidents/{{value}}");
}

TEST(KibanaObjects, TheValidatorFindsVisualisationsThatShowNothing) {
    const KibanaVersion version{2, 19, true};
    const auto broken = [&](const std::function<void(Json&)>& change) {
        std::vector<Json> all = kibana_objects(version).saved_objects;
        for (Json& each : all) {
            if (each["id"] != "culprit-overview-8") continue;  // bars
            Json state = Json::parse(each["attributes"]["visState"].get<std::string>());
            change(state);
            each["attributes"]["visState"] = state.dump();
        }
        return test::problems_of(all).size();
    };
    EXPECT_EQ(broken([](Json&) {}), 0U);
    EXPECT_EQ(broken([](Json& state) { state["aggs"][1]["params"]["orderBy"] = "7"; }), 1U);
    EXPECT_EQ(broken([](Json& state) { state["aggs"][1]["schema"] = "bucket"; }), 1U);
    EXPECT_EQ(broken([](Json& state) { state["aggs"].erase(0); }), 2U);
    EXPECT_EQ(broken([](Json& state) { state["type"] = "lens"; }), 1U);
}

TEST(KibanaObjects, SayHowOldTheirShapeIsAsTheVersionSaysIt) {
    const KibanaObjects old = kibana_objects({7, 17}), today = kibana_objects({8, 11});
    EXPECT_EQ(object(old, "dashboard", "culprit-overview")["migrationVersion"]["dashboard"], "7.17.0");
    EXPECT_FALSE(object(old, "dashboard", "culprit-overview").contains("coreMigrationVersion"));
    EXPECT_EQ(object(today, "dashboard", "culprit-overview")["typeMigrationVersion"], "8.7.0");
    EXPECT_EQ(object(today, "index-pattern", "culprit-incidents")["coreMigrationVersion"], "8.8.0");
}

TEST(KibanaObjects, NameTheDataSourceAndTheMetricAsTheVersionDoes) {
    const auto state = [](KibanaVersion version) {
        return panels(kibana_objects(version), "culprit-overview")[0]["embeddableConfig"]["attributes"]["state"];
    };
    EXPECT_TRUE(state({7, 17})["datasourceStates"].contains("indexpattern"));
    EXPECT_TRUE(state({7, 17})["visualization"].contains("accessor"));
    EXPECT_TRUE(state({8, 4})["datasourceStates"].contains("indexpattern"));
    EXPECT_TRUE(state({8, 6})["datasourceStates"].contains("formBased"));
    EXPECT_TRUE(state({9, 1})["visualization"].contains("metricAccessor"));
}

TEST(KibanaObjects, ReadTheConfiguredIndex) {
    const KibanaObjects all = kibana_objects({8, 11}, "team-a-incidents");
    EXPECT_EQ(object(all, "index-pattern", "culprit-incidents")["attributes"]["title"], "team-a-incidents");
    EXPECT_EQ(all.rules.front().body["params"]["index"], Json({"team-a-incidents"}));
}

TEST(KibanaObjects, RulesAskElasticsearchInItsOwnSyntax) {
    const KibanaObjects all = kibana_objects({8, 11});
    ASSERT_EQ(all.rules.size(), 3U);
    const Json& params = all.rules[0].body["params"];
    EXPECT_EQ(Json::parse(params["esQuery"].get<std::string>())["query"]["bool"]["filter"][0]["query_string"]["query"],
              "culprit.status: open AND culprit.severity: (SEV1 OR SEV2)");
    EXPECT_EQ(params["timeWindowSize"], 15);
    EXPECT_EQ(params["timeWindowUnit"], "m");
}

/// Event by event: what it opens.
std::vector<std::string> drill_downs(const KibanaObjects& all, const std::string& dashboard) {
    std::vector<std::string> found;
    const Json& references = object(all, "dashboard", dashboard)["references"];
    for (const Json& panel : panels(all, dashboard)) {
        const Json& enhancements = panel["embeddableConfig"]["enhancements"];
        if (!enhancements.contains("dynamicActions")) continue;
        for (const Json& event : enhancements["dynamicActions"]["events"]) {
            std::string opens = event["action"]["config"].value(Json::json_pointer("/url/template"), "");
            for (const Json& reference : references)
                if (reference["name"].get<std::string>().find(":" + event["eventId"].get<std::string>() + ":") !=
                    std::string::npos)
                    opens = reference["id"];
            found.push_back(panel["title"].get<std::string>() + " -> " + opens);
        }
    }
    return found;
}

TEST(KibanaObjects, RowsLeadToTheIncidentAndToCulpritsPageWhereItIsConfigured) {
    const KibanaObjects without = kibana_objects({8, 11});
    EXPECT_EQ(drill_downs(without, "culprit-overview"), std::vector<std::string>{"Incidents to open -> culprit-incident"});
    const KibanaObjects with = kibana_objects({8, 11}, "culprit-incidents", "https://culprit.example/at");
    EXPECT_EQ(drill_downs(with, "culprit-overview"),
              (std::vector<std::string>{"Incidents to open -> culprit-incident",
                                        "Incidents to open -> https://culprit.example/at/incidents/{{event.values.[0]}}"}));
    EXPECT_EQ(drill_downs(with, "culprit-changes").front(), "What changes broke -> culprit-incident");
    EXPECT_EQ(drill_downs(with, "culprit-attribution").size(), 2U);
    // A row's first value is what its address asks for: the id has to be the first column.
    for (const Json& panel : panels(with, "culprit-overview")) {
        if (panel["title"] != "Incidents to open") continue;
        const Json& layer = panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"]["layer"];
        EXPECT_EQ(layer["columns"][layer["columnOrder"][0].get<std::string>()]["sourceField"], "culprit.id");
    }
}

TEST(KibanaObjects, TheValidatorFindsDrillDownsThatLeadNowhere) {
    const auto broken = [](const std::function<void(Json & event)>& breaks) {
        std::vector<Json> objects = kibana_objects({8, 11}, "culprit-incidents", "https://culprit.example").saved_objects;
        Json& attributes = objects[4]["attributes"];
        Json own = Json::parse(attributes["panelsJSON"].get<std::string>());
        for (Json& panel : own)
            if (Json& enhancements = panel["embeddableConfig"]["enhancements"]; enhancements.contains("dynamicActions"))
                for (Json& event : enhancements["dynamicActions"]["events"]) breaks(event);
        attributes["panelsJSON"] = own.dump();
        return test::problems_of(objects);
    };
    EXPECT_TRUE(broken([](Json&) {}).empty());
    EXPECT_EQ(broken([](Json& event) { event["eventId"] = "another"; }).size(), 2U) << "twice one id, and a reference gone";
    EXPECT_EQ(broken([](Json& event) { event["triggers"] = {"VALUE_CLICK_TRIGGER"}; }).size(), 2U);
    EXPECT_EQ(broken([](Json& event) { event["action"]["config"]["dashboardId"] = "x"; }).size(), 2U);
    EXPECT_EQ(broken([](Json& event) { event["action"]["factoryId"] = "OPEN_IN_DISCOVER"; }).size(), 2U);
}

TEST(KibanaObjects, TheValidatorFindsWhatIsWrong) {
    std::vector<Json> broken = kibana_objects({8, 11}).saved_objects;
    Json& dashboard = broken[4];
    ASSERT_EQ(dashboard["type"], "dashboard");
    dashboard["references"].erase(0);
    Json own = Json::parse(dashboard["attributes"]["panelsJSON"].get<std::string>());
    own[1]["gridData"]["x"] = 0;
    own[1]["embeddableConfig"]["attributes"]["state"]["visualization"]["metricAccessor"] = "column-9";
    dashboard["attributes"]["panelsJSON"] = own.dump();
    EXPECT_EQ(test::problems_of(broken).size(), 3U);
    broken.erase(broken.begin());
    EXPECT_GT(test::problems_of(broken).size(), 3U) << "no data view";
}

TEST(KibanaObjects, TheValidatorFindsWhatKibanasSchemasRefuse) {
    const std::vector<Json> right = kibana_objects({8, 11}).saved_objects;
    const auto with = [&](std::size_t at, const char* name, const Json& value) {
        std::vector<Json> changed = right;
        changed[at]["attributes"][name] = value;
        return test::problems_of(changed);
    };
    ASSERT_EQ(right[2]["type"], "search");
    EXPECT_EQ(with(2, "sort", {{"@timestamp", "desc"}}).size(), 1U)
        << "nlohmann makes an object of it: 8.8 and later refused the import";
    EXPECT_EQ(with(2, "sort", Json::array({Json::array({"@timestamp", "desc"})})).size(), 0U);
    EXPECT_EQ(with(2, "hidden", true).size(), 1U);
    EXPECT_EQ(with(4, "refreshInterval", 60'000).size(), 1U);
}

TEST(KibanaVersions, BelowSevenSeventeenAreRefused) {
    EXPECT_EQ(parse_kibana_version("8.11.4").value().minor, 11);
    EXPECT_EQ(parse_kibana_version("9.0.0-SNAPSHOT").value().major, 9);
    EXPECT_EQ(parse_kibana_version("7.16.3").error().message,
              "Kibana 7.16.3 is too old: 7.17 is the oldest that these dashboards are made for");
    for (const char* wrong : {"", "eight", "8"}) EXPECT_FALSE(parse_kibana_version(wrong).ok()) << wrong;
}

TEST(KibanaSetup, TheImportIsAFormWithOneObjectALine) {
    const KibanaSettings settings{.url = "http://kibana:5601", .space = "ops", .page = {}, .login = {}};
    const SetupStep step = import_step(settings, kibana_objects({8, 11}));
    EXPECT_EQ(step.request.target, "/s/ops/api/saved_objects/_import?overwrite=true");
    EXPECT_EQ(step.what, "2 data views, 2 searches, 4 dashboards");
    const std::string& body = step.request.body;
    EXPECT_TRUE(body.starts_with("--culprit-saved-objects\r\nContent-Disposition: form-data; name=\"file\"; filename="));
    EXPECT_TRUE(body.ends_with("\r\n--culprit-saved-objects--\r\n"));
    EXPECT_EQ(step.request.headers, (std::vector<std::pair<std::string, std::string>>{{"kbn-xsrf", "culprit"}, {"osd-xsrf", "culprit"}}));
}

TEST(KibanaSetup, ARuleThatIsThereIsChangedWithoutWhatIsFixed) {
    const KibanaRule rule = kibana_objects({8, 11}).rules.front();
    const SetupStep made = rule_step({}, rule, false), changed = rule_step({}, rule, true);
    EXPECT_EQ(made.request.method, "POST");
    EXPECT_EQ(changed.request.method, "PUT");
    EXPECT_EQ(changed.request.target, "/api/alerting/rule/culprit-new-severe-incident");
    EXPECT_TRUE(Json::parse(made.request.body).contains("rule_type_id"));
    EXPECT_FALSE(Json::parse(changed.request.body).contains("rule_type_id"));
}

}  // namespace
}  // namespace culprit
