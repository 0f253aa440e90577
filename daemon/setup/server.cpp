#include "daemon/setup/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

namespace culprit {
namespace {

namespace asio = boost::asio;

struct Server {
    explicit Server(HttpClientSettings settings) : client(std::move(settings)) {}
    asio::io_context io;
    HttpClient client;
};

}  // namespace

Ask ask_server(HttpClientSettings settings) {
    // Shared: a std::function is copied.
    return [server = std::make_shared<Server>(std::move(settings))](const HttpRequest& request) {
        std::optional<Result<HttpResponse>> answer;
        const auto send = [&]() -> asio::awaitable<void> { answer.emplace(co_await server->client.send(request)); };
        asio::co_spawn(server->io, send, [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        server->io.restart();
        server->io.run();
        return std::move(*answer);
    };
}

nlohmann::json json_of(const HttpResponse& response) {
    auto json = nlohmann::json::parse(response.body, nullptr, false);
    return json.is_discarded() ? nlohmann::json() : json;
}

}  // namespace culprit
