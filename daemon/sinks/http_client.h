#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "daemon/sinks/http_login.h"
#include "daemon/sinks/http_url.h"
#include "matchers/result.h"

// One HTTP/1.1 client over one kept-alive connection to the first of several equal servers that answers.
//
// It lives on the executor of the coroutine that calls it (a strand, or an io_context run by one thread): everything is called
// there, one `send` at a time. Every step has a time limit, kept by closing the socket; only the look-up of a name is limited by
// the resolver's own configuration. A request may be sent twice (a kept-alive connection that the server closed meanwhile, the
// next server after a failure), so requests must be idempotent.

namespace culprit {

struct HttpClientSettings {
    std::vector<HttpUrl> urls;  // at least one
    HttpLogin login;
    std::chrono::milliseconds connect_timeout{10'000};  // TCP and TLS together
    std::chrono::milliseconds request_timeout{30'000};  // from the first byte written to the last byte read
    std::size_t max_response_bytes = 64 << 20;
};

struct HttpRequest {
    std::string method = "POST";
    std::string target;  // begins with `/`
    std::string content_type = "application/json";
    std::string body;
    bool compress = false;                                     // gzip
    std::vector<std::pair<std::string, std::string>> headers;  // beyond those that follow from the above
};

struct HttpResponse {
    int status = 0;
    std::string body;
};

class HttpClient {
   public:
    /// Throws std::runtime_error when the CA file cannot be read.
    explicit HttpClient(HttpClientSettings settings);
    ~HttpClient();

    /// Asks each server once, beginning with the one that answered last, until one answers with whatever status. The error
    /// names the last one and what went wrong. `request` must live until the call completes.
    boost::asio::awaitable<Result<HttpResponse>> send(const HttpRequest& request);

    /// The next `send` begins with another server: this one answers, but not well.
    void prefer_next();

    /// Closes the connection; a `send` under way fails soon, and later ones fail at once.
    void close();

   private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace culprit
