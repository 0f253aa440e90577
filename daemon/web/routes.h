#pragma once
// What each address of the HTTP server answers. No I/O: a request and the daemon's state in, an answer out.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/telemetry.h"
#include "daemon/web/announced_maintenance.h"
#include "daemon/web/incident_store.h"
#include "daemon/web/pipeline_history.h"
#include "daemon/web/settings.h"
#include "matchers/operator_note.h"

namespace culprit {

struct WebRequest {
    std::string method, target;  // the target as it came, with its query
    std::string host, authorization;
    std::string body, content_type, origin, fetch_site, if_none_match;  // headers of these names; fetch_site: Sec-Fetch-Site
    EventTime now{};
};

struct WebAnswer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<OperatorNote> note;  // the answer holds once this is in the signal log
    bool events = false;               // not this body, but a stream of the store's changes
};

/// What the answers are made of. All of it outlives the server.
struct WebState {
    HttpSettings settings;
    bool loopback_only = true;
    Telemetry& telemetry;
    const IncidentStore& incidents;
    const AnnouncedMaintenance& maintenance;
    std::function<Readiness()> readiness;
    PipelineHistory history;
};

/// An address as openapi.json writes it, `{id}` standing for one segment.
struct RouteName {
    std::string_view method, path;
};
/// All that `answer` knows, HEAD aside, which is GET without the body.
std::vector<RouteName> route_names();

/// `/healthz` and `/readyz` are open, as probes send no token (without it /readyz says only whether). With a token the rest
/// wants `Authorization: Bearer TOKEN`, or Basic with it as the password, which is what a browser can ask a person for.
/// Without one, a server on loopback answers only to loopback's names: else any web page could read it by DNS rebinding.
///
/// What changes something wants `Content-Type: application/json`, which no page of another origin can send unasked, and refuses
/// an Origin other than its own: a browser sends a person's credentials with any request. The one form there is wants the
/// browser's word that it is a page's of this server.
WebAnswer answer(const WebRequest& request, const WebState& state);

/// What a stream of changes sends: one event in text/event-stream's form. `since` of 0, or of another process, is all.
std::string change_event(const IncidentStore& incidents, std::uint64_t since);

}  // namespace culprit
