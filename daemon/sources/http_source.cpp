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
#include <set>
#include <thread>

#include "daemon/sinks/gzip.h"
#include "daemon/sources/http_intake.h"
#include "daemon/sources/ingest.h"
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
constexpr milliseconds kLastWords{1'000};

using Request = http::request<http::string_body>;

IngestRequest without_body(const Request& request) {
    return {std::string(request.method_string()), std::string(request.target()),
            [&request](std::string_view name) { return std::string(request[beast::string_view(name.data(), name.size())]); }};
}

}  // namespace

class HttpSource::Impl {
   public:
    Impl(const Recognition& recognition, HttpSourceSettings settings, Telemetry& telemetry, std::vector<RequestKey> answered)
        : settings_(std::move(settings)),
          telemetry_(telemetry),
          intake_({io_, recognition, settings_, telemetry}, answered),
          acceptor_(io_),
          pause_(io_),
          watching_(io_) {}

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
        intake_.start(resume, queue, patience);
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
        if (input == intake_.input()) asio::post(io_, [this, next] { intake_.committed(next); });
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

    asio::awaitable<void> watch() {
        while (!stopping_) {
            intake_.look_after();
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
        co_await all_answered(patience.stop);
        intake_.give_up();
        co_await all_answered(kLastWords);
        for (beast::tcp_stream* stream : connections_) stream->close();
    }

    asio::awaitable<void> all_answered(milliseconds at_most) {
        const auto until = WallClock::now() + at_most;
        asio::steady_timer timer(io_);
        while (in_hand_ > 0 && WallClock::now() < until) {
            boost::system::error_code ignored;
            timer.expires_after(milliseconds(10));
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
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
            const Counted counted(in_hand_);
            IngestAnswer answer;
            const IngestRoute* route = nullptr;
            bool unread = false;  // there may be a body that nobody reads
            if (failure) {
                answer = refuse(status_of_unread(failure), failure.message());
                unread = true;
            } else {
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
            co_await intake_.take_in(std::get<Delivery>(delivered), answer);
        co_return true;
    }

    static IngestAnswer too_large() {
        return refuse(413, "the body is larger than " + std::to_string(kLargestBody) + " bytes; send it in several requests");
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

    const HttpSourceSettings settings_;
    Telemetry& telemetry_;
    bool loopback_only_ = true, stopping_ = false;
    std::size_t held_bytes_ = 0, in_hand_ = 0;
    unsigned short port_ = 0;

    asio::io_context io_{1};
    HttpIntake intake_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_, watching_;
    std::set<beast::tcp_stream*> connections_;
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
