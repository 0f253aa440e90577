#include "daemon/setup/kibana_setup.h"

#include <gtest/gtest.h>

#include <set>

#include "../sinks/scripted_server.h"

namespace culprit {
namespace {

using test::ReceivedRequest;
using test::ScriptedAnswer;
using test::ScriptedServer;

/// What Kibana answers, as far as setup asks it: the shapes of its documented API.
class Answers {
   public:
    ScriptedAnswer operator()(const ReceivedRequest& request) {
        if (request.target == "/api/status") return {200, R"({"name":"kibana","version":{"number":")" + version + "\"}}"};
        if (request.target.starts_with("/api/saved_objects/_import")) return {200, imported};
        if (request.method == "GET") return {rules.contains(request.target) ? 200 : 404};
        if (request.method == "POST" && !rules.insert(request.target).second) return {409};
        return {200};
    }
    std::set<std::string> rules;
    std::string version = "8.11.4";
    std::string imported = R"({"success":true,"successCount":8})";
};

struct Outcome {
    std::vector<std::string> said;
    std::string error;
};
Outcome set_up(const std::string& url) {
    Outcome outcome;
    KibanaSettings settings;
    settings.url = url;
    const auto done =
        set_kibana_up(settings, "culprit-incidents", [&](const std::string& what) { outcome.said.push_back(what); });
    if (!done) outcome.error = done.error().message;
    return outcome;
}

TEST(KibanaSetup, TwiceIsTheSameAsOnce) {
    Answers answers;
    ScriptedServer server(std::ref(answers));
    const Outcome first = set_up(server.url()), second = set_up(server.url());
    EXPECT_EQ(first.error, "");
    EXPECT_EQ(first.said.size(), 4U);  // the objects, and three rules
    EXPECT_EQ(second.error, "");
    EXPECT_EQ(second.said, first.said);
    EXPECT_EQ(answers.rules.size(), 3U);
}

TEST(KibanaSetup, OpenSearchDashboardsGetVisualisationsAndNoRules) {
    Answers answers;
    answers.version = "2.19.0";
    ScriptedServer server(std::ref(answers));
    const Outcome outcome = set_up(server.url());
    EXPECT_EQ(outcome.error, "");
    ASSERT_EQ(outcome.said.size(), 2U);
    EXPECT_TRUE(outcome.said[0].find(" visualisations, 4 dashboards") != std::string::npos) << outcome.said[0];
    EXPECT_TRUE(outcome.said[1].starts_with("no rules: ")) << outcome.said[1];
    EXPECT_TRUE(answers.rules.empty());
}

TEST(KibanaSetup, WhatKibanaRefusesIsSaid) {
    Answers answers;
    answers.imported = R"({"success":false,"message":"Document is too new"})";
    ScriptedServer refusing(std::ref(answers));
    EXPECT_EQ(set_up(refusing.url()).error,
              "kibana answers 200 to POST /api/saved_objects/_import?overwrite=true: Document is too new");
    ScriptedServer other([](const ReceivedRequest&) { return ScriptedAnswer{.status = 401, .body = "<html>"}; });
    EXPECT_NE(set_up(other.url()).error.find("is no Kibana, or wants another api_key"), std::string::npos);
}

}  // namespace
}  // namespace culprit
