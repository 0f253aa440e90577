#pragma once
// Requests that bring records: who may send them, and which records they are. No I/O: a request in, records or a refusal out.
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/sources/record_bodies.h"
#include "daemon/sources/settings.h"

namespace culprit {

/// A request without its body.
struct IngestRequest {
    std::string method, target;
    std::function<std::string(std::string_view)> header;  // by name, whatever its capitals; empty where there is none
};

struct IngestAnswer {
    int status = 200;
    std::string body;  // JSON
    std::vector<std::pair<std::string, std::string>> headers;
};

/// An address as the API names it.
struct IngestRoute {
    std::string_view path;
    std::string_view sender;      // of a webhook
    bool changes = false;         // each record has to say a change
    bool otlp = false;            // OTLP's logs
    std::string_view key_header;  // by which a sender names its request, beside Idempotency-Key
};
std::span<const IngestRoute> ingest_routes();

struct Delivery {
    BodyRecords records;
    std::map<std::string, std::string> labels;  // the source's, and over them those of the query
    std::string key;                            // 16 bytes; empty: the sender names no key
    std::uint64_t body_hash = 0;
    const IngestRoute* route = nullptr;
};

/// Before the body is read: an answer that refuses it, or the route. `loopback_only`: where without a token only loopback's names
/// are answered to, else any web page could reach it by DNS rebinding.
std::variant<IngestAnswer, const IngestRoute*> admit(const IngestRequest& request, const HttpSourceSettings& settings,
                                                     bool loopback_only);

/// `signed_body`: as it came; `body`: decompressed, outlives the delivery.
std::variant<IngestAnswer, Delivery> deliver(const IngestRequest& request, const IngestRoute& route, std::string_view signed_body,
                                             std::string_view body, const HttpSourceSettings& settings);

/// `{"error": sentence}`
IngestAnswer refuse(int status, const std::string& sentence);
/// The same, and when to try again.
IngestAnswer put_off(int status, int seconds, const std::string& sentence);

}  // namespace culprit
