#include "daemon/sources/dead_letter_record.h"

#include <nlohmann/json.hpp>

#include "daemon/base64.h"

namespace culprit {

namespace {

/// Repaired, the record was counted. So was a line of text with a NUL byte; JSON with one was not.
bool was_used(std::string_view reason, std::string_view bytes) {
    const bool is_json = bytes.find_first_not_of(" \t") != bytes.npos && bytes[bytes.find_first_not_of(" \t")] == '{';
    return reason == "invalid_utf8_repaired" || (reason == "nul_byte" && !is_json);
}

}  // namespace

std::optional<RevivedRecord> revive(std::string_view letter) {
    const auto json = nlohmann::json::parse(letter, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto raw = json.find("raw"), reason = json.find("reason"), timestamp = json.find("timestamp");
    if (raw == json.end() || !raw->is_string() || reason == json.end() || !reason->is_string()) return std::nullopt;
    auto bytes = from_base64(raw->get_ref<const std::string&>());
    if (!bytes || was_used(reason->get_ref<const std::string&>(), *bytes)) return std::nullopt;
    RevivedRecord record{std::move(*bytes), {}};
    if (timestamp != json.end() && timestamp->is_number_integer())
        record.arrival = EventTime{std::chrono::milliseconds{timestamp->get<std::int64_t>()}};
    return record;
}

}  // namespace culprit
