#include "daemon/sources/record_bodies.h"

#include <nlohmann/json.hpp>

#include "matchers/decoding/batch_record.h"

namespace culprit {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// Where the value that begins at `at` ends; npos when it does not.
std::size_t end_of_value(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = at; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
                if (depth == 0) return i + 1;
            }
            continue;
        }
        if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return i;  // of what the value lies in
            if (--depth == 0) return i + 1;
        } else if (depth == 0 && (c == ',' || kBlank.find(c) != std::string_view::npos)) {
            return i;  // behind a number or a word
        }
    }
    return depth == 0 && !in_string ? text.size() : std::string_view::npos;
}

/// The values in `text`, between commas where `listed`. Nothing when one does not end, or is empty.
std::optional<std::vector<std::string_view>> values_in(std::string_view text, bool listed) {
    std::vector<std::string_view> values;
    std::size_t at = text.find_first_not_of(kBlank);
    while (at != std::string_view::npos) {
        const std::size_t end = end_of_value(text, at);
        if (end == std::string_view::npos || end == at) return std::nullopt;
        values.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(kBlank, end);
        if (!listed || at == std::string_view::npos) continue;
        if (text[at] != ',') return std::nullopt;
        at = text.find_first_not_of(kBlank, at + 1);
        if (at == std::string_view::npos) return std::nullopt;  // a comma at the end
    }
    return values;
}

bool is_array(std::string_view text) { return text.starts_with('[') && end_of_value(text, 0) == text.size(); }

bool looks_like_array(std::string_view text) {
    if (!text.starts_with('[') || !text.ends_with(']')) return false;
    const std::string_view first = trimmed(text.substr(1));
    return (first.starts_with('{') || first.starts_with('"') || first.starts_with(']')) && is_array(text);
}

void take_lines(std::string_view body, BodyRecords& records) {
    while (!body.empty() && records.views.size() <= kMostRecords) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        const std::string_view line = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (!trimmed(line).empty()) records.views.push_back(line);
    }
}

/// A text in a list of records is the line that it holds.
void take_value(std::string_view value, BodyRecords& records) {
    if (value.starts_with('"')) {
        auto text = nlohmann::json::parse(value, nullptr, false);
        if (text.is_string()) {
            records.views.push_back(records.made.emplace_back(text.get_ref<const std::string&>()));
            return;
        }
    }
    records.views.push_back(value);
}

Result<BodyRecords> few_enough(BodyRecords records) {
    if (records.views.size() > kMostRecords)
        return Error{"more than " + std::to_string(kMostRecords) + " records; send them in several requests"};
    return records;
}

}  // namespace

std::optional<std::vector<std::string_view>> split_json(std::string_view text) {
    text = trimmed(text);
    if (is_array(text)) return values_in(text.substr(1, text.size() - 2), true);
    return values_in(text, false);
}

Result<BodyRecords> records_of(std::string_view body, std::string_view content_type) {
    BodyRecords records;
    const std::string_view text = trimmed(body);
    if (text.empty()) return records;
    const bool json = content_type.starts_with("application/json");
    const bool lines = content_type.starts_with("text/") || content_type.find("ndjson") != std::string_view::npos ||
                       content_type.find("jsonl") != std::string_view::npos;
    if (json || (!lines && looks_like_array(text))) {
        const auto values = split_json(text);
        if (values) {
            for (const std::string_view value : *values) take_value(value, records);
            return few_enough(std::move(records));
        }
        if (text.starts_with('[')) return Error{"the JSON array is not whole: it does not end, or lacks a comma"};
    }
    take_lines(body, records);  // broken objects among them: each is refused on its own
    return few_enough(std::move(records));
}

Result<BodyRecords> otlp_records_of(std::string_view body) {
    const auto whole = nlohmann::json::parse(body, nullptr, false);
    if (!whole.is_object() || !whole.contains("resourceLogs") || !whole["resourceLogs"].is_array())
        return Error{"expected OTLP's logs as JSON: {\"resourceLogs\": […]}"};
    BodyRecords records;
    for (std::string& record : BatchSplitter().split(body)) records.views.push_back(records.made.emplace_back(std::move(record)));
    return few_enough(std::move(records));
}

}  // namespace culprit
