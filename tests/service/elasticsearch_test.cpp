// Against a real Elasticsearch (or OpenSearch), whose address CULPRIT_TEST_ELASTICSEARCH holds. Each test has an index of its
// own.
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "daemon/setup/elasticsearch_setup.h"
#include "daemon/sinks/bulk_request.h"
#include "daemon/sinks/elasticsearch_sink.h"
#include "daemon/sinks/http_client.h"
#include "daemon/sinks/index_template.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::int64_t kEpoch = std::int64_t{1} << 40;

/// INTERFACE.md's incident with every field it names.
json whole_incident(const std::string& id, std::int64_t version) {
    json document = json::parse(R"({
  "@timestamp": "2026-02-03T04:05:06.123456Z", "ecs": {"version": "8.11.0"}, "message": "duplicate keys on orders_pkey",
  "event": {"kind": "alert", "category": ["database"], "id": "a", "start": "2026-02-03T04:05:06.123456Z", "severity": 2},
  "service": {"name": "checkout", "environment": "production"}, "labels": {"team": "payments", "region": "eu-1"},
  "culprit": {
    "status": "open", "severity": "SEV2", "severity_reasons": ["more than 100 users"], "onset": "2026-02-03T04:05:06.123456Z",
    "last_seen": "2026-02-03T04:15:06Z", "trend": "spike", "attribution": "attributed",
    "symptom": {"kind": "unique_violation", "sqlstate": "23505", "schema": "public", "table": "orders", "column": "id",
      "constraint": "orders_pkey", "database": "shop", "count": 4711, "rate_per_minute": 123.4, "baseline_per_minute": 0,
      "samples": [{"time": "2026-02-03T04:05:06Z", "message": "duplicate key value"}, {"time": 7, "message": ["any", "shape"]}]},
    "impact": {"users": 300, "users_ratio": 0.1, "services": ["checkout"], "hosts": ["a", "b"], "releases": ["1.2"], "first_release": "1.2"},
    "evidence": {"ddl": "flowing", "migrations": "quiet", "deployments": "never_seen", "imports": "flowing", "server_log": "flowing"},
    "acknowledged": false, "silenced_until": "2026-02-03T05:00:00Z", "feedback": [{"by": "x", "says": "right"}],
    "causes": [{"confidence": 0.93, "kind": "import", "operation": "copy", "phase": "succeeded", "tool": "psql", "migration": "", "release": "",
      "objects": [{"type": "table", "schema": "public", "name": "orders"}], "time": "2026-02-03T04:00:00Z", "offset_seconds": -306.1,
      "summary": "rows imported with explicit ids", "statement": "COPY orders FROM stdin",
      "evidence": [{"name": "same_table", "weight": 2.5, "detail": "orders"}],
      "source": {"type": "kafka", "name": "postgres-logs", "partition": 0, "offset": 9007199254740993}}],
    "diagnosis": {"rule": "sequence_out_of_sync", "summary": "behind", "steps": ["one", "two"],
      "verify_sql": ["SELECT max(id) FROM \"orders\";"], "fix_sql": ["SELECT setval('orders_id_seq', 1);"], "references": ["https://www.postgresql.org"]},
    "timeline": [{"time": "2026-02-03T04:00:00Z", "text": "import"}, {"time": "2026-02-03T04:05:06Z", "text": "onset", "extra": {"deep": 1}}],
    "related": ["b"], "group": "g", "links": [{"title": "t", "url": "u"}], "a_later_field": {"of": ["any", {"shape": 1}]}
  }})");
    document["culprit"]["id"] = id;
    document["culprit"]["version"] = version;
    document["culprit"]["cause"] = document["culprit"]["causes"][0];
    return document;
}

IncidentDocument document(const std::string& id, std::int64_t version, const json& body) {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.bucket = EventTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 3}};
    made.json = body.dump();
    return made;
}

class ElasticsearchServiceTest : public testing::Test {
   protected:
    ElasticsearchServiceTest() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {
        const char* address = std::getenv("CULPRIT_TEST_ELASTICSEARCH");
        url_ = address ? address : "";
        if (!url_.empty() && !url_.starts_with("http")) url_ = "http://" + url_;
        settings_.urls = {url_};
        settings_.index = "culprit-test-" + std::to_string(getpid()) + "-" + std::to_string(++count_);
        settings_.flush_interval = 10ms;
    }
    ~ElasticsearchServiceTest() override {
        if (!url_.empty()) {
            request("DELETE", "/" + month());
            request("DELETE", "/_index_template/" + settings_.index);
            request("DELETE", "/_index_template/" + changes_index(settings_.index));
        }
        work_.reset();
        thread_.join();
    }
    void SetUp() override { ASSERT_FALSE(url_.empty()) << "set CULPRIT_TEST_ELASTICSEARCH to a server's address"; }

    std::unique_ptr<Sink> sink() {
        return make_elasticsearch_sink(io_, settings_, telemetry_,
                                       [this](const IncidentDocument& refused, const std::string& reason) {
                                           std::lock_guard lock(mutex_);
                                           rejected_[refused.id] = reason;
                                       });
    }
    std::map<std::string, std::string> rejected() {
        std::lock_guard lock(mutex_);
        return rejected_;
    }
    std::string month() const { return settings_.index + "-2026.02"; }

    json request(const std::string& method, const std::string& target, const json& body = nullptr) {
        HttpClientSettings settings;
        settings.urls = {parse_http_url(url_).value()};
        HttpClient client(settings);
        HttpRequest asked;
        asked.method = method;
        asked.target = target;
        if (!body.is_null()) asked.body = body.dump();
        std::optional<Result<HttpResponse>> answer;
        boost::asio::io_context io;
        const auto ask = [&]() -> boost::asio::awaitable<void> {
            Result<HttpResponse> got = co_await client.send(asked);
            answer.emplace(std::move(got));
        };
        boost::asio::co_spawn(io, ask, [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io.run();
        if (!answer->ok()) throw std::runtime_error(answer->error().message);
        return json::parse(answer->value().body, nullptr, false);
    }
    json search(const json& query) {
        request("POST", "/" + month() + "/_refresh");
        return request("POST", "/" + settings_.index + "/_search", {{"query", query}, {"version", true}})["hits"]["hits"];
    }

    static inline int count_ = 0;
    std::string url_;
    Telemetry telemetry_;
    ElasticsearchSettings settings_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
    std::mutex mutex_;
    std::map<std::string, std::string> rejected_;
};

TEST_F(ElasticsearchServiceTest, an_incident_with_every_field_is_taken_and_found_through_the_alias) {
    auto to = sink();
    to->offer({document("a", kEpoch + 7, whole_incident("a", kEpoch + 7))});
    ASSERT_EQ(to->drain(30s), 0U) << to->health().state;
    EXPECT_TRUE(rejected().empty()) << rejected().begin()->second;
    const json wanted[] = {
        {{"term", {{"culprit.severity", "SEV2"}}}},
        {{"term", {{"culprit.cause.kind", "import"}}}},
        {{"term", {{"culprit.causes.objects.name", "orders"}}}},
        {{"range", {{"culprit.onset", {{"gte", "2026-02-03T04:05:06.123Z"}, {"lt", "2026-02-03T04:05:07Z"}}}}}},
        {{"range", {{"culprit.cause.confidence", {{"gt", 0.9}}}}}},
        {{"match", {{"culprit.cause.summary", "explicit ids"}}}},
        {{"term", {{"labels.team", "payments"}}}},
        {{"term", {{"culprit.causes.source.offset", 9007199254740993}}}},
    };
    for (const json& query : wanted) {
        const json hits = search(query);
        ASSERT_EQ(hits.size(), 1U) << query.dump();
        EXPECT_EQ(hits[0]["_id"], "a");
        EXPECT_EQ(hits[0]["_index"], month());
        EXPECT_EQ(hits[0]["_version"], kEpoch + 7);
        EXPECT_EQ(hits[0]["_source"], whole_incident("a", kEpoch + 7));
    }
    const json mapping = request("GET", "/" + month() + "/_mapping")[month()]["mappings"];
    EXPECT_FALSE(mapping["properties"]["culprit"]["properties"].contains("a_later_field"))
        << "unknown fields do not grow the mapping";
}

TEST_F(ElasticsearchServiceTest, setup_installs_both_templates_and_a_second_one_changes_nothing) {
    // An index of an earlier version, which knew fewer fields.
    request("PUT", "/" + month(), {{"mappings", {{"dynamic", false}, {"properties", {{"message", {{"type", "text"}}}}}}}});
    const Ask server = ask_server(client_settings(settings_));
    const auto set_up = [&] {
        std::vector<std::string> said;
        const auto done = set_elasticsearch_up(server, settings_, [&](const std::string& what) { said.push_back(what); });
        if (!done) said.push_back(done.error().message);
        return said;
    };
    const std::string incidents = settings_.index, changes = changes_index(incidents);
    const auto said = [&](const std::string& done) {
        // The distribution that is tested with has neither ILM nor ISM.
        return std::vector<std::string>{
            "no deletion by age: this server has neither ILM nor ISM; delete " + incidents + "-* older than 396d yourself",
            done + " index template " + incidents + ": " + incidents + "-*, read through the alias " + incidents,
            done + " index template " + changes + ": " + changes + "-*, read through the alias " + changes};
    };
    auto first = said("installed");
    first.insert(first.begin() + 2, "installed fields of " + month());
    EXPECT_EQ(set_up(), first);
    const json mapping = request("GET", "/" + month() + "/_mapping")[month()]["mappings"]["properties"]["culprit"];
    EXPECT_EQ(mapping["properties"]["cause"]["properties"]["confidence"]["type"], "double");
    EXPECT_EQ(set_up(), said("unchanged"));

    auto to = sink();
    to->offer({document("a", kEpoch + 7, whole_incident("a", kEpoch + 7))});
    ASSERT_EQ(to->drain(30s), 0U) << to->health().state;
    EXPECT_EQ(set_up(), said("unchanged")) << "the daemon leaves what setup put";
}

TEST_F(ElasticsearchServiceTest, a_replay_changes_nothing_and_an_older_revision_does_not_win) {
    {
        auto first = sink();
        first->offer({document("a", kEpoch + 7, {{"message", "newest"}})});
        ASSERT_EQ(first->drain(30s), 0U) << first->health().state;
    }
    auto replay = sink();
    replay->offer({document("a", kEpoch + 3, {{"message", "older"}}), document("b", kEpoch + 4, {{"message", "another"}})});
    ASSERT_EQ(replay->drain(30s), 0U) << replay->health().state;
    EXPECT_TRUE(rejected().empty());
    const json hits = search({{"ids", {{"values", {"a", "b"}}}}});
    ASSERT_EQ(hits.size(), 2U);
    for (const json& hit : hits) EXPECT_EQ(hit["_source"]["message"], hit["_id"] == "a" ? "newest" : "another");
    EXPECT_NE(telemetry_.expose().find(R"(culprit_sink_documents_total{result="unchanged",sink="elasticsearch"} 1)"),
              std::string::npos);
}

TEST_F(ElasticsearchServiceTest, a_writer_of_an_earlier_epoch_stops) {
    {
        auto later = sink();
        later->offer({document("a", 2 * kEpoch + 1, {{"message", "later epoch"}})});
        ASSERT_EQ(later->drain(30s), 0U) << later->health().state;
    }
    auto earlier = sink();
    earlier->offer({document("a", kEpoch + 500, {{"message", "earlier epoch"}})});
    EXPECT_EQ(earlier->drain(30s), 1U);
    EXPECT_NE(earlier->health().state.find("later epoch"), std::string::npos) << earlier->health().state;
    EXPECT_EQ(search({{"match_all", json::object()}})[0]["_source"]["message"], "later epoch");
}

TEST_F(ElasticsearchServiceTest, a_document_that_breaks_the_mapping_is_dead_lettered_with_the_servers_reason) {
    auto to = sink();
    to->offer({document("bad", kEpoch + 1, {{"culprit", {{"onset", "yesterday"}}}}),
               document("good", kEpoch + 2, {{"message", "good"}})});
    ASSERT_EQ(to->drain(30s), 0U) << to->health().state;
    ASSERT_EQ(rejected().size(), 1U);
    EXPECT_NE(rejected().at("bad").find("culprit.onset"), std::string::npos) << rejected().at("bad");
    EXPECT_EQ(search({{"match_all", json::object()}}).size(), 1U);
}

}  // namespace
}  // namespace culprit
