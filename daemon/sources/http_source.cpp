#include "daemon/sources/http_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "daemon/pending_batches.h"
#include "daemon/sinks/gzip.h"
#include "daemon/sources/announced_changes.h"
#include "daemon/sources/answered_requests.h"
#include "daemon/sources/ingest.h"
#include "daemon/sources/matched_request.h"
#include "daemon/web/listener.h"

// g++ 12 does not see that a coroutine's frame is allocated by Asio's own operator new when it inlines only half of the pair.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace culprit {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kConnections = 256;
constexpr std::uint32_t kHeaderBytes = 16 << 10;
constexpr std::size_t kHeldBytes = 64 << 20;  // of all requests that are being read or have not been answered
constexpr std::chrono::seconds kReadTime{30}, kKeptTime{75}, kWriteTime{30}, kLingering{2};
constexpr milliseconds kPushPause{10};

using Request = http::request<http::string_body>;

IngestRequest without_body(const Request& request) {
    return {std::string(request.method_string()), std::string(request.target()),
            [&request](std::string_view name) { return std::string(request[beast::string_view(name.data(), name.size())]); }};
}

EventTime wall_time() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::int64_t wall_seconds() { return to_micros(wall_time()) / 1'000'000; }

}  // namespace

class HttpSource::Impl {
   public:
    Impl(const Recognition& recognition, HttpSourceSettings settings, Telemetry& telemetry, std::vector<RequestKey> answered)
        : recognition_(recognition),
          settings_(std::move(settings)),
          telemetry_(telemetry),
          input_{SourceType::http, settings_.listen, 0},
          answered_(std::chrono::duration_cast<std::chrono::seconds>(settings_.keep_keys).count()),
          acceptor_(io_),
          pause_(io_),
          watching_(io_) {
        for (const RequestKey& key : answered) answered_.restore(key);
    }

    Result<Done> listen() {
        if (const auto listening = listen_on(acceptor_, settings_.listen, "sources.http.listen"); !listening) return listening;
        port_ = acceptor_.local_endpoint().port();
        loopback_only_ = acceptor_.local_endpoint().address().is_loopback();
        if (!loopback_only_ && settings_.token.empty())
            spdlog::warn(
                "sources.http.listen {} can be reached from other hosts and token_file is not set: whoever reaches it "
                "can send records",
                settings_.listen);
        return Done{};
    }

    void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) {
        queue_ = &queue;
        const auto known = resume.find(input_);
        if (known != resume.end()) next_ = known->second.next;
        committed_ = next_;
        asio::co_spawn(io_, watch(), asio::detached);
        asio::co_spawn(io_, accept(), asio::detached);
        thread_ = std::thread([this] { work(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        asio::post(io_, [this] { asio::co_spawn(io_, close(), asio::detached); });
        thread_.join();
    }

    void committed(const InputPartition& input, Offset next) {
        if (input != input_) return;
        asio::post(io_, [this, next] {
            committed_ = std::max(committed_, next);
            for (auto waiting = awaiting_.begin(); waiting != awaiting_.end() && waiting->first <= committed_; ++waiting)
                waiting->second->cancel();
        });
    }

    Patience patience;
    unsigned short port() const { return port_; }

   private:
    void work() {
        while (true) {
            try {
                io_.run();
                return;
            } catch (const std::exception& error) {
                spdlog::error("a request to the HTTP source failed: {}", error.what());
            }
        }
    }

    asio::awaitable<void> accept() {
        while (!stopping_) {
            boost::system::error_code failure;
            auto token = asio::redirect_error(asio::use_awaitable, failure);
            tcp::socket socket = co_await acceptor_.async_accept(token);
            if (stopping_) co_return;
            if (failure) {  // out of file descriptors: others will close some
                pause_.expires_after(milliseconds(100));
                co_await pause_.async_wait(token);
                continue;
            }
            if (connections_.size() >= kConnections) continue;  // closes it
            asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
        }
    }

    /// Without requests it does not hold event time back.
    asio::awaitable<void> watch() {
        while (!stopping_) {
            if (!idle_ && !busy_ && WallClock::now() - last_ >= patience.idle) {
                CommitRequest quiet;
                quiet.batch.input = quiet.batch.watermark.input = input_;
                quiet.batch.next = next_;
                quiet.batch.watermark.idle = true;
                quiet.opening = !opened_;
                if (queue_->push(quiet, milliseconds(0))) idle_ = opened_ = true;
            }
            boost::system::error_code ignored;
            watching_.expires_after(std::min<milliseconds>(milliseconds(250), patience.idle));
            co_await watching_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    /// Nothing new is taken in; what has been taken in is answered, and then all connections end.
    asio::awaitable<void> close() {
        stopping_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        watching_.cancel();
        const auto until = WallClock::now() + patience.stop;
        asio::steady_timer timer(io_);
        while (in_hand_ > 0 && WallClock::now() < until) {
            timer.expires_after(milliseconds(10));
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        given_up_ = true;
        for (auto& [end, waiting] : awaiting_) waiting->cancel();
        for (asio::steady_timer* waiting : line_) waiting->cancel();
        for (beast::tcp_stream* stream : connections_) stream->close();
    }

    asio::awaitable<void> serve(tcp::socket socket) {
        beast::tcp_stream stream(std::move(socket));
        const auto registered = held(connections_, &stream);
        beast::flat_buffer buffer;
        bool keep_alive = true;
        stream.expires_after(kReadTime);
        while (keep_alive && !stopping_) {
            boost::system::error_code failure;
            auto token = asio::redirect_error(asio::use_awaitable, failure);
            http::request_parser<http::string_body> parser;
            parser.header_limit(kHeaderBytes);
            parser.body_limit(kLargestBody);
            co_await http::async_read_header(stream, buffer, parser, token);
            if (failure && status_of_unread(failure) == 0) co_return;
            stream.expires_after(kReadTime);
            IngestAnswer answer;
            const IngestRoute* route = nullptr;
            bool unread = false;  // there may be a body that nobody reads
            if (failure) {
                answer = refuse(status_of_unread(failure), failure.message());
                unread = true;
            } else {
                const Counted counted(in_hand_);
                unread = !co_await handle(stream, buffer, parser, route, answer);
            }
            keep_alive = !failure && !unread && parser.get().keep_alive() && !stopping_;
            telemetry_.ingest_request(route ? route->path : "other", answer.status);
            http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
            response.set(http::field::content_type, "application/json");
            for (const auto& [name, value] : answer.headers) response.set(name, value);
            response.keep_alive(keep_alive);
            response.body() = std::move(answer.body);
            response.prepare_payload();
            stream.expires_after(kWriteTime);
            co_await http::async_write(stream, response, token);
            if (failure) co_return;
            stream.expires_after(kKeptTime);
        }
        co_await linger(stream);
    }

    /// A close with bytes unread would reset the connection, and the answer might be lost with it.
    asio::awaitable<void> linger(beast::tcp_stream& stream) {
        boost::system::error_code failure;
        stream.socket().shutdown(tcp::socket::shutdown_send, failure);
        stream.expires_after(kLingering);
        std::array<char, 16 << 10> rest;
        while (!failure && !stopping_)
            co_await stream.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, failure));
    }

    /// False when the request was answered without its body having been read.
    asio::awaitable<bool> handle(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                 http::request_parser<http::string_body>& parser, const IngestRoute*& route,
                                 IngestAnswer& answer) {
        const IngestRequest request = without_body(parser.get());
        auto admitted = admit(request, settings_, loopback_only_);
        if (auto* refused = std::get_if<IngestAnswer>(&admitted)) {
            answer = std::move(*refused);
            co_return parser.is_done();
        }
        route = std::get<const IngestRoute*>(admitted);
        const bool packed = request.header("Content-Encoding") == "gzip";
        const auto length = parser.content_length();
        if (length && *length > kLargestBody) {
            answer = too_large();
            co_return false;
        }
        const std::size_t share = (length ? static_cast<std::size_t>(*length) : kLargestBody) + (packed ? kLargestBody : 0);
        if (held_bytes_ + share > kHeldBytes) {
            answer = put_off(429, 1, "too many requests are waiting to be written; send less at a time");
            co_return false;
        }
        const Share reserved(held_bytes_, share);
        telemetry_.state_size("http_ingest_bytes", held_bytes_, kHeldBytes);
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        if (request.header("Expect") == "100-continue") {
            http::response<http::empty_body> go_on(http::status::continue_, 11);
            co_await http::async_write(stream, go_on, token);
        }
        if (!failure) co_await http::async_read(stream, buffer, parser, token);
        if (failure) {
            const int status = status_of_unread(failure);
            answer = status == 413 ? too_large()
                                   : refuse(status == 0 ? 408 : status, "the body could not be read: " + failure.message());
            co_return false;
        }
        const std::string& body = parser.get().body();
        std::string plain;
        if (packed) {
            auto unpacked = gunzip(body, kLargestBody);
            if (!unpacked) {
                answer = refuse(400, unpacked.error().message);
                co_return true;
            }
            plain = std::move(unpacked).value();
        }
        if (plain.size() > kLargestBody) {
            answer = too_large();
            co_return true;
        }
        auto delivered = deliver(request, *route, body, packed ? plain : body, settings_);
        if (auto* refused = std::get_if<IngestAnswer>(&delivered))
            answer = std::move(*refused);
        else
            co_await take_in(std::get<Delivery>(delivered), answer);
        co_return true;
    }

    static IngestAnswer too_large() {
        return refuse(413, "the body is larger than " + std::to_string(kLargestBody) + " bytes; send it in several requests");
    }

    asio::awaitable<void> take_in(Delivery& delivery, IngestAnswer& answer) {
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
            answer =
                put_off(503, 5,
                        "this request was taken in and is not in the signal log yet; repeat it with the same Idempotency-Key, "
                        "else it may be counted twice");
        }
    }

    /// In the sender's turn. False, with an answer, when nothing was taken in.
    asio::awaitable<bool> match_and_push(Delivery& delivery, MatcherCounters& counters, IngestAnswer& answer) {
        SourceProfile profile{input_, settings_.log_line_prefix, delivery.labels};
        CommitRequest request = match_request(recognition_, std::move(profile), delivery.records.views, next_, wall_time());
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
        telemetry_.state_size("http_request_keys", answered_.size(), AnsweredRequests::kMost);
        const auto until = WallClock::now() + patience.queue;
        asio::steady_timer timer(io_);
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
    asio::awaitable<bool> take_turn() {
        const auto until = WallClock::now() + patience.queue;
        while (busy_) {
            if (given_up_ || WallClock::now() >= until) co_return false;
            asio::steady_timer timer(io_, until);
            const auto place = line_.insert(line_.end(), &timer);
            boost::system::error_code ignored;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            line_.erase(place);
        }
        busy_ = true;
        co_return true;
    }
    /// Ends it, whatever happens in it.
    class Turn {
       public:
        explicit Turn(Impl& source) : source_(source) {}
        ~Turn() {
            source_.busy_ = false;
            if (!source_.line_.empty()) source_.line_.front()->cancel();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

       private:
        Impl& source_;
    };

    asio::awaitable<bool> await_commit(Offset end) {
        const auto until = WallClock::now() + patience.commit;
        while (committed_ < end) {
            if (given_up_ || WallClock::now() >= until) co_return false;
            asio::steady_timer timer(io_, until);
            const auto place = awaiting_.emplace(end, &timer);
            boost::system::error_code ignored;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            awaiting_.erase(place);
        }
        co_return true;
    }

    static IngestAnswer accepted(const Delivery& delivery, const MatcherCounters& counters, bool repeated) {
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

    /// Something that is in a set for as long as this lives.
    template <class T>
    class Held {
       public:
        Held(std::set<T>& set, T item) : set_(set), item_(item) { set_.insert(item_); }
        ~Held() { set_.erase(item_); }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

       private:
        std::set<T>& set_;
        T item_;
    };
    template <class T>
    static Held<T> held(std::set<T>& set, T item) {
        return Held<T>(set, item);
    }
    /// A part of a bounded whole, for as long as this lives.
    class Share {
       public:
        Share(std::size_t& whole, std::size_t part) : whole_(whole), part_(part) { whole_ += part_; }
        ~Share() { whole_ -= part_; }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

       private:
        std::size_t& whole_;
        std::size_t part_;
    };
    struct Counted : Share {
        explicit Counted(std::size_t& count) : Share(count, 1) {}
    };

    const Recognition& recognition_;
    const HttpSourceSettings settings_;
    Telemetry& telemetry_;
    const InputPartition input_;
    AnsweredRequests answered_;
    BoundedQueue<CommitRequest>* queue_ = nullptr;
    Offset next_, committed_;  // of the records taken in, and of those that are in the signal log
    bool busy_ = false;        // a request has its turn
    bool idle_ = false, opened_ = false, loopback_only_ = true, stopping_ = false, given_up_ = false;
    std::size_t held_bytes_ = 0, in_hand_ = 0;
    WallClock::time_point last_{};
    unsigned short port_ = 0;

    asio::io_context io_{1};
    tcp::acceptor acceptor_;
    asio::steady_timer pause_, watching_;
    std::set<beast::tcp_stream*> connections_;
    std::list<asio::steady_timer*> line_;                  // for a turn
    std::multimap<Offset, asio::steady_timer*> awaiting_;  // a commit
    std::thread thread_;
};

HttpSource::HttpSource(const Recognition& recognition, HttpSourceSettings settings, Telemetry& telemetry,
                       std::vector<RequestKey> answered)
    : impl_(std::make_unique<Impl>(recognition, std::move(settings), telemetry, std::move(answered))) {}
HttpSource::~HttpSource() { stop(); }
void HttpSource::be_patient(Patience patience) { impl_->patience = patience; }
Result<Done> HttpSource::listen() { return impl_->listen(); }
unsigned short HttpSource::port() const { return impl_->port(); }
void HttpSource::start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) { impl_->start(resume, queue); }
void HttpSource::stop() { impl_->stop(); }
void HttpSource::committed(const InputPartition& input, Offset next) { impl_->committed(input, next); }

}  // namespace culprit
