#include "daemon/sinks/elasticsearch_sink.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "daemon/sinks/index_template.h"
#include "scripted_server.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::eventually;
using test::ReceivedRequest;
using test::ScriptedAnswer;
using test::ScriptedServer;

constexpr std::int64_t kEpoch = std::int64_t{1} << 40;

IncidentDocument document(const std::string& id, std::int64_t version, const std::string& json = "{}") {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.bucket = EventTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 3}};
    made.json = json;
    return made;
}

struct Operation {
    std::string id;
    std::int64_t version = 0;
};
std::vector<Operation> operations(const ReceivedRequest& request) {
    std::vector<Operation> found;
    std::istringstream lines(request.body);
    for (std::string action, source; std::getline(lines, action) && std::getline(lines, source);) {
        const json index = json::parse(action).at("index");
        found.push_back({index.at("_id"), index.at("version")});
    }
    return found;
}
bool is_bulk(const ReceivedRequest& request) { return request.target.starts_with("/_bulk"); }

/// One status an operation.
ScriptedAnswer items(const std::vector<json>& each) {
    json answer{{"errors", true}, {"items", json::array()}};
    for (const json& one : each) answer["items"].push_back({{"index", one}});
    return {200, answer.dump()};
}
ScriptedAnswer all_written(const ReceivedRequest& request) {
    return items(std::vector<json>(operations(request).size(), {{"status", 201}}));
}

class ElasticsearchSinkTest : public testing::Test {
   protected:
    ElasticsearchSinkTest() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
    ~ElasticsearchSinkTest() override {
        sink_.reset();
        work_.reset();
        thread_.join();  // ends only when the writer has ended too
    }
    Sink& sink_to(const std::string& url, std::chrono::milliseconds flush_interval = 5ms) {
        settings_.urls = {url};
        settings_.flush_interval = flush_interval;
        sink_ = make_elasticsearch_sink(
            io_, settings_, telemetry_,
            [this](const IncidentDocument& refused, const std::string& reason) {
                if (dead_letters_fail_.exchange(false)) throw std::runtime_error("the dead letters' disk is full");
                std::lock_guard lock(mutex_);
                rejected_[refused.id] = reason;
            },
            RetrySchedule{10ms, 50ms, 100ms});
        return *sink_;
    }
    std::map<std::string, std::string> rejected() {
        std::lock_guard lock(mutex_);
        return rejected_;
    }
    std::vector<ReceivedRequest> bulks(const ScriptedServer& server) {
        std::vector<ReceivedRequest> found;
        for (const auto& request : server.received())
            if (is_bulk(request)) found.push_back(request);
        return found;
    }

    Telemetry telemetry_;
    ElasticsearchSettings settings_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
    std::mutex mutex_;
    std::map<std::string, std::string> rejected_;
    std::atomic<bool> dead_letters_fail_ = false;
    std::unique_ptr<Sink> sink_;
};

TEST_F(ElasticsearchSinkTest, puts_the_template_before_the_first_bulk_and_retries_until_it_stands) {
    std::atomic<int> templates = 0;
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (is_bulk(request)) return all_written(request);
        if (request.method == "GET") return {404, "{}"};
        return ++templates < 3 ? ScriptedAnswer{503, "{}"} : ScriptedAnswer{200, R"({"acknowledged":true})"};
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U);
    auto received = server.received();
    std::erase_if(received, [](const ReceivedRequest& request) { return request.method == "GET"; });
    ASSERT_EQ(received.size(), 4U);
    for (int at = 0; at < 3; ++at) {
        EXPECT_EQ(received[at].method, "PUT");
        EXPECT_EQ(received[at].target, "/_index_template/culprit-incidents");
    }
    const json body = json::parse(received[2].body);
    EXPECT_EQ(body["index_patterns"], json::array({"culprit-incidents-*"}));
    EXPECT_EQ(body["priority"], 200);
    EXPECT_TRUE(body["template"]["aliases"].contains("culprit-incidents"));
    EXPECT_EQ(operations(received[3]).at(0).id, "a");
}

TEST_F(ElasticsearchSinkTest, what_comes_after_a_pause_goes_at_once_and_what_follows_it_is_gathered) {
    ScriptedServer server([](const ReceivedRequest& request) -> ScriptedAnswer {
        return is_bulk(request) ? all_written(request) : ScriptedAnswer{200, "{}"};
    });
    Sink& sink = sink_to(server.url(), 1h);
    sink.offer({document("a", kEpoch)});
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (sink.pending() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    ASSERT_EQ(bulks(server).size(), 1U);
    sink.offer({document("b", kEpoch)});
    sink.offer({document("c", kEpoch)});
    EXPECT_EQ(sink.pending(), 2U);
    EXPECT_EQ(sink.drain(10s), 0U);
    ASSERT_EQ(bulks(server).size(), 2U);
    EXPECT_EQ(operations(bulks(server)[1]).size(), 2U);
}

TEST_F(ElasticsearchSinkTest, a_template_that_has_all_it_needs_is_not_put_again) {
    // As the server says it: numbers as text, and with what an operator and `culprit setup` added.
    json standing = incident_index_template("culprit-incidents");
    standing["template"]["settings"]["index"]["number_of_shards"] = "1";
    standing["template"]["settings"]["index"]["lifecycle"] = {{"name", "culprit-incidents"}};
    standing["template"]["mappings"]["dynamic"] = "false";
    const auto answer_with = [](json kept) {
        return [kept = std::move(kept)](const ReceivedRequest& request) -> ScriptedAnswer {
            if (is_bulk(request)) return all_written(request);
            if (request.method != "GET") return {403, R"({"error":"this key may not put templates"})"};
            return {200, json{{"index_templates", json::array({json{{"index_template", kept}}})}}.dump()};
        };
    };
    ScriptedServer server(answer_with(standing));
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U) << sink.health().state;
}

TEST_F(ElasticsearchSinkTest, an_older_template_gets_the_new_fields_and_keeps_its_settings) {
    json standing = incident_index_template("culprit-incidents");
    standing["template"]["settings"]["index"] = {{"number_of_shards", "3"}, {"lifecycle", {{"name", "ours"}}}};
    standing["template"]["mappings"]["properties"].erase("message");
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (is_bulk(request)) return all_written(request);
        if (request.method != "GET") return {200, R"({"acknowledged":true})"};
        return {200, json{{"index_templates", json::array({json{{"index_template", standing}}})}}.dump()};
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U) << sink.health().state;
    const auto received = server.received();
    const auto put = std::ranges::find(received, "PUT", &ReceivedRequest::method);
    ASSERT_NE(put, received.end());
    const json body = json::parse(put->body)["template"];
    EXPECT_EQ(body["settings"]["index"],
              json({{"number_of_shards", "3"}, {"lifecycle", {{"name", "ours"}}}, {"auto_expand_replicas", "0-1"}}));
    EXPECT_TRUE(body["mappings"]["properties"].contains("message"));
}

TEST_F(ElasticsearchSinkTest, a_server_that_comes_up_later_gets_everything_once) {
    const unsigned short port = test::free_port();
    Sink& sink = sink_to("http://127.0.0.1:" + std::to_string(port));
    for (int at = 0; at < 12; ++at) sink.offer({document("id" + std::to_string(at), kEpoch + at)});
    ASSERT_TRUE(eventually([&] { return sink.health().state.find("Connection refused") != std::string::npos; }))
        << sink.health().state;
    EXPECT_FALSE(sink.health().ready);
    EXPECT_NE(sink.health().state.find("cannot connect to http://127.0.0.1:"), std::string::npos) << sink.health().state;
    EXPECT_NE(sink.health().state.find("retrying"), std::string::npos) << sink.health().state;
    EXPECT_NE(sink.health().state.find("12 documents wait"), std::string::npos) << sink.health().state;

    ScriptedServer server(
        [](const ReceivedRequest& request) { return is_bulk(request) ? all_written(request) : ScriptedAnswer{}; }, port);
    ASSERT_TRUE(eventually([&] { return sink.pending() == 0; }));
    ASSERT_TRUE(eventually([&] { return sink.health().ready; }));
    EXPECT_EQ(sink.health().state, "ok");
    std::multiset<std::string> written;
    for (const auto& bulk : bulks(server))
        for (const auto& operation : operations(bulk)) written.insert(operation.id);
    EXPECT_EQ(written.size(), 12U);
}

TEST_F(ElasticsearchSinkTest, repeats_only_what_was_refused_for_now) {
    std::atomic<int> count = 0;
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        if (++count > 1) return all_written(request);
        std::vector<json> each;
        for (const auto& operation : operations(request))
            each.push_back(operation.id == "b" ? json{{"status", 429}, {"error", {{"type", "t"}, {"reason", "queue full"}}}}
                                               : json{{"status", 201}});
        return items(each);
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch), document("b", kEpoch), document("c", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U);
    const auto sent = bulks(server);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(operations(sent[0]).size(), 3U);
    ASSERT_EQ(operations(sent[1]).size(), 1U);
    EXPECT_EQ(operations(sent[1])[0].id, "b");
    EXPECT_NE(telemetry_.expose().find(R"(culprit_sink_documents_total{result="written",sink="elasticsearch"} 3)"),
              std::string::npos)
        << telemetry_.expose();
}

TEST_F(ElasticsearchSinkTest, a_429_for_the_whole_bulk_is_repeated_whole) {
    std::atomic<int> count = 0;
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        return ++count == 1 ? ScriptedAnswer{429, "{}"} : all_written(request);
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch), document("b", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U);
    const auto sent = bulks(server);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].body, sent[1].body);
}

TEST_F(ElasticsearchSinkTest, an_answer_that_never_comes_is_waited_for_no_longer_than_the_timeout) {
    std::atomic<int> count = 0;
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        ScriptedAnswer answer = all_written(request);
        if (++count == 1) answer.delay = 1min;
        return answer;
    });
    settings_.request_timeout = 200ms;
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U);
    EXPECT_GE(bulks(server).size(), 2U);
}

TEST_F(ElasticsearchSinkTest, a_document_that_will_never_be_taken_goes_to_the_dead_letters_and_holds_nothing_up) {
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        std::vector<json> each;
        for (const auto& operation : operations(request))
            each.push_back(operation.id == "bad"
                               ? json{{"status", 400}, {"error", {{"type", "document_parsing_exception"}, {"reason", "no date"}}}}
                               : json{{"status", 201}});
        return items(each);
    });
    Sink& sink = sink_to(server.url());
    dead_letters_fail_ = true;  // the first time: then the document is not safe, and is tried again
    sink.offer({document("bad", kEpoch), document("good", kEpoch)});
    EXPECT_EQ(sink.drain(10s), 0U);
    ASSERT_EQ(rejected().size(), 1U);
    EXPECT_EQ(rejected().at("bad"), "400 document_parsing_exception: no date");
}

TEST_F(ElasticsearchSinkTest, an_equal_or_newer_version_of_the_same_epoch_is_success) {
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        return items(
            {{{"status", 409},
              {"error",
               {{"reason", "[a]: version conflict, current version [" + std::to_string(kEpoch + 9) + "] is higher or equal"}}}}});
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch + 3)});
    EXPECT_EQ(sink.drain(10s), 0U);
    EXPECT_TRUE(rejected().empty());
}

TEST_F(ElasticsearchSinkTest, a_later_epoch_stops_the_writer_for_good) {
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        return items(
            {{{"status", 409},
              {"error",
               {{"reason", "[a]: version conflict, current version [" + std::to_string(2 * kEpoch) + "] is higher or equal"}}}}});
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch + 3)});
    ASSERT_TRUE(eventually([&] { return sink.health().state.find("later epoch") != std::string::npos; })) << sink.health().state;
    sink.offer({document("b", kEpoch + 4)});
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(sink.drain(30s), 2U) << "what was not written is reported";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s) << "and not waited for";
    EXPECT_EQ(bulks(server).size(), 1U);
    EXPECT_EQ(sink.health().state.find("retrying"), std::string::npos) << sink.health().state;
}

TEST_F(ElasticsearchSinkTest, wrong_credentials_are_said_and_the_documents_kept) {
    std::atomic<bool> repaired = false;
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!repaired)
            return {401,
                    R"({"error":{"type":"security_exception","reason":"unable to authenticate user [culprit]"},"status":401})"};
        return is_bulk(request) ? all_written(request) : ScriptedAnswer{};
    });
    Sink& sink = sink_to(server.url());
    sink.offer({document("a", kEpoch)});
    ASSERT_TRUE(eventually([&] { return sink.health().state.find("unable to authenticate") != std::string::npos; }))
        << sink.health().state;
    EXPECT_FALSE(sink.health().ready);
    repaired = true;
    EXPECT_EQ(sink.drain(10s), 0U);
}

TEST_F(ElasticsearchSinkTest, a_bulk_too_large_for_the_server_is_halved_until_it_fits_and_one_alone_is_dead_lettered) {
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        return request.body.size() > 1'000 ? ScriptedAnswer{413, ""} : all_written(request);
    });
    Sink& sink = sink_to(server.url());
    std::vector<IncidentDocument> documents;
    for (int at = 0; at < 40; ++at)
        documents.push_back(document("id" + std::to_string(at), kEpoch, "\"" + std::string(100, 'x') + "\""));
    documents.push_back(document("huge", kEpoch, "\"" + std::string(2'000, 'x') + "\""));
    sink.offer(documents);
    EXPECT_EQ(sink.drain(10s), 0U);
    ASSERT_EQ(rejected().size(), 1U);
    EXPECT_EQ(rejected().count("huge"), 1U);
    std::set<std::string> written;
    for (const auto& bulk : bulks(server))
        if (bulk.body.size() <= 1'000)
            for (const auto& operation : operations(bulk)) written.insert(operation.id);
    EXPECT_EQ(written.size(), 40U);
}

TEST_F(ElasticsearchSinkTest, a_storm_of_revisions_costs_few_writes_and_ends_with_the_newest) {
    ScriptedServer server([&](const ReceivedRequest& request) -> ScriptedAnswer {
        if (!is_bulk(request)) return {};
        ScriptedAnswer answer = all_written(request);
        answer.delay = 20ms;
        return answer;
    });
    Sink& sink = sink_to(server.url());
    for (int version = 1; version <= 5'000; ++version) sink.offer({document("a", kEpoch + version)});
    EXPECT_EQ(sink.drain(10s), 0U);
    std::int64_t last = 0;
    for (const auto& bulk : bulks(server))
        for (const auto& operation : operations(bulk)) {
            EXPECT_GT(operation.version, last) << "never an older one after a newer one";
            last = operation.version;
        }
    EXPECT_EQ(last, kEpoch + 5'000);
    EXPECT_LT(bulks(server).size(), 100U);
}

TEST_F(ElasticsearchSinkTest, drain_says_how_many_were_not_safe_when_its_patience_ends) {
    Sink& sink = sink_to("http://127.0.0.1:" + std::to_string(test::free_port()));
    sink.offer({document("a", kEpoch), document("b", kEpoch)});
    EXPECT_EQ(sink.drain(100ms), 2U);
}

TEST_F(ElasticsearchSinkTest, an_address_that_is_none_is_said_at_start_up) {
    settings_.urls = {"es:9200"};
    EXPECT_THROW(make_elasticsearch_sink(io_, settings_, telemetry_), std::runtime_error);
    settings_.urls = {};
    EXPECT_THROW(make_elasticsearch_sink(io_, settings_, telemetry_), std::runtime_error);
}

}  // namespace
}  // namespace culprit
