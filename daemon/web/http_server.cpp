#include "daemon/web/http_server.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "daemon/web/listener.h"
#include "daemon/web/routes.h"
#include "daemon/web/url_query.h"

// g++ 12 does not see that a coroutine's frame is allocated by Asio's own operator new when it inlines only half of the pair.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace culprit {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t kConnections = 256;
constexpr std::uint32_t kHeaderBytes = 8 << 10;
constexpr std::uint64_t kBodyBytes = 64 << 10;
constexpr std::chrono::seconds kReadTime{15};  // for a whole request, and for a kept connection to send another
constexpr std::chrono::seconds kWriteTime{30};
constexpr std::size_t kStreams = 64;  // connections that wait for events
constexpr std::chrono::seconds kHeartbeat{15}, kNoteTime{10};
constexpr std::chrono::milliseconds kEventPause{500};

/// Where a stream of events goes on: where the browser says that it was lost, or what its page shows.
std::uint64_t since_of(const http::request<http::string_body>& request) {
    std::string text(request["Last-Event-ID"]);
    if (text.empty()) text = value_of(query_of(std::string(request.target())), "since");
    std::uint64_t since = 0;
    std::from_chars(text.data(), text.data() + text.size(), since);
    return since;
}

http::response<http::string_body> compose(const WebAnswer& answer, bool head, bool keep_alive) {
    http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
    response.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.keep_alive(keep_alive);
    response.body() = answer.body;
    response.prepare_payload();
    if (head) response.body().clear();  // the length stays that of the answer to a GET
    return response;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
   public:
    Impl(asio::io_context& io, HttpSettings settings, Parts parts)
        : state_{std::move(settings), true, parts.telemetry, parts.incidents, parts.maintenance, std::move(parts.readiness), {}},
          submit_(std::move(parts.submit)),
          incidents_(parts.incidents),
          strand_(asio::make_strand(io)),
          acceptor_(strand_),
          pause_(strand_),
          sampling_(strand_) {}

    Result<Done> listen() {
        const std::string& text = state_.settings.listen;
        if (const auto listening = listen_on(acceptor_, text, "http.listen"); !listening) return listening.error();
        port_ = acceptor_.local_endpoint().port();
        state_.loopback_only = acceptor_.local_endpoint().address().is_loopback();
        if (!state_.loopback_only && state_.settings.token.empty())
            spdlog::warn(
                "http.listen {} can be reached from other hosts and http.token_file is not set: whoever reaches it reads the "
                "incidents",
                text);
        asio::co_spawn(
            strand_, [self = shared_from_this()] { return self->accept(); }, asio::detached);
        asio::co_spawn(
            strand_, [self = shared_from_this()] { return self->sample(); }, asio::detached);
        incidents_.on_change([weak = weak_from_this()] {
            if (const auto self = weak.lock())
                asio::post(self->strand_, [self] {
                    for (asio::steady_timer* waiting : self->streams_) waiting->cancel();
                });
        });
        return Done{};
    }

    unsigned short port() const { return port_; }

    void stop() {
        asio::post(strand_, [self = shared_from_this()] {
            self->stopped_ = true;
            boost::system::error_code ignored;
            self->acceptor_.close(ignored);
            self->pause_.cancel();
            self->sampling_.cancel();
            for (asio::steady_timer* waiting : self->streams_) waiting->cancel();
            for (beast::tcp_stream* stream : self->connections_) stream->close();
        });
    }

   private:
    asio::awaitable<void> accept() {
        const auto self = shared_from_this();
        while (!stopped_) {
            boost::system::error_code failure;
            auto token = asio::redirect_error(asio::use_awaitable, failure);
            tcp::socket socket = co_await acceptor_.async_accept(token);
            if (stopped_) co_return;
            if (failure) {  // out of file descriptors: others will close some
                pause_.expires_after(std::chrono::milliseconds(100));
                co_await pause_.async_wait(token);
                continue;
            }
            if (connections_.size() >= kConnections) continue;  // closes it
            asio::co_spawn(strand_, serve(self, std::move(socket)), asio::detached);
        }
    }

    /// What the pipeline page draws.
    asio::awaitable<void> sample() {
        const auto self = shared_from_this();
        while (!stopped_) {
            state_.history.take(std::chrono::steady_clock::now(), state_.telemetry.values());
            boost::system::error_code ignored;
            sampling_.expires_after(PipelineHistory::kEvery);
            co_await sampling_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    /// Hands a note to the pipeline and waits until it is in the signal log.
    asio::awaitable<void> record(WebAnswer& found) {
        struct Outcome {
            asio::steady_timer timer;
            bool told = false;
            std::string problem;
        };
        const auto outcome = std::make_shared<Outcome>(Outcome{asio::steady_timer(strand_, kNoteTime), false, {}});
        submit_(*found.note, [strand = strand_, outcome](const std::string& problem) {
            asio::post(strand, [outcome, problem] {
                outcome->told = true;
                outcome->problem = problem;
                outcome->timer.cancel();
            });
        });
        boost::system::error_code ignored;
        if (!outcome->told) co_await outcome->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (outcome->told && outcome->problem.empty()) co_return;
        found.status = 503;
        found.content_type = "application/json";
        found.body =
            nlohmann::json{{"error", outcome->told ? "not recorded: " + outcome->problem
                                                   : "not recorded yet: culprit is busy; look again before you repeat it"}}
                .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }

    /// Tells one connection of changes until either side ends it; at most one event in kEventPause.
    asio::awaitable<void> stream_events(beast::tcp_stream& stream, const WebAnswer& found, std::uint64_t since) {
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        http::response<http::empty_body> head(http::status::ok, 11);
        head.set(http::field::content_type, found.content_type);
        for (const auto& [name, value] : found.headers) head.set(name, value);
        head.chunked(true);
        http::response_serializer<http::empty_body> serializer(head);
        stream.expires_after(kWriteTime);
        co_await http::async_write_header(stream, serializer, token);
        asio::steady_timer waiting(strand_);
        const Streaming streaming(*this, waiting);
        while (!failure && !stopped_) {
            const std::uint64_t now = incidents_.revision();
            const std::string text = now == since ? ": still here\n\n" : change_event(incidents_, since);
            since = now;
            stream.expires_after(kWriteTime);
            co_await asio::async_write(stream, http::make_chunk(asio::buffer(text)), token);
            if (failure || stopped_) break;
            boost::system::error_code woken;
            auto wake = asio::redirect_error(asio::use_awaitable, woken);
            asio::steady_timer pause(strand_, kEventPause);
            co_await pause.async_wait(wake);
            if (stopped_ || incidents_.revision() != since) continue;
            waiting.expires_after(kHeartbeat);
            co_await waiting.async_wait(wake);
        }
    }

    /// Takes itself as an argument: a coroutine's arguments live as long as it does.
    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket) {
        beast::tcp_stream stream(std::move(socket));
        const Registration registered(*self, stream);
        beast::flat_buffer buffer;
        bool keep_alive = true;
        while (keep_alive && !self->stopped_) {
            boost::system::error_code failure;
            auto token = asio::redirect_error(asio::use_awaitable, failure);
            http::request_parser<http::string_body> parser;
            parser.header_limit(kHeaderBytes);
            parser.body_limit(kBodyBytes);
            stream.expires_after(kReadTime);
            // The header on its own: read at once with the body, Boost 1.74 forgets that the body is above the limit.
            co_await http::async_read_header(stream, buffer, parser, token);
            if (!failure) co_await http::async_read(stream, buffer, parser, token);
            if (self->stopped_) co_return;

            WebAnswer found;
            bool head = false;
            if (failure) {
                found.status = status_of_unread(failure);
                if (found.status == 0) co_return;
                found.content_type = "text/plain; charset=utf-8";
                found.body = failure.message() + "\n";
                keep_alive = false;
            } else {
                const auto& request = parser.get();
                head = request.method() == http::verb::head;
                keep_alive = request.keep_alive();
                found = self->answer_safely(request);
            }
            if (found.note) co_await self->record(found);
            if (found.events && !head && self->streams_.size() < kStreams) {
                co_await self->stream_events(stream, found, since_of(parser.get()));
                break;
            }
            if (found.events && !head) found.status = 503;
            http::response<http::string_body> response = compose(found, head, keep_alive);
            http::response_serializer<http::string_body> serializer(response);
            stream.expires_after(kWriteTime);
            if (head)
                co_await http::async_write_header(stream, serializer, token);
            else
                co_await http::async_write(stream, serializer, token);
            if (failure) co_return;
        }
        boost::system::error_code ignored;
        stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    WebAnswer answer_safely(const http::request<http::string_body>& request) {
        try {
            state_.telemetry.state_size("http_connections", connections_.size(), kConnections);
            const auto header = [&](auto name) { return std::string(request[name]); };
            const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
            return answer({std::string(request.method_string()), std::string(request.target()), header(http::field::host),
                           header(http::field::authorization), request.body(), header(http::field::content_type),
                           header(http::field::origin), header("Sec-Fetch-Site"), header(http::field::if_none_match), now},
                          state_);
        } catch (const std::exception& failure) {
            spdlog::error("answering {} failed: {}", std::string_view(request.target().data(), request.target().size()),
                          failure.what());
            WebAnswer sorry;
            sorry.status = 500;
            sorry.content_type = "text/plain; charset=utf-8";
            sorry.body = "an internal error; culprit's own log says more\n";
            return sorry;
        }
    }

    /// A connection among those that stop() closes, for as long as it is served.
    class Registration {
       public:
        Registration(Impl& server, beast::tcp_stream& stream) : server_(server), stream_(stream) {
            server_.connections_.insert(&stream_);
        }
        ~Registration() { server_.connections_.erase(&stream_); }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

       private:
        Impl& server_;
        beast::tcp_stream& stream_;
    };

    /// A stream among those that a change wakes.
    class Streaming {
       public:
        Streaming(Impl& server, asio::steady_timer& waiting) : server_(server), waiting_(waiting) {
            server_.streams_.insert(&waiting_);
        }
        ~Streaming() { server_.streams_.erase(&waiting_); }
        Streaming(const Streaming&) = delete;
        Streaming& operator=(const Streaming&) = delete;

       private:
        Impl& server_;
        asio::steady_timer& waiting_;
    };

    WebState state_;
    std::function<void(OperatorNote, NoteInbox::Told)> submit_;
    IncidentStore& incidents_;
    asio::strand<asio::io_context::executor_type> strand_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_, sampling_;
    std::set<beast::tcp_stream*> connections_;
    std::set<asio::steady_timer*> streams_;
    unsigned short port_ = 0;
    bool stopped_ = false;
};

HttpServer::HttpServer(asio::io_context& io, HttpSettings settings, Parts parts)
    : impl_(std::make_shared<Impl>(io, std::move(settings), std::move(parts))) {}
HttpServer::~HttpServer() { stop(); }
Result<Done> HttpServer::listen() { return impl_->listen(); }
unsigned short HttpServer::port() const { return impl_->port(); }
void HttpServer::stop() { impl_->stop(); }

}  // namespace culprit
