#pragma once
// What each address of the HTTP server answers. No I/O: a request and the daemon's state in, an answer out.
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/telemetry.h"
#include "daemon/web/incident_store.h"
#include "daemon/web/settings.h"

namespace culprit {

struct WebRequest {
    std::string method, target;  // the target as it came, with its query
    std::string host, authorization;
};

struct WebAnswer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// What the answers are made of. All of it outlives the server.
struct WebState {
    HttpSettings settings;
    bool loopback_only = true;
    Telemetry& telemetry;
    const IncidentStore& incidents;
    std::function<Readiness()> readiness;
};

/// `/healthz` and `/readyz` are open, as probes send no token (without it /readyz says only whether). With a token the rest
/// wants `Authorization: Bearer TOKEN`, or Basic with it as the password, which is what a browser can ask a person for.
/// Without one, a server on loopback answers only to loopback's names: else any web page could read it by DNS rebinding.
WebAnswer answer(const WebRequest& request, const WebState& state);

}  // namespace culprit
