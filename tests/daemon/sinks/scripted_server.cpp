#include "scripted_server.h"

#include <zlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <stdexcept>

// g++ 12 does not see that a coroutine's frame is allocated by Asio's own operator new when it inlines only half of the pair.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace culprit::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::string gunzip(const std::string& bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string text;
    char piece[16'384];
    int outcome = Z_OK;
    while (outcome == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        outcome = inflate(&stream, Z_NO_FLUSH);
        text.append(piece, sizeof piece - stream.avail_out);
    }
    inflateEnd(&stream);
    if (outcome != Z_STREAM_END) throw std::runtime_error("a body that is no gzip");
    return text;
}

ScriptedServer::ScriptedServer(Script script, unsigned short port, asio::ssl::context* tls)
    : script_(std::move(script)), tls_(tls), acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), port)) {
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(
        io_, [this] { return accept(); }, asio::detached);
    thread_ = std::thread([this] { io_.run(); });
}

ScriptedServer::~ScriptedServer() {
    io_.stop();
    thread_.join();
}

std::vector<ReceivedRequest> ScriptedServer::received() const {
    std::lock_guard lock(mutex_);
    return received_;
}

asio::awaitable<void> ScriptedServer::accept() {
    for (int connection = 1;; ++connection) {
        tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
        if (tls_) {
            beast::ssl_stream<beast::tcp_stream> stream(beast::tcp_stream(std::move(socket)), *tls_);
            boost::system::error_code failure;
            co_await stream.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, failure));
            if (failure) continue;
            asio::co_spawn(io_, serve(std::move(stream), connection), asio::detached);
        } else {
            asio::co_spawn(io_, serve(beast::tcp_stream(std::move(socket)), connection), asio::detached);
        }
    }
}

template <class Stream>
asio::awaitable<void> ScriptedServer::serve(Stream stream, int connection) {
    beast::flat_buffer buffer;
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    for (;;) {
        http::request<http::string_body> request;
        co_await http::async_read(stream, buffer, request, token);
        if (failure) co_return;
        ReceivedRequest received;
        received.method = std::string(request.method_string());
        received.target = std::string(request.target());
        for (const auto& field : request) {
            std::string name(field.name_string());
            for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            received.headers[name] = std::string(field.value());
        }
        received.body = received.headers["content-encoding"] == "gzip" ? gunzip(request.body()) : request.body();
        received.connection = connection;
        {
            std::lock_guard lock(mutex_);
            received_.push_back(received);
        }
        const ScriptedAnswer answer = script_(received);
        if (answer.delay.count() > 0) {
            asio::steady_timer timer(io_, answer.delay);
            co_await timer.async_wait(token);
        }
        if (answer.hang_up) co_return;
        http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
        response.set(http::field::content_type, "application/json");
        response.body() = answer.body;
        response.prepare_payload();
        http::response_serializer<http::string_body> serializer(response);
        co_await http::async_write(stream, serializer, token);
        if (failure || answer.close_after) co_return;
    }
}

unsigned short free_port() {
    asio::io_context io;
    return tcp::acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)).local_endpoint().port();
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace culprit::test
