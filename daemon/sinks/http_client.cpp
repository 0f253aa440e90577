#include "daemon/sinks/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>
#include <stdexcept>

#include "daemon/base64.h"
#include "daemon/sinks/gzip.h"

namespace culprit {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using SecureStream = beast::ssl_stream<beast::tcp_stream>;

bool is_ip_address(const std::string& host) {
    boost::system::error_code failure;
    asio::ip::make_address(host, failure);
    return !failure;
}

}  // namespace

class HttpClient::Impl {
   public:
    explicit Impl(HttpClientSettings settings) : settings_(std::move(settings)), tls_(asio::ssl::context::tls_client) {
        const HttpLogin& login = settings_.login;
        boost::system::error_code failure;
        tls_.set_verify_mode(asio::ssl::verify_peer);
        if (login.ca_file.empty())
            tls_.set_default_verify_paths(failure);
        else
            tls_.load_verify_file(login.ca_file, failure);
        if (failure)
            throw std::runtime_error("cannot read certificates from " +
                                     (login.ca_file.empty() ? "the system's store" : "'" + login.ca_file + "'") + ": " +
                                     failure.message() + "; ca_file wants a PEM file");
        if (!login.api_key.empty())
            authorization_ = "ApiKey " + login.api_key;
        else if (!login.token.empty())
            authorization_ = "Bearer " + login.token;
        else if (!login.username.empty())
            authorization_ = "Basic " + to_base64(login.username + ":" + login.password);
    }

    asio::awaitable<Result<HttpResponse>> send(const HttpRequest& request) {
        const std::string body = request.compress ? gzip(request.body) : request.body;
        std::string trouble = "the client is closed";
        for (std::size_t tried = 0; tried < settings_.urls.size() && !closed_; ++tried) {
            // A kept-alive connection that the server has closed meanwhile is no failure of the server's: once more, on a new
            // one.
            const bool reused = connected();
            Result<HttpResponse> answer = co_await send_to_preferred(request, body);
            if (!answer.ok() && reused && !closed_ && !timed_out_) answer = co_await send_to_preferred(request, body);
            if (answer.ok()) co_return answer;
            trouble = answer.error().message;
            prefer_next();
        }
        co_return Error{trouble};
    }

    void prefer_next() {
        drop_connection();
        preferred_ = (preferred_ + 1) % settings_.urls.size();
    }

    void close() {
        closed_ = true;
        drop_connection_later();
    }

   private:
    const HttpUrl& url() const { return settings_.urls[preferred_]; }
    bool connected() const { return plain_ || secure_; }

    beast::tcp_stream& lowest() { return secure_ ? secure_->next_layer() : *plain_; }

    /// Only when no operation is under way on it.
    void drop_connection() {
        secure_.reset();
        plain_.reset();
        buffer_.clear();
    }

    /// The operation under way ends with an error; its coroutine then drops the connection.
    void drop_connection_later() {
        if (connected()) lowest().close();
    }

    asio::awaitable<Result<HttpResponse>> send_to_preferred(const HttpRequest& request, const std::string& body) {
        timed_out_ = false;
        if (!connected()) {
            const std::string failure = co_await connect();
            if (!failure.empty()) {
                drop_connection();
                co_return Error{"cannot connect to " + url().text() + ": " + failure};
            }
        }
        http::request<http::string_body> message = compose(request, body);
        lowest().expires_after(settings_.request_timeout);
        Result<HttpResponse> answer = Error{};
        if (secure_)
            answer = co_await exchange(*secure_, message);
        else
            answer = co_await exchange(*plain_, message);
        if (!answer.ok()) drop_connection();
        co_return answer;
    }

    http::request<http::string_body> compose(const HttpRequest& request, const std::string& body) const {
        http::request<http::string_body> message(http::string_to_verb(request.method), url().path + request.target, 11);
        message.set(http::field::host, url().authority());
        message.set(http::field::user_agent, "culprit");
        message.set(http::field::accept, "application/json");
        if (!authorization_.empty()) message.set(http::field::authorization, authorization_);
        if (!body.empty()) {
            message.set(http::field::content_type, request.content_type);
            if (request.compress) message.set(http::field::content_encoding, "gzip");
        }
        for (const auto& [name, value] : request.headers) message.set(name, value);
        message.body() = body;
        message.prepare_payload();
        message.keep_alive(true);
        return message;
    }

    /// What failed; empty when the connection stands.
    asio::awaitable<std::string> connect() {
        const auto executor = co_await asio::this_coro::executor;
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        tcp::resolver resolver(executor);
        const tcp::resolver::results_type addresses = co_await resolver.async_resolve(url().host, url().port, token);
        if (failure) co_return "its name cannot be resolved: " + failure.message();
        if (closed_) co_return std::string("the client is closed");

        if (url().tls)
            secure_.emplace(executor, tls_);
        else
            plain_.emplace(executor);
        lowest().expires_after(settings_.connect_timeout);
        co_await lowest().async_connect(addresses, token);
        if (failure) co_return connect_failure(failure);
        boost::system::error_code ignored;
        lowest().socket().set_option(tcp::no_delay(true), ignored);
        if (!secure_) co_return std::string();

        if (!is_ip_address(url().host)) SSL_set_tlsext_host_name(secure_->native_handle(), url().host.c_str());
        secure_->set_verify_callback(asio::ssl::host_name_verification(url().host), failure);
        if (failure) co_return failure.message();
        co_await secure_->async_handshake(asio::ssl::stream_base::client, token);
        if (failure) co_return "TLS: " + connect_failure(failure);
        co_return std::string();
    }

    std::string connect_failure(const boost::system::error_code& failure) {
        timed_out_ = failure == beast::error::timeout;
        return timed_out_ ? "nothing for " + std::to_string(settings_.connect_timeout.count()) + " ms" : failure.message();
    }

    template <class Stream>
    asio::awaitable<Result<HttpResponse>> exchange(Stream& stream, const http::request<http::string_body>& message) {
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        http::request_serializer<http::string_body> serializer(message);
        co_await http::async_write(stream, serializer, token);
        if (failure) co_return exchange_failure(failure);

        http::response_parser<http::string_body> parser;
        parser.body_limit(settings_.max_response_bytes);
        // The header on its own: read at once with the body, Boost 1.74 forgets that the body is above the limit.
        co_await http::async_read_header(stream, buffer_, parser, token);
        if (failure) co_return exchange_failure(failure);
        co_await http::async_read(stream, buffer_, parser, token);
        if (failure) co_return exchange_failure(failure);

        HttpResponse response;
        response.status = static_cast<int>(parser.get().result_int());
        response.body = std::move(parser.get().body());
        lowest().expires_never();
        if (!parser.get().keep_alive()) drop_connection();
        co_return response;
    }

    Error exchange_failure(const boost::system::error_code& failure) {
        timed_out_ = failure == beast::error::timeout;
        if (timed_out_)
            return Error{"no answer from " + url().text() + " within " + std::to_string(settings_.request_timeout.count()) +
                         " ms"};
        return Error{"the connection to " + url().text() + " broke: " + failure.message()};
    }

    const HttpClientSettings settings_;
    asio::ssl::context tls_;
    std::string authorization_;
    std::size_t preferred_ = 0;
    bool closed_ = false;
    bool timed_out_ = false;  // of the last exchange: a server that hangs is not asked the same again at once
    std::optional<beast::tcp_stream> plain_;
    std::optional<SecureStream> secure_;
    beast::flat_buffer buffer_;
};

HttpClient::HttpClient(HttpClientSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
HttpClient::~HttpClient() = default;
asio::awaitable<Result<HttpResponse>> HttpClient::send(const HttpRequest& request) { return impl_->send(request); }
void HttpClient::prefer_next() { impl_->prefer_next(); }
void HttpClient::close() { impl_->close(); }

}  // namespace culprit
