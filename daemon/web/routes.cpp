#include "daemon/web/routes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/web/pages.h"

namespace culprit {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kText = "text/plain; charset=utf-8";

WebAnswer reply(int status, std::string_view content_type, std::string body) {
    return {status, std::string(content_type), std::move(body), {}};
}

WebAnswer json_error(int status, const std::string& sentence) {
    return reply(status, "application/json",
                 nlohmann::json{{"error", sentence}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

bool same(std::string_view given, std::string_view token) {
    // Its length may be told by time, its bytes may not.
    return given.size() == token.size() && CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || text.size() > 8'192) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) < 0)
        return std::nullopt;
    for (std::size_t padding = text.size(); padding > text.size() - 2 && text[padding - 1] == '='; --padding) bytes.pop_back();
    return bytes;
}

bool authorized(std::string_view authorization, std::string_view token) {
    if (token.empty()) return true;
    const std::size_t space = authorization.find(' ');
    if (space == std::string_view::npos) return false;
    std::string scheme(authorization.substr(0, space));
    for (char& c : scheme) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    const std::string_view credentials = authorization.substr(space + 1);
    if (scheme == "bearer") return same(credentials, token);
    if (scheme != "basic") return false;
    const auto user_and_password = decode_base64(credentials);
    const std::size_t colon = user_and_password ? user_and_password->find(':') : std::string::npos;
    return colon != std::string::npos && same(std::string_view(*user_and_password).substr(colon + 1), token);
}

bool names_loopback(std::string_view host) {
    const bool bracketed = host.starts_with('[');
    const std::size_t end = bracketed ? host.find(']') : host.find(':');
    const std::string_view name = host.substr(0, end == std::string_view::npos ? host.size() : end + (bracketed ? 1 : 0));
    return name.empty() || name == "localhost" || name == "[::1]" ||
           (name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

WebAnswer readiness(const WebState& state, bool in_full) {
    const Readiness now = state.readiness();
    return reply(now.ready ? 200 : 503, kText, in_full ? now.text : now.ready ? "ready\n" : "not ready\n");
}

WebAnswer metrics(const WebState& state) {
    state.telemetry.state_size("incident_store", state.incidents.size(), state.incidents.limit());
    return reply(200, "text/plain; version=0.0.4; charset=utf-8", state.telemetry.expose());
}

WebAnswer all_incidents(const WebState& state) {
    std::string body = "{\"incidents\":[";
    bool first = true;
    for (const auto& incident : state.incidents.list()) {
        if (!first) body += ',';
        first = false;
        body += incident->json;
    }
    return reply(200, "application/json", body + "]}");
}

WebAnswer page_of(const WebState& state, std::string_view id) {
    const auto incident = state.incidents.find(id);
    if (incident) return reply(200, kHtml, incident_page(*incident));
    return reply(404, kHtml,
                 message_page("No such incident", "It may be older than what is kept here; Elasticsearch may still have it."));
}

WebAnswer document_of(const WebState& state, std::string_view id) {
    const auto incident = state.incidents.find(id);
    return incident ? reply(200, "application/json", incident->json)
                    : json_error(404, "no incident has the id '" + std::string(id) + "'");
}

/// Nothing when no such address exists.
std::optional<WebAnswer> get(std::string_view path, const WebState& state) {
    constexpr std::string_view api = "/api/v1/incidents/", pages = "/incidents/";
    if (path == "/") return reply(200, kHtml, incidents_page(state.incidents.list()));
    if (path == "/style.css") return reply(200, "text/css; charset=utf-8", std::string(style_sheet()));
    if (path == "/metrics") return metrics(state);
    if (path == "/api/v1/incidents") return all_incidents(state);
    if (path.starts_with(api)) return document_of(state, path.substr(api.size()));
    if (path.starts_with(pages)) return page_of(state, path.substr(pages.size()));
    return std::nullopt;
}

WebAnswer unauthorized() {
    WebAnswer refused = json_error(
        401, "the header 'Authorization: Bearer TOKEN' is missing or wrong; the token is the configuration's http.token_file");
    refused.headers = {{"WWW-Authenticate", "Bearer realm=\"culprit\", Basic realm=\"culprit\", charset=\"UTF-8\""}};
    return refused;
}

WebAnswer find_answer(const WebRequest& request, const WebState& state) {
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    const bool reading = request.method == "GET" || request.method == "HEAD";
    const bool known_person = authorized(request.authorization, state.settings.token);
    if (path == "/healthz" && reading) return reply(200, kText, "ok\n");
    if (path == "/readyz" && reading) return readiness(state, known_person);
    if (!known_person) return unauthorized();
    if (state.settings.token.empty() && state.loopback_only && !names_loopback(request.host))
        return json_error(421,
                          "this server listens on loopback without a token and answers to loopback's names only; set "
                          "http.token_file to reach it by another");

    std::optional<WebAnswer> found;
    if (path == "/healthz" || path == "/readyz")
        found = WebAnswer{};  // there, and not to be written to
    else
        found = get(path, state);
    if (!found) return json_error(404, "there is nothing at this address");
    if (reading) return *std::move(found);
    WebAnswer refused = json_error(405, "this address can only be read");
    refused.headers = {{"Allow", "GET, HEAD"}};
    return refused;
}

}  // namespace

WebAnswer answer(const WebRequest& request, const WebState& state) {
    WebAnswer found = find_answer(request, state);
    found.headers.insert(found.headers.end(),
                         {{"Content-Security-Policy",
                           "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                          {"X-Content-Type-Options", "nosniff"},
                          {"Referrer-Policy", "no-referrer"},
                          {"Cache-Control", "no-store"}});
    return found;
}

}  // namespace culprit
