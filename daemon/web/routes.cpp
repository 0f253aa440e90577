#include "daemon/web/routes.h"

#include <array>
#include <nlohmann/json.hpp>

#include "daemon/web/access.h"
#include "daemon/web/incident_query.h"
#include "daemon/web/operator_api.h"
#include "daemon/web/pages.h"
#include "daemon/web/web_assets.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kText = "text/plain; charset=utf-8";

/// One request on its way through its route. `parameter` stands for the path's `{…}`.
struct Call {
    const WebRequest& request;
    const WebState& state;
    std::string parameter;
    UrlQuery query() const { return query_of(request.target); }
};

WebAnswer reply(int status, std::string_view content_type, std::string body) {
    WebAnswer made;
    made.status = status;
    made.content_type = content_type;
    made.body = std::move(body);
    return made;
}

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

WebAnswer json_error(int status, const std::string& sentence) { return reply(status, kJson, dumped({{"error", sentence}})); }

/// With a tag by which the next request for the same can be answered with 304.
WebAnswer tagged(const Call& call, const std::string& tag, std::string_view content_type,
                 const std::function<std::string()>& body) {
    const std::string quoted = '"' + tag + '"';
    WebAnswer made = call.request.if_none_match.find(quoted) != std::string::npos ? reply(304, content_type, {})
                                                                                  : reply(200, content_type, body());
    made.headers.emplace_back("ETag", quoted);
    made.headers.emplace_back("Cache-Control", "no-cache");
    return made;
}

WebAnswer health(const Call&) { return reply(200, kText, "ok\n"); }

WebAnswer readiness(const Call& call) {
    const Readiness now = call.state.readiness();
    const bool in_full = authorized(call.request.authorization, call.state.settings.token);
    return reply(now.ready ? 200 : 503, kText, in_full ? now.text : now.ready ? "ready\n" : "not ready\n");
}

WebAnswer metrics(const Call& call) {
    call.state.telemetry.state_size("incident_store", call.state.incidents.size(), call.state.incidents.limit());
    return reply(200, "text/plain; version=0.0.4; charset=utf-8", call.state.telemetry.expose());
}

WebAnswer asset(const Call& call) {
    const WebAsset* found = find_asset(path_of(call.request.target));
    if (!found) return reply(404, kText, "there is no such file\n");
    WebAnswer made = reply(200, found->content_type, std::string(found->content));
    made.headers.emplace_back("Cache-Control", "max-age=31536000, immutable");
    return made;
}

WebAnswer list_page(const Call& call) {
    return reply(
        200, kHtml,
        incidents_page(*call.state.incidents.list(), call.query(), maintenance_now(call.state.maintenance, call.request.now)));
}

WebAnswer windows_page(const Call& call) {
    return reply(200, kHtml, maintenance_page(call.state.maintenance, call.request.now, call.request.host));
}

WebAnswer one_page(const Call& call) {
    const auto incident = call.state.incidents.find(call.parameter);
    if (incident) return reply(200, kHtml, incident_page(*incident, call.state.incidents, call.state.settings.links));
    return reply(404, kHtml,
                 message_page("No such incident", "It may be older than what is kept here; Elasticsearch may still have it."));
}

WebAnswer changes(const Call& call) { return reply(200, kHtml, changes_page(call.state.incidents, call.query())); }

WebAnswer pipeline(const Call& call) {
    call.state.telemetry.state_size("incident_store", call.state.incidents.size(), call.state.incidents.limit());
    return reply(200, kHtml, pipeline_page(call.state.telemetry.values(), call.state.history, call.state.readiness()));
}

WebAnswer openapi(const Call&) { return reply(200, kJson, std::string(page_template("openapi.json"))); }

/// A page of documents, with what the next one is asked by where there is one.
template <class Kept>
std::string listed(const char* name, const std::vector<Kept>& documents, std::size_t total, const std::string& next) {
    std::string body = "{\"" + std::string(name) + "\":[";
    for (const auto& each : documents) body += (body.back() == '[' ? "" : ",") + each->document.json;
    body += "],\"total\":" + std::to_string(total);
    if (!next.empty()) body += ",\"next\":" + dumped(next);
    return body + '}';
}

WebAnswer incidents(const Call& call) {
    const auto query = parse_incident_query(call.query());
    if (!query) return json_error(400, query.error().message);
    const auto revision = std::to_string(call.state.incidents.revision());  // before the list: never newer than what it tags
    return tagged(call, revision, kJson, [&] {
        const auto page = select(*call.state.incidents.list(), query.value());
        return listed("incidents", page.value().incidents, page.value().total, page.value().next);
    });
}

WebAnswer all_changes(const Call& call) {
    const auto revision = std::to_string(call.state.incidents.revision());
    const auto page = select_changes(call.state.incidents.changes().list(), call.query());
    if (!page) return json_error(400, page.error().message);
    return tagged(call, revision, kJson,
                  [&] { return listed("changes", page.value().changes, page.value().total, page.value().next); });
}

WebAnswer one_change(const Call& call) {
    const auto change = call.state.incidents.changes().find(call.parameter);
    if (!change) return json_error(404, "no change has the id '" + call.parameter + "'");
    return tagged(call, std::to_string(change->document.version), kJson, [&] { return change->document.json; });
}

WebAnswer no_incident(const std::string& id) { return json_error(404, "no incident has the id '" + id + "'"); }

WebAnswer document(const Call& call) {
    const auto incident = call.state.incidents.find(call.parameter);
    if (!incident) return no_incident(call.parameter);
    return tagged(call, std::to_string(incident->document.version), kJson, [&] { return incident->document.json; });
}

WebAnswer events(const Call&) {
    WebAnswer made = reply(200, "text/event-stream", {});
    made.events = true;
    return made;
}

json shown(const OperatorNote& window) {
    json result{{"id", window.id},
                {"from", to_rfc3339(window.from)},
                {"until", to_rfc3339(window.until)},
                {"announced", to_rfc3339(window.time)}};
    const std::pair<const char*, const std::string*> texts[] = {
        {"environment", &window.environment}, {"database", &window.database}, {"text", &window.text}, {"by", &window.author}};
    for (const auto& [key, text] : texts)
        if (!text->empty()) result[key] = *text;
    return result;
}

Speaker speaker_of(const Call& call) { return {user_of(call.request.authorization), call.request.now}; }

WebAnswer noted(int status, const Result<OperatorNote>& note, const json& body) {
    if (!note) return json_error(400, note.error().message);
    WebAnswer made = reply(status, kJson, dumped(body));
    made.note = note.value();
    return made;
}

template <NoteKind kind>
WebAnswer say(const Call& call) {
    const auto incident = call.state.incidents.find(call.parameter);
    if (!incident) return no_incident(call.parameter);
    if (incident->document.status == "merged")
        return json_error(409, "this incident has become part of another one: see its merged_into");
    return noted(200, note_on(*incident, kind, call.request.body, speaker_of(call)), {{"recorded", true}});
}

WebAnswer maintenance(const Call& call) {
    json windows = json::array();
    for (const OperatorNote& window : call.state.maintenance.list()) windows.push_back(shown(window));
    json configured = json::array();
    for (const MaintenanceWindow& window : call.state.maintenance.configured()) {
        json one{{"from", to_rfc3339(window.from)}, {"until", to_rfc3339(window.until)}};
        if (!window.environment.empty()) one["environment"] = window.environment;
        if (!window.database.empty()) one["database"] = window.database;
        configured.push_back(std::move(one));
    }
    return reply(200, kJson, dumped({{"maintenance", windows}, {"configured", configured}}));
}

WebAnswer announce(const Call& call) {
    const auto note = maintenance_note(call.request.body, speaker_of(call));
    return noted(201, note, note ? shown(note.value()) : json());
}

WebAnswer call_off(const Call& call) {
    auto window = call.state.maintenance.find(call.parameter);
    if (!window) return json_error(404, "no maintenance window has the id '" + call.parameter + "'");
    window->withdrawn = true;
    window->time = std::max(call.request.now, window->time + Duration{1});  // the later word holds
    return noted(200, *window, {{"recorded", true}});
}

WebAnswer end_window(const Call& call) {
    const auto window = call.state.maintenance.find(call.parameter);
    if (!window) return json_error(404, "no maintenance window has the id '" + call.parameter + "'");
    const auto note = ending_of(*window, speaker_of(call));
    return note ? noted(200, note, {{"recorded", true}}) : json_error(409, note.error().message);
}

/// The page's button, which works without a script.
WebAnswer end_by_form(const Call& call) {
    WebAnswer made = end_window(call);
    if (made.status != 200)
        return reply(made.status, kHtml, message_page("Not ended", "This window is over, or is not known any more."));
    made.status = 303;
    made.headers.emplace_back("Location", "/maintenance");
    return made;
}

struct Route {
    std::string_view method, path;
    WebAnswer (*answer)(const Call&);
    bool open = false;  // without a token too
    bool form = false;  // of a page of this server's
};

constexpr std::array kRoutes{
    Route{"GET", "/healthz", health, true},
    Route{"GET", "/readyz", readiness, true},
    Route{"GET", "/metrics", metrics},
    Route{"GET", "/", list_page},
    Route{"GET", "/incidents/{id}", one_page},
    Route{"GET", "/changes", changes},
    Route{"GET", "/maintenance", windows_page},
    Route{"POST", "/maintenance/{id}/end", end_by_form, false, true},
    Route{"GET", "/pipeline", pipeline},
    Route{"GET", "/assets/{name}", asset},
    Route{"GET", "/api/v1/openapi.json", openapi},
    Route{"GET", "/api/v1/incidents", incidents},
    Route{"GET", "/api/v1/incidents/{id}", document},
    Route{"POST", "/api/v1/incidents/{id}/acknowledge", say<NoteKind::acknowledge>},
    Route{"POST", "/api/v1/incidents/{id}/silence", say<NoteKind::silence>},
    Route{"POST", "/api/v1/incidents/{id}/feedback", say<NoteKind::feedback>},
    Route{"GET", "/api/v1/changes", all_changes},
    Route{"GET", "/api/v1/changes/{id}", one_change},
    Route{"GET", "/api/v1/events", events},
    Route{"GET", "/api/v1/maintenance", maintenance},
    Route{"POST", "/api/v1/maintenance", announce},
    Route{"DELETE", "/api/v1/maintenance/{id}", call_off},
    Route{"POST", "/api/v1/maintenance/{id}/end", end_window},
};

/// The `{…}` of the path, empty where it has none; nothing when the path is another one.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
    const std::size_t open = pattern.find('{');
    if (open == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
    const std::string_view before = pattern.substr(0, open), after = pattern.substr(pattern.find('}') + 1);
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
    const std::string_view value = path.substr(before.size(), path.size() - before.size() - after.size());
    if (value.find('/') != std::string_view::npos) return std::nullopt;
    return std::string(value);
}

WebAnswer unauthorized() {
    WebAnswer refused = json_error(
        401, "the header 'Authorization: Bearer TOKEN' is missing or wrong; the token is the configuration's http.token_file");
    refused.headers = {{"WWW-Authenticate", "Bearer realm=\"culprit\", Basic realm=\"culprit\", charset=\"UTF-8\""}};
    return refused;
}

/// Why a request that would change something is refused.
std::optional<WebAnswer> refusal(const WebRequest& request, bool form) {
    // A form can be sent by any page, unasked: the browser has to say that it is one of this server's.
    const bool told = !request.origin.empty() || request.fetch_site == "same-origin";
    if (form && !told) return json_error(403, "the browser does not say which page this form is of; use the API");
    if (!same_origin(request.origin, request.fetch_site, request.host))
        return json_error(403, "a page of another origin may not change anything here");
    if (!form && request.method == "POST" && !request.content_type.starts_with("application/json"))
        return json_error(415, "send the body as Content-Type: application/json");
    return std::nullopt;
}

WebAnswer find_answer(const WebRequest& request, const WebState& state) {
    const std::string_view path = path_of(request.target);
    const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
    const Route* found = nullptr;
    std::string parameter, allowed;
    for (const Route& route : kRoutes) {
        const auto value = match(route.path, path);
        if (!value) continue;
        allowed += (allowed.empty() ? "" : ", ") + std::string(route.method) + (route.method == "GET" ? ", HEAD" : "");
        if (route.method != method) continue;
        found = &route;
        parameter = *value;
    }
    if (!found || !found->open) {
        if (!authorized(request.authorization, state.settings.token)) return unauthorized();
        if (state.settings.token.empty() && state.loopback_only && !names_loopback(request.host))
            return json_error(421,
                              "this server listens on loopback without a token and answers to loopback's names only; set "
                              "http.token_file to reach it by another");
    }
    if (allowed.empty()) return json_error(404, "there is nothing at this address");
    if (!found) {
        WebAnswer refused = json_error(405, "this address takes " + allowed + " only");
        refused.headers = {{"Allow", allowed}};
        return refused;
    }
    if (method != "GET")
        if (auto refused = refusal(request, found->form)) return *std::move(refused);
    return found->answer({request, state, parameter});
}

}  // namespace

std::vector<RouteName> route_names() {
    std::vector<RouteName> names;
    for (const Route& route : kRoutes) names.push_back({route.method, route.path});
    return names;
}

WebAnswer answer(const WebRequest& request, const WebState& state) {
    WebAnswer found = find_answer(request, state);
    found.headers.insert(found.headers.end(),
                         {{"Content-Security-Policy",
                           "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
                           "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
                          {"X-Content-Type-Options", "nosniff"},
                          {"Referrer-Policy", "same-origin"},  // with no-referrer a form's Origin would be null
                          {"Cross-Origin-Opener-Policy", "same-origin"},
                          {"Cross-Origin-Resource-Policy", "same-origin"}});
    if (std::ranges::find(found.headers, "Cache-Control", &std::pair<std::string, std::string>::first) == found.headers.end())
        found.headers.emplace_back("Cache-Control", "no-store");
    return found;
}

std::string change_event(const IncidentStore& incidents, std::uint64_t since) {
    const std::uint64_t revision = incidents.revision();
    json data{{"revision", revision}};
    if (since < incidents.first_revision() || since > revision)
        data["all"] = true;
    else
        data["ids"] = incidents.changed_since(since);
    if (!data.contains("ids")) data["ids"] = json::array();
    return "id: " + std::to_string(revision) + "\nevent: incidents\ndata: " + dumped(data) + "\n\n";
}

}  // namespace culprit
