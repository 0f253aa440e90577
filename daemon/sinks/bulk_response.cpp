#include "daemon/sinks/bulk_response.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::size_t kReasonBytes = 500;

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    if (text.size() > kReasonBytes) {
        std::size_t cut = kReasonBytes;
        while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // not through a character
        text.resize(cut);
    }
    return text;
}

std::string string_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// `type: reason: the cause's reason`; where the cause holds the sentence that helps ("failed to parse" does not).
std::string describe_error(const json& error) {
    if (error.is_string()) return one_line(error.get<std::string>());
    if (!error.is_object()) return {};
    std::string text = string_at(error, "type");
    for (const json* level = &error; level;) {
        if (const std::string reason = string_at(*level, "reason"); !reason.empty()) text += (text.empty() ? "" : ": ") + reason;
        const auto cause = level->find("caused_by");
        level = cause != level->end() && cause->is_object() ? &*cause : nullptr;
    }
    return one_line(std::move(text));
}

/// "…: version conflict, current version [N] is higher or equal to the one provided [M]". The last such pair counts: the reason
/// begins with the document's id, which nobody promised to be free of brackets.
std::optional<std::int64_t> current_version(std::string_view reason) {
    constexpr std::string_view before = "current version [";
    const std::size_t at = reason.rfind(before);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view digits = reason.substr(at + before.size());
    std::int64_t version = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (failure != std::errc{} || end == digits.data() + digits.size() || *end != ']') return std::nullopt;
    return version;
}

ItemVerdict judge_conflict(const json& error, std::int64_t ours) {
    const std::optional<std::int64_t> theirs = current_version(string_at(error, "reason"));
    // Without the number the epoch is unknown, and neither "safe" nor "stop" may be guessed: a person sees it in the dead
    // letters.
    if (!theirs)
        return {Verdict::dead_letter, "a version conflict that does not say which version is there: " + describe_error(error)};
    if (epoch_of(*theirs) > epoch_of(ours))
        return {Verdict::stop, "the index holds version " + std::to_string(*theirs) + " of epoch " +
                                   std::to_string(epoch_of(*theirs)) + ", ours is epoch " + std::to_string(epoch_of(ours))};
    return {Verdict::unchanged, {}};
}

ItemVerdict judge_item(const json& item, std::int64_t version) {
    const int status = item.value("status", 0);
    if (status == 200 || status == 201) return {Verdict::written, {}};
    static const json none = json::object();
    const auto found = item.find("error");
    const json& error = found != item.end() ? *found : none;
    if (status == 409) return error.is_object() ? judge_conflict(error, version) : judge_conflict(none, version);

    std::string reason = std::to_string(status) + " " + describe_error(error);
    if (status == 429 || status == 408 || status >= 500 || status < 400) return {Verdict::retry, std::move(reason)};
    if (status == 401 || status == 403 || status == 404) return {Verdict::retry_slowly, std::move(reason)};
    // "this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum shards open": 400, and no fault of
    // the document.
    if (error.is_object() && string_at(error, "type") == "validation_exception")
        return {Verdict::retry_slowly, std::move(reason)};
    return {Verdict::dead_letter, std::move(reason)};
}

bool is_elasticsearch_error(std::string_view body) {
    const json answer = json::parse(body, nullptr, false);
    return answer.is_object() && answer.contains("error") && answer["error"].is_object();
}

BulkVerdict judge_items(std::string_view body, const std::vector<std::int64_t>& versions) {
    const json answer = json::parse(body, nullptr, false);
    const auto items = answer.is_object() ? answer.find("items") : answer.end();
    if (!answer.is_object() || items == answer.end() || !items->is_array())
        return {BulkOutcome::retry,
                "the answer to a bulk is not Elasticsearch's: " + one_line(std::string(body.substr(0, kReasonBytes))),
                {}};
    if (items->size() != versions.size())
        return {BulkOutcome::retry,
                "the answer to a bulk of " + std::to_string(versions.size()) + " documents speaks of " +
                    std::to_string(items->size()),
                {}};

    BulkVerdict verdict{BulkOutcome::items, {}, {}};
    for (std::size_t at = 0; at < items->size(); ++at) {
        const json& operation = (*items)[at];
        const bool understood = operation.is_object() && operation.size() == 1 && operation.begin()->is_object() &&
                                operation.begin()->contains("status") && (*operation.begin())["status"].is_number_integer();
        verdict.items.push_back(understood ? judge_item(*operation.begin(), versions[at])
                                           : ItemVerdict{Verdict::retry, "an item of the answer has no status"});
    }
    return verdict;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::written:
            return "written";
        case Verdict::unchanged:
            return "unchanged";
        case Verdict::retry:
            return "retry";
        case Verdict::retry_slowly:
            return "retry_slowly";
        case Verdict::dead_letter:
            return "dead_letter";
        case Verdict::stop:
            return "stop";
    }
    return "";
}

std::string error_reason(std::string_view body) {
    const json answer = json::parse(body, nullptr, false);
    if (answer.is_object() && answer.contains("error")) return describe_error(answer["error"]);
    return one_line(std::string(body.substr(0, kReasonBytes)));
}

BulkVerdict judge_bulk_response(int http_status, std::string_view body, const std::vector<std::int64_t>& versions) {
    if (http_status == 200) return judge_items(body, versions);
    std::string reason = std::to_string(http_status) + " " + error_reason(body);
    if (http_status == 413) return {BulkOutcome::split, std::move(reason), {}};
    // A 400 that is not in Elasticsearch's words is a proxy's, or plain HTTP sent to a TLS port: no document is to blame.
    if (http_status == 400 && is_elasticsearch_error(body)) return {BulkOutcome::split, std::move(reason), {}};
    if (http_status == 408 || http_status == 429 || http_status >= 500) return {BulkOutcome::retry, std::move(reason), {}};
    // 401, 403, 404, a redirect…: the address, the rights or a proxy are wrong, and no document is to blame.
    return {BulkOutcome::retry_slowly, std::move(reason), {}};
}

}  // namespace culprit
