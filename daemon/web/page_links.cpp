#include "daemon/web/page_links.h"

#include <algorithm>

#include "daemon/text_values.h"
#include "daemon/web/url_query.h"
#include "daemon/words/json_fields.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::chrono::minutes kBefore{15}, kAfter{5};

bool is_name(std::string_view name) {
    const std::string all = ", " + std::string(kLinkNames) + ",";
    return !name.empty() && all.find(", " + std::string(name) + ",") != std::string::npos;
}

std::string time_of(const json& own, std::string_view name) {
    const bool from = name.starts_with("from");
    const auto time = parse_time(raw_text_of(own, from ? "onset" : "last_seen"));
    if (!time) return {};
    const EventTime bound = from ? *time - kBefore : *time + kAfter;
    if (!name.ends_with("_ms")) return to_rfc3339(bound);
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(bound.time_since_epoch()).count());
}

std::string incident_value(const json& document, std::string_view name) {
    const json &own = field(document, "culprit"), &symptom = field(own, "symptom"), &impact = field(own, "impact");
    if (name == "id") return raw_text_of(own, name);
    if (name == "environment") return raw_text_of(field(document, "service"), name);
    if (name == "service" || name == "release") {
        const json& all = elements_of(impact, name == "service" ? "services" : "releases");
        return all.empty() ? std::string() : raw_text_of(name == "service" ? all.front() : all.back());
    }
    return name.starts_with("from") || name.starts_with("to") ? time_of(own, name) : raw_text_of(symptom, name);
}

/// Calls `text` with what stands outside of braces and `name` with what stands within; false where a brace has no other one.
template <class Text, class Name>
bool take_apart(std::string_view address, const Text& text, const Name& name) {
    while (true) {
        const std::size_t open = std::min(address.find('{'), address.size());
        text(address.substr(0, open));
        if (open == address.size()) return true;
        const std::size_t close = address.find('}', open);
        if (close == std::string_view::npos) return false;
        name(address.substr(open + 1, close - open - 1));
        address.remove_prefix(close + 1);
    }
}

}  // namespace

std::optional<std::string> link_problem(std::string_view address) {
    if (!address.starts_with("http://") && !address.starts_with("https://")) return "expected http:// or https://";
    std::string unknown;
    const bool whole = take_apart(
        address, [](std::string_view) {},
        [&](std::string_view name) {
            if (unknown.empty() && !is_name(name)) unknown = "{" + std::string(name) + "}";
        });
    if (!whole) return "a { has no }";
    if (unknown.empty()) return std::nullopt;
    return unknown + " is not known; expected one of " + std::string(kLinkNames);
}

std::optional<std::string> link_to(const std::string& address, const json& document) {
    std::string link;
    bool complete = true;
    take_apart(
        address, [&](std::string_view text) { link += text; },
        [&](std::string_view name) {
            const std::string value = incident_value(document, name);
            complete = complete && !value.empty();
            link += percent_encoded(value);
        });
    return complete ? std::optional(link) : std::nullopt;
}

}  // namespace culprit
