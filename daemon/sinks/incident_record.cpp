#include "daemon/sinks/incident_record.h"

#include <charconv>

namespace culprit {

namespace {

std::optional<std::int64_t> number_in(const std::map<std::string, std::string>& headers, const char* name) {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    std::int64_t number = 0;
    const char* end = found->second.data() + found->second.size();
    const auto [stopped, error] = std::from_chars(found->second.data(), end, number);
    return error == std::errc{} && stopped == end ? std::optional(number) : std::nullopt;
}

}  // namespace

KafkaRecord to_record(const IncidentDocument& document) {
    return {document.id,
            document.json,
            {{"kind", document.kind == DocumentKind::change ? "change" : "incident"},
             {"version", std::to_string(document.version)},
             {"bucket", std::to_string(to_micros(document.bucket))},
             {"status", document.status},
             {"severity", document.severity}}};
}

std::optional<IncidentDocument> to_document(std::string_view key, std::string_view value,
                                            const std::map<std::string, std::string>& headers) {
    const auto version = number_in(headers, "version");
    const auto bucket = number_in(headers, "bucket");
    const auto kind = headers.find("kind");
    const auto status = headers.find("status");
    const auto severity = headers.find("severity");
    if (key.empty() || value.empty() || !version || !bucket || kind == headers.end() || status == headers.end() ||
        severity == headers.end() || (kind->second != "incident" && kind->second != "change"))
        return std::nullopt;
    return IncidentDocument{std::string(key),
                            *version,
                            from_micros(*bucket),
                            status->second,
                            severity->second,
                            std::string(value),
                            kind->second == "change" ? DocumentKind::change : DocumentKind::incident};
}

KafkaRecord to_record(const OperatorNote& note) {
    return {"note/" + note.id, encode(note), {{"kind", "note"}, {"version", std::to_string(to_micros(note.time))}}};
}

std::optional<OperatorNote> to_note(std::string_view value, const std::map<std::string, std::string>& headers) {
    const auto kind = headers.find("kind");
    if (kind == headers.end() || kind->second != "note") return std::nullopt;
    const auto entry = decode_log_entry(value);
    if (!entry || !std::holds_alternative<OperatorNote>(entry.value())) return std::nullopt;
    return std::get<OperatorNote>(entry.value());
}

}  // namespace culprit
