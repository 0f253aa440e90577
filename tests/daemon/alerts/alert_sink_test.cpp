#include "daemon/alerts/alert_sink.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "../sinks/scripted_server.h"
#include "../temporary_folder.h"
#include "documents.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using test::document;
using test::eventually;
using test::ReceivedRequest;
using test::ScriptedAnswer;
using test::ScriptedServer;
using test::Story;

std::string a_moment_ago() { return to_rfc3339(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())); }

class AlertSinkTest : public testing::Test {
   protected:
    AlertSinkTest() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
    ~AlertSinkTest() override {
        sink_.reset();
        work_.reset();
        thread_.join();  // ends only when the writer has ended too
    }
    Sink& sink_to(AlertReceiver receiver, const std::vector<std::string>& urls) {
        AlertSettings settings;
        settings.receiver = receiver;
        settings.urls = urls;
        settings.login.token = "secret";
        settings.rules.hold = 0s;
        settings.rules.repeat = receiver == AlertReceiver::alertmanager ? Duration{1min} : Duration{0};
        settings.request_timeout = 2s;
        sink_ = make_alert_sink(io_, settings, *outbox_.value(), telemetry_, RetrySchedule{10ms, 50ms, 100ms});
        return *sink_;
    }
    /// As after a crash: another process opens the same outbox.
    void restart() {
        sink_.reset();
        work_.reset();
        thread_.join();
        outbox_ = Outbox::open(folder_.file("signals.db"));
        io_.restart();
        work_.emplace(io_.get_executor());
        thread_ = std::thread([this] { io_.run(); });
    }
    static Story open_story() { return {.last_seen = a_moment_ago()}; }

    TemporaryFolder folder_;
    Result<std::unique_ptr<Outbox>> outbox_ = Outbox::open(folder_.file("signals.db"));
    Telemetry telemetry_;
    boost::asio::io_context io_;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    std::thread thread_;
    std::unique_ptr<Sink> sink_;
};

TEST_F(AlertSinkTest, AWebhookHearsOfAnIncidentOnceUnderAKeyAndWithTheToken) {
    ScriptedServer server([](const ReceivedRequest&) { return ScriptedAnswer{}; });
    Sink& sink = sink_to(AlertReceiver::webhook, {server.url() + "/hook/x/?sig=1"});
    sink.offer({document(open_story())});
    ASSERT_TRUE(eventually([&] { return server.received().size() == 1; }));
    const ReceivedRequest request = server.received()[0];
    EXPECT_EQ(request.target, "/hook/x/?sig=1");
    EXPECT_EQ(request.headers.at("idempotency-key"), "0123456789abcdef-1");
    EXPECT_EQ(request.headers.at("authorization"), "Bearer secret");
    EXPECT_EQ(Json::parse(request.body)["event"], "opened");
    EXPECT_TRUE(eventually([&] { return sink.pending() == 0 && sink.health().ready; }));
}

TEST_F(AlertSinkTest, AReceiverThatIsAwayIsTriedAgainUnderTheSameKey) {
    std::atomic<int> asked = 0;
    ScriptedServer server([&](const ReceivedRequest&) {
        const int now = ++asked;
        return now == 1 ? ScriptedAnswer{.status = 503} : now == 2 ? ScriptedAnswer{.hang_up = true} : ScriptedAnswer{};
    });
    Sink& sink = sink_to(AlertReceiver::webhook, {server.url()});
    sink.offer({document(open_story())});
    ASSERT_TRUE(eventually([&] { return asked >= 3 && sink.pending() == 0; }));
    for (const ReceivedRequest& request : server.received())
        EXPECT_EQ(request.headers.at("idempotency-key"), "0123456789abcdef-1");
}

TEST_F(AlertSinkTest, ARefusedNoticeIsCountedAndDoesNotHoldTheNextOneUp) {
    ScriptedServer server([](const ReceivedRequest& request) {
        return ScriptedAnswer{.status = Json::parse(request.body)["incident"]["culprit"]["id"] == "a" ? 400 : 200};
    });
    Sink& sink = sink_to(AlertReceiver::webhook, {server.url()});
    Story first = open_story(), second = open_story();
    first.id = "a";
    second.id = "b";
    sink.offer({document(first), document(second)});
    ASSERT_TRUE(eventually([&] { return server.received().size() == 2 && sink.pending() == 0; }));
    EXPECT_NE(telemetry_.expose().find("result=\"rejected\",sink=\"webhook\"} 1"), std::string::npos) << telemetry_.expose();
}

TEST_F(AlertSinkTest, ARestartPagesNobodyTwiceAndWhatIsOverIsSaid) {
    ScriptedServer server([](const ReceivedRequest&) { return ScriptedAnswer{}; });
    sink_to(AlertReceiver::webhook, {server.url()}).offer({document(open_story())});
    ASSERT_TRUE(eventually([&] { return sink_->pending() == 0 && server.received().size() == 1; }));
    restart();
    sink_to(AlertReceiver::webhook, {server.url()}).offer({document(open_story())});
    Story resolved = open_story();
    resolved.status = "resolved";
    sink_->offer({document(resolved)});
    ASSERT_TRUE(eventually([&] { return server.received().size() == 2; }));
    EXPECT_EQ(Json::parse(server.received()[1].body)["event"], "resolved");
}

TEST_F(AlertSinkTest, EveryAlertmanagerOfAClusterIsToldAndOneThatIsAwayHoldsNobodyUp) {
    const auto ok = [](const ReceivedRequest&) { return ScriptedAnswer{}; };
    ScriptedServer one(ok), two(ok);
    const std::string away = "http://127.0.0.1:" + std::to_string(test::free_port());
    Sink& sink = sink_to(AlertReceiver::alertmanager, {one.url(), away, two.url()});
    sink.offer({document(open_story())});
    ASSERT_TRUE(eventually([&] { return one.received().size() == 1 && two.received().size() == 1 && sink.pending() == 0; }));
    EXPECT_EQ(one.received()[0].target, "/api/v2/alerts");
    EXPECT_EQ(one.received()[0].body, two.received()[0].body);
    EXPECT_EQ(Json::parse(one.received()[0].body)[0]["labels"]["culprit_id"], "0123456789abcdef");
}

TEST_F(AlertSinkTest, ATemplateThatIsNotThereIsSaidAtStart) {
    AlertSettings settings;
    settings.receiver = AlertReceiver::webhook;
    settings.urls = {"http://127.0.0.1:1"};
    settings.template_name = "pager";
    try {
        make_alert_sink(io_, settings, *outbox_.value(), telemetry_);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("there is no pager.json.mustache"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace culprit
