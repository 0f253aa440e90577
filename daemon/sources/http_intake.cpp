#include "daemon/sources/http_intake.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "daemon/sources/announced_changes.h"
#include "daemon/sources/matched_request.h"

// g++ 12 does not see that a coroutine's frame is allocated by Asio's own operator new when it inlines only half of the pair.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace culprit {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPushPause{10};

EventTime wall_time() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::int64_t wall_seconds() { return to_micros(wall_time()) / 1'000'000; }

IngestAnswer accepted(const Delivery& delivery, const MatcherCounters& counters, bool repeated) {
    IngestAnswer answer;
    nlohmann::json body = nlohmann::json::object();
    if (repeated) answer.headers.emplace_back("Idempotency-Replayed", "true");
    if (!delivery.route->otlp) {  // OTLP's answer to full success is an empty object
        body["records"] = delivery.records.views.size();
        if (repeated)
            body["repeated"] = true;
        else
            body["undecodable"] = counters.undecodable;
    }
    answer.body = body.dump();
    return answer;
}

}  // namespace

HttpIntake::HttpIntake(Parts parts, const std::vector<RequestKey>& answered)
    : parts_(parts),
      input_{SourceType::http, parts.settings.listen, 0},
      answered_(std::chrono::duration_cast<std::chrono::seconds>(parts.settings.keep_keys).count()) {
    for (const RequestKey& key : answered) answered_.restore(key);
}

void HttpIntake::start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue, Patience patience) {
    queue_ = &queue;
    patience_ = patience;
    const auto known = resume.find(input_);
    if (known != resume.end()) next_ = known->second.next;
    committed_ = next_;
}

void HttpIntake::look_after() {
    if (!idle_ && !busy_ && WallClock::now() - last_ >= patience_.idle) {
        CommitRequest quiet;
        quiet.batch.input = quiet.batch.watermark.input = input_;
        quiet.batch.next = next_;
        quiet.batch.watermark.idle = true;
        quiet.opening = !opened_;
        if (queue_->push(quiet, milliseconds(0))) idle_ = opened_ = true;
    }
}

void HttpIntake::committed(Offset next) {
    committed_ = std::max(committed_, next);
    for (auto waiting = awaiting_.begin(); waiting != awaiting_.end() && waiting->first <= committed_; ++waiting)
        waiting->second->cancel();
}

void HttpIntake::give_up() {
    given_up_ = true;
    for (auto& [end, waiting] : awaiting_) waiting->cancel();
    for (asio::steady_timer* waiting : line_) waiting->cancel();
}

/// Ends it, whatever happens in it.
class HttpIntake::Turn {
   public:
    explicit Turn(HttpIntake& source) : source_(source) {}
    ~Turn() {
        source_.busy_ = false;
        if (!source_.line_.empty()) source_.line_.front()->cancel();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    HttpIntake& source_;
};

asio::awaitable<void> HttpIntake::take_in(Delivery& delivery, IngestAnswer& answer) {
    if (delivery.records.views.empty()) {
        answer = accepted(delivery, {}, false);
        co_return;
    }
    if (!co_await take_turn()) {
        answer = put_off(503, 2, "the signal log is behind; nothing of this request was taken in");
        co_return;
    }
    std::optional<Turn> turn(*this);
    Offset end;
    bool repeated = false;
    MatcherCounters counters;
    if (const auto known = delivery.key.empty() ? std::nullopt : answered_.find(delivery.key, delivery.body_hash)) {
        turn.reset();
        if (!known->same_body) {
            answer = refuse(422, "this Idempotency-Key came before, with another body; nothing of this request was taken in");
            co_return;
        }
        end = known->end;
        repeated = true;
    } else {
        const bool pushed = co_await match_and_push(delivery, counters, answer);
        end = next_;
        turn.reset();
        if (!pushed) co_return;
    }
    if (co_await await_commit(end)) {
        answer = accepted(delivery, counters, repeated);
    } else {
        answer = put_off(503, 5,
                         "this request was taken in and is not in the signal log yet; repeat it with the same Idempotency-Key, "
                         "else it may be counted twice");
    }
}

/// In the sender's turn. False, with an answer, when nothing was taken in.
asio::awaitable<bool> HttpIntake::match_and_push(Delivery& delivery, MatcherCounters& counters, IngestAnswer& answer) {
    SourceProfile profile{input_, parts_.settings.log_line_prefix, delivery.labels};
    CommitRequest request = match_request(parts_.recognition, std::move(profile), delivery.records.views, next_, wall_time());
    if (delivery.route->changes) {
        if (const auto silent = first_without_change(request.batch, next_, delivery.records.views.size())) {
            answer = refuse(422, "record " + std::to_string(*silent + 1) + " announces no change; nothing was taken in; " +
                                     std::string(announcement_expected()));
            co_return false;
        }
    }
    counters = request.batch.counters;
    request.opening = !opened_;
    const Offset end = request.batch.next;
    if (!delivery.key.empty()) request.keys = answered_.add({delivery.key, delivery.body_hash, wall_seconds()}, end);
    parts_.telemetry.state_size("http_request_keys", answered_.size(), AnsweredRequests::kMost);
    const auto until = WallClock::now() + patience_.queue;
    asio::steady_timer timer(parts_.io);
    while (!queue_->push(request, milliseconds(0))) {
        if (given_up_ || WallClock::now() >= until) {
            answered_.withdraw(delivery.key);
            answer = put_off(503, 2, "the signal log is behind; nothing of this request was taken in");
            co_return false;
        }
        boost::system::error_code ignored;
        timer.expires_after(kPushPause);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    next_ = end;
    opened_ = true;
    idle_ = false;
    last_ = WallClock::now();
    co_return true;
}

/// Batches are pushed in the order of their offsets: one request at a time is matched and pushed. False when it takes too
/// long.
asio::awaitable<bool> HttpIntake::take_turn() {
    const auto until = WallClock::now() + patience_.queue;
    while (busy_) {
        if (given_up_ || WallClock::now() >= until) co_return false;
        asio::steady_timer timer(parts_.io, until);
        const auto place = line_.insert(line_.end(), &timer);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        line_.erase(place);
    }
    busy_ = true;
    co_return true;
}
asio::awaitable<bool> HttpIntake::await_commit(Offset end) {
    const auto until = WallClock::now() + patience_.commit;
    while (committed_ < end) {
        if (given_up_ || WallClock::now() >= until) co_return false;
        asio::steady_timer timer(parts_.io, until);
        const auto place = awaiting_.emplace(end, &timer);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        awaiting_.erase(place);
    }
    co_return true;
}

}  // namespace culprit
