#include "daemon/sources/http_source.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "daemon/pending_batches.h"
#include "daemon/sinks/gzip.h"
#include "matchers/log_entry_json.h"
#include "matchers/recognition.h"

namespace culprit {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::milliseconds;
using Response = http::response<http::string_body>;
using Headers = std::map<std::string, std::string>;

const Recognition& recognition() {
    static const auto loaded = Recognition::load({}, {RedactedValues::hash, "key"});
    return *loaded.value();
}

std::string error_line(const std::string& constraint) {
    return R"({"@timestamp":"2026-02-01T10:00:00.000Z","level":"error","message":"duplicate key value violates unique constraint \")" +
           constraint + R"(\"","service":"checkout"})" + "\n";
}

/// The source as the daemon has it; the test is the committer.
class HttpSourceTest : public testing::Test {
   protected:
    void start(HttpSource::Patience patience = {}, std::vector<RequestKey> answered = {}, std::size_t queue = 4) {
        HttpSourceSettings settings;
        settings.listen = "127.0.0.1:0";
        queue_ = std::make_unique<BoundedQueue<CommitRequest>>(queue);
        source_ = std::make_unique<HttpSource>(recognition(), settings, telemetry_, std::move(answered));
        patience.idle = idle_;
        source_->be_patient(patience);
        const auto listening = source_->listen();
        ASSERT_TRUE(listening.ok()) << listening.error().message;
        source_->start(points_, *queue_);
        const auto opening = queue_->pop(milliseconds{5'000});
        ASSERT_TRUE(opening && opening->opening && opening->batch.watermark.idle);
    }
    Response post(const std::string& target, const std::string& body, const Headers& headers = {}) const {
        asio::io_context io;
        tcp::socket socket(io);
        socket.connect({asio::ip::make_address("127.0.0.1"), source_->port()});
        http::request<http::string_body> request(http::verb::post, target, 11);
        request.set(http::field::host, "127.0.0.1");
        for (const auto& [name, value] : headers) request.set(name, value);
        request.body() = body;
        request.prepare_payload();
        boost::system::error_code ignored;
        http::write(socket, request, ignored);  // the source may answer before it has read all
        boost::beast::flat_buffer buffer;
        Response response;
        http::read(socket, buffer, response);
        return response;
    }
    std::future<Response> begin_post(const std::string& target, const std::string& body, const Headers& headers = {}) const {
        return std::async(std::launch::async, [=, this] { return post(target, body, headers); });
    }
    /// What the source has pushed next, openings and quiet aside.
    CommitRequest pop() {
        while (true) {
            auto request = queue_->pop(milliseconds{5'000});
            if (!request) throw std::runtime_error("nothing was pushed");
            if (request->awaited) return std::move(*request);
        }
    }
    void commit(const CommitRequest& request) { source_->committed(request.batch.input, request.batch.next); }
    static bool answered(std::future<Response>& response, milliseconds patience = milliseconds{100}) {
        return response.wait_for(patience) == std::future_status::ready;
    }

    milliseconds idle_{60'000};
    ResumePoints points_;
    Telemetry telemetry_;
    std::unique_ptr<BoundedQueue<CommitRequest>> queue_;
    std::unique_ptr<HttpSource> source_;
};

TEST_F(HttpSourceTest, AnswersOnlyOnceTheBatchIsInTheSignalLog) {
    start();
    auto response = begin_post("/v1/records?database=shop", error_line("a") + error_line("b"));
    const CommitRequest request = pop();
    ASSERT_EQ(request.batch.signals.size(), 2U);
    EXPECT_EQ(request.batch.signals[0].scope.database, "shop");
    EXPECT_EQ(request.batch.signals[1].source.offset, Offset{1});
    EXPECT_EQ(request.batch.next, Offset{2});
    EXPECT_FALSE(answered(response));
    commit(request);
    const Response answer = response.get();
    EXPECT_EQ(answer.result_int(), 200);
    EXPECT_EQ(answer.body(), R"({"records":2,"undecodable":0})");
}

TEST_F(HttpSourceTest, TheKeyIsInTheSameBatchAndARepetitionIsNotCountedAgain) {
    start();
    const Headers headers{{"Idempotency-Key", "k1"}};
    auto first = begin_post("/v1/records", error_line("a"), headers);
    const CommitRequest request = pop();
    ASSERT_EQ(request.keys.added.size(), 1U);
    // Its answer is still out when the sender tries again: both wait for the one commit.
    auto second = begin_post("/v1/records", error_line("a"), headers);
    EXPECT_FALSE(answered(second));
    EXPECT_EQ(queue_->size(), 0U);
    commit(request);
    EXPECT_EQ(first.get().result_int(), 200);
    const Response repeated = second.get();
    EXPECT_EQ(repeated.result_int(), 200);
    EXPECT_EQ(repeated["Idempotency-Replayed"], "true");
    EXPECT_EQ(post("/v1/records", error_line("a"), headers).result_int(), 200);
    EXPECT_EQ(queue_->size(), 0U);
    EXPECT_EQ(post("/v1/records", error_line("b"), headers).result_int(), 422);
}

TEST_F(HttpSourceTest, ARepetitionIsKnownAfterARestart) {
    HttpSource::Patience patience;
    patience.stop = milliseconds{100};
    start(patience);
    auto first = begin_post("/v1/records", error_line("a"), {{"Idempotency-Key", "k1"}});
    const CommitRequest request = pop();
    const std::vector<RequestKey> kept = request.keys.added;  // in the log; the daemon dies before it answers
    source_->stop();
    EXPECT_EQ(first.get().result_int(), 503);
    points_[request.batch.input] = {request.batch.next, ""};
    start({}, kept);
    EXPECT_EQ(post("/v1/records", error_line("a"), {{"Idempotency-Key", "k1"}}).result_int(), 200);
    EXPECT_EQ(queue_->size(), 0U);
    auto next = begin_post("/v1/records", error_line("a"), {{"Idempotency-Key", "k2"}});
    const CommitRequest second = pop();
    EXPECT_EQ(second.batch.signals.at(0).source.offset, request.batch.next);  // numbers go on
    commit(second);
    EXPECT_EQ(next.get().result_int(), 200);
}

TEST_F(HttpSourceTest, WhileTheQueueIsFullItSaysWhenToTryAgainAndForgetsTheRequest) {
    HttpSource::Patience patience;
    patience.queue = milliseconds{200};
    start(patience, {}, 1);
    auto first = begin_post("/v1/records", error_line("a"));
    while (queue_->size() == 0) std::this_thread::sleep_for(milliseconds{1});
    const Headers headers{{"Idempotency-Key", "k1"}};
    const Response refused = post("/v1/records", error_line("b"), headers);
    EXPECT_EQ(refused.result_int(), 503);
    EXPECT_EQ(refused["Retry-After"], "2");
    commit(pop());
    EXPECT_EQ(first.get().result_int(), 200);
    auto again = begin_post("/v1/records", error_line("b"), headers);
    const CommitRequest request = pop();  // not taken for a repetition
    EXPECT_EQ(request.batch.signals.size(), 1U);
    EXPECT_EQ(request.batch.next, Offset{2});
    commit(request);
    EXPECT_EQ(again.get().result_int(), 200);
}

TEST_F(HttpSourceTest, WithoutACommitItSaysSoInTime) {
    HttpSource::Patience patience;
    patience.commit = milliseconds{100};
    start(patience);
    const Response answer = post("/v1/records", error_line("a"), {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(answer.result_int(), 503);
    EXPECT_EQ(answer["Retry-After"], "5");
    commit(pop());
    EXPECT_EQ(post("/v1/records", error_line("a"), {{"Idempotency-Key", "k1"}}).result_int(), 200);
    EXPECT_EQ(queue_->size(), 0U);
}

TEST_F(HttpSourceTest, UnpacksGzipAndRefusesWhatIsTooLargeEitherWay) {
    start();
    auto response = begin_post("/v1/records", gzip(error_line("a")), {{"Content-Encoding", "gzip"}});
    const CommitRequest request = pop();
    EXPECT_EQ(request.batch.signals.size(), 1U);
    commit(request);
    EXPECT_EQ(response.get().result_int(), 200);
    const std::string large(HttpSource::kLargestBody + 1, 'a');
    EXPECT_EQ(post("/v1/records", large).result_int(), 413);
    EXPECT_EQ(post("/v1/records", gzip(large), {{"Content-Encoding", "gzip"}}).result_int(), 413);
    EXPECT_EQ(post("/v1/records", gzip(large).substr(0, 100), {{"Content-Encoding", "gzip"}}).result_int(), 400);
    EXPECT_EQ(queue_->size(), 0U);
}

TEST_F(HttpSourceTest, AChangeIsAChangeOrRefused) {
    start();
    const std::string time = R"("time":"2026-02-01T10:00:00Z")";
    auto response =
        begin_post("/v1/changes", R"([{"kind":"deployment","service":"shop","release":"2.1.0",)" + time +
                                      R"(},{"kind":"schema_change","database":"shop","statement":"DROP TABLE a",)" + time + "}]");
    const CommitRequest request = pop();
    ASSERT_EQ(request.batch.signals.size(), 2U);
    EXPECT_EQ(request.batch.signals[0].scope.release, "2.1.0");
    EXPECT_EQ(request.batch.signals[1].operation, "drop_table");
    EXPECT_EQ(to_rfc3339(request.batch.signals[1].time), "2026-02-01T10:00:00.000000Z");
    commit(request);
    EXPECT_EQ(response.get().result_int(), 200);
    const Response refused = post("/v1/changes", R"({"kind":"deployment","service":"shop"} {"hello":"world"})");
    EXPECT_EQ(refused.result_int(), 422);
    EXPECT_EQ(refused.body().substr(0, 60), R"({"error":"record 2 announces no change; nothing was taken in)");
    EXPECT_EQ(queue_->size(), 0U);
}

TEST_F(HttpSourceTest, DatesWhatNothingElseDatesAndHoldsClocksBackThatRunAhead) {
    start();
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    auto response = begin_post(
        "/v1/records",
        R"({"level":"error","message":"duplicate key value violates unique constraint \"a\""})"
        "\n"
        R"({"time":"2099-01-01T00:00:00Z","level":"error","message":"duplicate key value violates unique constraint \"b\""})");
    const CommitRequest request = pop();
    ASSERT_EQ(request.batch.signals.size(), 2U);
    EXPECT_LT(std::chrono::abs(request.batch.signals[0].time - now), std::chrono::minutes{1});
    EXPECT_LT(request.batch.watermark.watermark, now + std::chrono::minutes{6});
    commit(request);
    EXPECT_EQ(response.get().result_int(), 200);
}

TEST_F(HttpSourceTest, WithoutRequestsItHoldsNoClockBack) {
    idle_ = milliseconds{100};
    start();
    auto response = begin_post("/v1/records", error_line("a"));
    const CommitRequest request = pop();
    EXPECT_FALSE(request.batch.watermark.idle);
    commit(request);
    EXPECT_EQ(response.get().result_int(), 200);
    const auto quiet = queue_->pop(milliseconds{5'000});
    ASSERT_TRUE(quiet);
    EXPECT_TRUE(quiet->batch.watermark.idle);
    EXPECT_EQ(quiet->batch.next, Offset{1});
    EXPECT_FALSE(queue_->pop(milliseconds{300}));  // said once
}

TEST_F(HttpSourceTest, ManyAtOnceKeepTheirOrderAndEachItsOwnRecords) {
    start({}, {}, 2);
    std::vector<std::future<Response>> responses;
    for (int i = 0; i < 40; ++i) responses.push_back(begin_post("/v1/records", error_line("c" + std::to_string(i))));
    std::set<std::string> names;
    Offset next;
    for (int i = 0; i < 40; ++i) {
        const CommitRequest request = pop();
        names.insert(request.batch.signals.at(0).objects.at(0).name);
        EXPECT_EQ(request.batch.next.value, next.value + 1);
        next = request.batch.next;
        commit(request);
    }
    for (auto& response : responses) EXPECT_EQ(response.get().result_int(), 200);
    EXPECT_EQ(names.size(), 40U);
}

TEST_F(HttpSourceTest, StoppingAnswersWhatHasBeenTakenIn) {
    start();
    auto response = begin_post("/v1/records", error_line("a"));
    const CommitRequest request = pop();
    std::thread stopping([this] { source_->stop(); });
    std::this_thread::sleep_for(milliseconds{50});
    commit(request);
    stopping.join();
    EXPECT_EQ(response.get().result_int(), 200);
}

TEST_F(HttpSourceTest, AnAddressThatIsTakenIsSaid) {
    start();
    HttpSourceSettings settings;
    settings.listen = "127.0.0.1:" + std::to_string(source_->port());
    HttpSource second(recognition(), settings, telemetry_, {});
    const auto listening = second.listen();
    ASSERT_FALSE(listening.ok());
    EXPECT_EQ(listening.error().message,
              "cannot listen on " + settings.listen + ": Address already in use; free the port or change sources.http.listen");
}

}  // namespace
}  // namespace culprit
