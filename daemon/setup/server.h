#pragma once
// A server that is set up: asked one thing after the other, each call blocks until its answer.
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/sinks/http_client.h"
#include "matchers/result.h"

namespace culprit {

/// The answer with whatever status; the error says which server could not be reached and why.
using Ask = std::function<Result<HttpResponse>(const HttpRequest&)>;

/// Asks over one connection, which lives as long as what is returned. Throws std::runtime_error when the CA file cannot be read.
Ask ask_server(HttpClientSettings settings);

/// One request that is sent, or with `--dry-run` would be.
struct SetupStep {
    std::string what;  // "2 data views, 2 searches, 4 dashboards"
    HttpRequest request;
};

/// The body of an answer, null where it is no JSON.
nlohmann::json json_of(const HttpResponse& response);

}  // namespace culprit
