#include "daemon/setup/elasticsearch_setup.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "daemon/sinks/index_template.h"

namespace culprit {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

void only_keys(const Json& json, std::set<std::string> allowed) {
    for (const auto& [name, value] : json.items())
        EXPECT_TRUE(allowed.contains(name)) << name << " is not in the documented schema";
}

/// The index lifecycle and index state management APIs as their manuals describe them, for the parts that setup uses. What the
/// servers' integration-test distributions hold is tested on the real ones (tests/service).
class DocumentedServer {
   public:
    explicit DocumentedServer(Lifecycle lifecycle) : lifecycle_(lifecycle) {}

    Result<HttpResponse> operator()(const HttpRequest& request) {
        const std::string& target = request.target;
        if (request.method != "GET") ++changes;
        const Json body = request.body.empty() ? Json() : Json::parse(request.body);
        if (target == "/_ilm/status") return answer(lifecycle_ == Lifecycle::ilm ? 200 : 405, {{"operation_mode", "RUNNING"}});
        if (target.starts_with("/_ilm/policy/")) return ilm_policy(request, body);
        if (target.starts_with("/_plugins/_ism/")) return ism(request, body);
        if (target.starts_with("/_index_template/")) return index_template(request, body);
        if (target.ends_with("-*/_mapping")) {
            Json found = Json::object();
            for (const auto& [name, mapped] : indices.items())
                if (name.starts_with(target.substr(1, target.find('*') - 1))) found[name] = mapped;
            return answer(200, found);
        }
        if (target.ends_with("/_mapping")) {
            indices[index_of(target)]["mappings"] = body;
            return answer(200, {{"acknowledged", true}});
        }
        if (target.ends_with("/_settings/index.lifecycle.name")) {
            const std::string index = index_of(target);
            return answer(200, policies.contains(index)
                                   ? Json{{index, {{"settings", {{"index", {{"lifecycle", {{"name", policies[index]}}}}}}}}}}
                                   : Json::object());
        }
        if (target.ends_with("/_settings")) {
            policies[index_of(target)] = body["index"]["lifecycle"]["name"];
            return answer(200, {{"acknowledged", true}});
        }
        ADD_FAILURE() << "an unknown address: " << request.method << ' ' << target;
        return answer(400, {});
    }

    std::map<std::string, Json> stored;  // by address
    Json indices = Json::object();
    std::map<std::string, std::string> policies;  // of indices
    int changes = 0;

   private:
    static Result<HttpResponse> answer(int status, const Json& body) { return HttpResponse{status, body.dump()}; }
    static std::string index_of(const std::string& target) { return target.substr(1, target.find('/', 1) - 1); }

    Result<HttpResponse> ilm_policy(const HttpRequest& request, const Json& body) {
        const std::string name = request.target.substr(request.target.rfind('/') + 1);
        if (request.method == "GET")
            return stored.contains(name) ? answer(200, {{name, stored[name]}}) : answer(404, {{"error", "policy not found"}});
        only_keys(body, {"policy"});
        only_keys(body["policy"], {"phases", "_meta"});
        only_keys(body["policy"]["phases"], {"hot", "warm", "cold", "frozen", "delete"});
        only_keys(body["policy"]["phases"]["delete"], {"min_age", "actions"});
        only_keys(body["policy"]["phases"]["delete"]["actions"], {"wait_for_snapshot", "delete"});
        stored[name] = body;
        stored[name].update({{"version", 1}, {"modified_date", "2026-02-03T04:05:06.123Z"}});
        return answer(200, {{"acknowledged", true}});
    }

    Result<HttpResponse> ism(const HttpRequest& request, const Json& body) {
        if (lifecycle_ != Lifecycle::ism) return answer(400, {{"error", "no handler found for uri"}});
        const std::string path = request.target.substr(0, request.target.find('?'));
        const std::string name = path.substr(path.rfind('/') + 1);
        if (path.starts_with("/_plugins/_ism/explain/"))
            return answer(
                200,
                {{name,
                  {{"index.plugins.index_state_management.policy_id", policies.contains(name) ? Json(policies[name]) : Json()}}},
                 {"total_managed_indices", policies.size()}});
        if (path.starts_with("/_plugins/_ism/add/")) {
            policies[name] = body["policy_id"];
            return answer(200, {{"updated_indices", 1}, {"failures", false}, {"failed_indices", Json::array()}});
        }
        if (request.method == "GET") return stored.contains(name) ? answer(200, stored[name]) : answer(404, {});
        only_keys(body, {"policy"});
        only_keys(body["policy"], {"description", "default_state", "states", "ism_template", "error_notification"});
        std::set<std::string> states;
        for (const Json& state : body["policy"]["states"]) {
            only_keys(state, {"name", "actions", "transitions"});
            states.insert(state["name"]);
        }
        EXPECT_TRUE(states.contains(body["policy"]["default_state"]));
        for (const Json& state : body["policy"]["states"])
            for (const Json& transition : state["transitions"]) EXPECT_TRUE(states.contains(transition["state_name"]));
        const bool read = request.target.find("?if_seq_no=7&if_primary_term=1") != std::string::npos;
        if (stored.contains(name) && !read) return answer(409, {{"error", {{"reason", "version conflict"}}}});
        stored[name] = body;
        stored[name].update({{"_seq_no", 7}, {"_primary_term", 1}});
        for (Json& state : stored[name]["policy"]["states"])
            for (Json& action : state["actions"]) action["retry"] = {{"count", 3}, {"delay", "1m"}};
        return answer(201, stored[name]);
    }

    Result<HttpResponse> index_template(const HttpRequest& request, const Json& body) {
        if (request.method == "GET") {
            if (!stored.contains(request.target)) return answer(404, {});
            return answer(200, {{"index_templates", Json::array({Json{{"index_template", stored[request.target]}}})}});
        }
        EXPECT_EQ(body["template"]["settings"]["index"].contains("lifecycle"), lifecycle_ == Lifecycle::ilm)
            << "a server without ILM refuses its settings";
        stored[request.target] = body;
        stored[request.target]["template"]["settings"]["index"]["number_of_shards"] = "1";  // the server says settings as text
        return answer(200, {{"acknowledged", true}});
    }

    const Lifecycle lifecycle_;
};

std::vector<std::string> set_up(DocumentedServer& server, Duration retention = std::chrono::days{365}) {
    std::vector<std::string> said;
    ElasticsearchSettings settings;
    settings.retention = retention;
    const auto done = set_elasticsearch_up(std::ref(server), settings, [&](const std::string& what) { said.push_back(what); });
    if (!done) said.push_back(done.error().message);
    return said;
}

TEST(ElasticsearchSetup, ElasticsearchGetsALifecycleAndBothTemplates) {
    DocumentedServer server(Lifecycle::ilm);
    EXPECT_EQ(set_up(server),
              (std::vector<std::string>{
                  "installed ILM policy culprit-incidents: indices are deleted after 396d",
                  "installed index template culprit-incidents: culprit-incidents-*, read through the alias culprit-incidents",
                  "installed index template culprit-changes: culprit-changes-*, read through the alias culprit-changes"}));
    for (const char* index : {"culprit-incidents", "culprit-changes"}) {
        const Json& settings = server.stored[std::string("/_index_template/") + index]["template"]["settings"]["index"];
        EXPECT_EQ(settings["lifecycle"]["name"], "culprit-incidents") << index;
    }
}

TEST(ElasticsearchSetup, TwiceChangesNothing) {
    for (const Lifecycle lifecycle : {Lifecycle::ilm, Lifecycle::ism}) {
        DocumentedServer server(lifecycle);
        server.indices = {{"culprit-incidents-2026.01", {{"mappings", {{"properties", Json::object()}}}}}};
        EXPECT_EQ(set_up(server).size(), 5U);
        EXPECT_GT(server.changes, 0);
        EXPECT_EQ(server.policies["culprit-incidents-2026.01"], "culprit-incidents") << "an index of before gets the policy, too";
        server.changes = 0;
        for (const std::string& said : set_up(server)) EXPECT_TRUE(said.starts_with("unchanged ")) << said;
        EXPECT_EQ(server.changes, 0);
    }
}

TEST(ElasticsearchSetup, AnotherRetentionReplacesThePolicyThatWasRead) {
    for (const Lifecycle lifecycle : {Lifecycle::ilm, Lifecycle::ism}) {
        DocumentedServer server(lifecycle);
        set_up(server);
        server.changes = 0;
        EXPECT_TRUE(set_up(server, std::chrono::days{90}).front().ends_with("are deleted after 121d"));
        EXPECT_EQ(server.changes, 1);
        EXPECT_NE(server.stored["culprit-incidents"].dump().find("\"121d\""), std::string::npos);
    }
}

TEST(ElasticsearchSetup, IndicesOfChangesDoNotGetTheIncidentsFields) {
    DocumentedServer server(Lifecycle::ilm);
    server.indices = {{"team-changes-2026.01", {{"mappings", {{"properties", Json::object()}}}}}};
    ElasticsearchSettings settings;
    settings.index = "team";  // `team-*` is also what the indices of changes are called
    ASSERT_TRUE(set_elasticsearch_up(std::ref(server), settings, [](const std::string&) {}).ok());
    const Json& fields = server.indices["team-changes-2026.01"]["mappings"]["properties"]["culprit"]["properties"];
    EXPECT_TRUE(fields.contains("watch"));
    EXPECT_FALSE(fields.contains("symptom"));
}

TEST(ElasticsearchSetup, WhatAnOperatorChoseInATemplateStays) {
    DocumentedServer server(Lifecycle::ilm);
    set_up(server);
    const auto standing = [&]() -> Json& { return server.stored["/_index_template/culprit-incidents"]["template"]; };
    standing()["settings"]["index"]["number_of_replicas"] = "2";
    standing()["settings"]["index"]["lifecycle"]["name"] = "ours-for-all";
    standing()["aliases"]["everything"] = Json::object();
    standing()["mappings"]["properties"].erase("message");
    set_up(server);
    EXPECT_EQ(standing()["settings"]["index"]["number_of_replicas"], "2");
    EXPECT_EQ(standing()["settings"]["index"]["lifecycle"]["name"], "ours-for-all");
    EXPECT_TRUE(standing()["aliases"].contains("everything"));
    EXPECT_TRUE(standing()["mappings"]["properties"].contains("message")) << "fields are culprit's";
}

TEST(ElasticsearchSetup, AServerThatDeletesNothingByAgeIsSaid) {
    DocumentedServer server(Lifecycle::none);
    const auto said = set_up(server);
    ASSERT_EQ(said.size(), 3U);
    EXPECT_TRUE(said[0].starts_with("no deletion by age: this server has neither ILM nor ISM")) << said[0];
}

TEST(ElasticsearchSetup, ARefusalIsNotTakenForAServerWithoutLifecycles) {
    for (const int status : {401, 403, 503}) {
        const Ask refusing = [&](const HttpRequest&) -> Result<HttpResponse> {
            return HttpResponse{status, R"({"error":{"type":"security_exception","reason":"no rights"}})"};
        };
        const auto done = set_elasticsearch_up(refusing, {}, [](const std::string& what) { ADD_FAILURE() << what; });
        ASSERT_FALSE(done.ok());
        EXPECT_NE(done.error().message.find("elasticsearch answers " + std::to_string(status) + " to GET /_ilm/status"),
                  std::string::npos)
            << done.error().message;
    }
}

TEST(ElasticsearchSetup, ADryRunTellsAllAndSendsNothing) {
    std::vector<std::string> told;
    const auto tell = [&](const HttpRequest& request) { told.push_back(request.method + " " + request.target); };
    const auto quiet = [](const std::string&) {};
    ASSERT_TRUE(set_elasticsearch_up(only_told(tell, nothing_there_yet()), {}, quiet).ok());
    const std::vector<std::string> all{"PUT /_ilm/policy/culprit-incidents", "PUT /_index_template/culprit-incidents",
                                       "PUT /_index_template/culprit-changes"};
    EXPECT_EQ(told, all);
    DocumentedServer server(Lifecycle::ilm);
    told.clear();
    ASSERT_TRUE(set_elasticsearch_up(only_told(tell, std::ref(server)), {}, quiet).ok());
    EXPECT_EQ(told, all);
    EXPECT_EQ(server.changes, 0);
    set_up(server);
    told.clear();
    ASSERT_TRUE(set_elasticsearch_up(only_told(tell, std::ref(server)), {}, quiet).ok());
    EXPECT_TRUE(told.empty()) << "what stands would not be sent";
}

TEST(ElasticsearchSetup, AnIndexLivesForItsMonthAndTheRetention) {
    EXPECT_EQ(deleted_after(std::chrono::days{365}), "396d");
    EXPECT_EQ(deleted_after(36h), "33d");
}

}  // namespace
}  // namespace culprit
