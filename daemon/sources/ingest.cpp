#include "daemon/sources/ingest.h"

#include <openssl/sha.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/config.h"
#include "daemon/sources/announced_changes.h"
#include "daemon/sources/webhook_signature.h"
#include "daemon/web/access.h"
#include "daemon/web/url_query.h"

namespace culprit {

namespace {

using nlohmann::json;

constexpr std::size_t kLongestKey = 255;

constexpr std::array kRoutes{
    IngestRoute{"/v1/records", "", false, false, ""},
    IngestRoute{"/v1/changes", "", true, false, ""},
    IngestRoute{"/v1/logs", "", false, true, ""},
    IngestRoute{"/v1/webhooks/sentry", "sentry", false, false, "Request-ID"},
    IngestRoute{"/v1/webhooks/github", "github", false, false, "X-GitHub-Delivery"},
    IngestRoute{"/v1/webhooks/argocd", "argocd", false, false, ""},
    IngestRoute{"/v1/webhooks/vercel", "vercel", false, false, ""},
};

/// What the sender's signatures are made with; empty where it is not asked to sign.
std::string secret_of(const IngestRoute& route, const HttpSourceSettings& settings) {
    const auto found = settings.webhook_secrets.find(std::string(route.sender));
    return found == settings.webhook_secrets.end() ? std::string() : found->second;
}

IngestAnswer unauthorized(const std::string& sentence) {
    IngestAnswer answer = refuse(401, sentence);
    answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"culprit\"");
    return answer;
}

std::string hashed_key(const IngestRoute& route, const std::string& key) {
    const std::string text = std::string(route.path) + '\n' + key;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return {reinterpret_cast<const char*>(digest.data()), 16};
}

/// What the sender calls the request by; empty when it does not.
std::string key_of(const IngestRequest& request, const IngestRoute& route, std::string_view body) {
    std::string key = request.header("Idempotency-Key");
    if (key.empty() && !route.key_header.empty()) key = request.header(route.key_header);
    if (key.empty() && route.sender == "vercel") {  // the event's own id
        const auto event = json::parse(body, nullptr, false);
        if (event.is_object() && event.contains("id") && event["id"].is_string()) key = event["id"].get<std::string>();
    }
    return key;
}

std::optional<std::string> take_labels(const IngestRequest& request, std::map<std::string, std::string>& labels) {
    for (const auto& [name, value] : query_of(request.target)) {
        if (!is_label(name)) return "'" + name + "' is not known in the query; there are " + std::string(kLabels);
        if (!value.empty()) labels[name] = value;
    }
    return std::nullopt;
}

Result<BodyRecords> records_in(const IngestRoute& route, std::string_view body, const std::string& content_type) {
    if (route.otlp) return otlp_records_of(body);
    if (route.changes) return announced_changes_of(body);
    return records_of(body, route.sender.empty() ? content_type : "application/json");
}

}  // namespace

std::span<const IngestRoute> ingest_routes() { return kRoutes; }

IngestAnswer refuse(int status, const std::string& sentence) {
    return {status, json{{"error", sentence}}.dump(-1, ' ', false, json::error_handler_t::replace), {}};
}

IngestAnswer put_off(int status, int seconds, const std::string& sentence) {
    IngestAnswer answer = refuse(status, sentence);
    answer.headers.emplace_back("Retry-After", std::to_string(seconds));
    return answer;
}

std::variant<IngestAnswer, const IngestRoute*> admit(const IngestRequest& request, const HttpSourceSettings& settings,
                                                     bool loopback_only) {
    const std::string_view path = path_of(request.target);
    const auto route = std::ranges::find(kRoutes, path, &IngestRoute::path);
    const std::string secret = route == kRoutes.end() ? std::string() : secret_of(*route, settings);
    // A sender that signs need not know the token; what it signed is looked at with the body.
    if (secret.empty() && !authorized(request.header("Authorization"), settings.token))
        return unauthorized(
            "the header 'Authorization: Bearer TOKEN' is missing or wrong; the token is the source's token_file, or give the "
            "webhook's sender a secret_file");
    const std::string host = request.header("Host");
    if (settings.token.empty() && secret.empty() && loopback_only && !names_loopback(host))
        return refuse(421,
                      "this source listens on loopback without a token and answers to loopback's names only; set token_file to "
                      "reach it by another");
    if (!same_origin(request.header("Origin"), request.header("Sec-Fetch-Site"), host))
        return refuse(403, "a page of another origin may not send records");
    if (route == kRoutes.end())
        return refuse(404,
                      "there is nothing at this address; records go to POST /v1/records, /v1/changes, /v1/logs and "
                      "/v1/webhooks/{sentry,github,argocd,vercel}");
    if (request.method != "POST") {
        IngestAnswer answer = refuse(405, "this address takes POST only");
        answer.headers.emplace_back("Allow", "POST");
        return answer;
    }
    const std::string type = request.header("Content-Type");
    if (route->otlp && !type.starts_with("application/json"))
        return refuse(415, "OTLP is taken as JSON: Content-Type: application/json");
    if (!route->sender.empty() && type.starts_with("application/x-www-form-urlencoded"))
        return refuse(415, "the webhook has to be sent as application/json");
    const std::string packing = request.header("Content-Encoding");
    if (!packing.empty() && packing != "gzip" && packing != "identity")
        return refuse(415, "Content-Encoding: gzip or identity is understood, not '" + packing + "'");
    return &*route;
}

std::variant<IngestAnswer, Delivery> deliver(const IngestRequest& request, const IngestRoute& route, std::string_view signed_body,
                                             std::string_view body, const HttpSourceSettings& settings) {
    if (const std::string secret = secret_of(route, settings); !secret.empty()) {
        const WebhookSignature& signature = *signature_of(route.sender);
        if (!signed_with(signature, request.header(signature.header), signed_body, secret))
            return unauthorized("the header " + std::string(signature.header) + " is missing or was not made with this secret");
    }
    Delivery delivery;
    delivery.route = &route;
    delivery.labels = settings.labels;
    if (const auto problem = take_labels(request, delivery.labels)) return refuse(400, *problem);
    auto records = records_in(route, body, request.header("Content-Type"));
    if (!records) return refuse(records.error().message.starts_with("more than") ? 413 : 400, records.error().message);
    delivery.records = std::move(records).value();
    const std::string key = key_of(request, route, body);
    if (key.size() > kLongestKey) return refuse(400, "Idempotency-Key: at most " + std::to_string(kLongestKey) + " characters");
    if (!key.empty()) {
        delivery.key = hashed_key(route, key);
        // With the labels: the same body for another service is another request.
        const std::string labels = to_text(query_of(request.target));
        delivery.body_hash = XXH3_64bits_withSeed(body.data(), body.size(), XXH3_64bits(labels.data(), labels.size()));
    }
    return delivery;
}

}  // namespace culprit
