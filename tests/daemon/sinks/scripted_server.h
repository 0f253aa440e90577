#pragma once
// A real HTTP server on a real socket whose answers the test writes. It runs on a thread of its own and stops with its owner.
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace culprit::test {

struct ReceivedRequest {
    std::string method, target, body;            // the body as it was before gzip
    std::map<std::string, std::string> headers;  // names in lower case
    int connection = 0;                          // counts from 1
};

struct ScriptedAnswer {
    int status = 200;
    std::string body = "{}";
    std::chrono::milliseconds delay{0};
    bool hang_up = false;      // closes the connection instead of answering
    bool close_after = false;  // answers as if the connection stayed open, then closes it
};

/// The body of a Content-Encoding: gzip.
std::string gunzip(const std::string& bytes);

class ScriptedServer {
   public:
    using Script = std::function<ScriptedAnswer(const ReceivedRequest&)>;
    /// Port 0 takes a free one. With `tls`, the connections are TLS ones.
    explicit ScriptedServer(Script script, unsigned short port = 0, boost::asio::ssl::context* tls = nullptr);
    ~ScriptedServer();

    unsigned short port() const { return port_; }
    std::string url() const { return std::string(tls_ ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_); }
    std::vector<ReceivedRequest> received() const;

   private:
    boost::asio::awaitable<void> accept();
    template <class Stream>
    boost::asio::awaitable<void> serve(Stream stream, int connection);

    Script script_;
    boost::asio::ssl::context* tls_;
    mutable std::mutex mutex_;
    std::vector<ReceivedRequest> received_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    unsigned short port_ = 0;
    std::thread thread_;
};

/// A port that nobody listens on at the moment.
unsigned short free_port();

/// Asks again and again until it is so; false when it is not within `patience`.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace culprit::test
