#pragma once
// The records in a request's body: one a line, JSON objects one after the other, the elements of a JSON array, OTLP's log
// records. Pure.
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/result.h"

namespace culprit {

/// `views` point into the body, which outlives them, or into `made`.
struct BodyRecords {
    std::vector<std::string_view> views;
    std::deque<std::string> made;
};

/// More are refused.
inline constexpr std::size_t kMostRecords = 100'000;

/// What the body is goes by its content type: `application/json` is an array, or objects one after the other; `text/…` and
/// `…ndjson` are lines. Of another, or of none, what begins and ends as an array of objects or texts is one, the rest is lines.
/// Blank lines are no records. The Error is for the sender.
Result<BodyRecords> records_of(std::string_view body, std::string_view content_type);

/// `{"resourceLogs": […]}`: an object a log record, with its resource's attributes.
Result<BodyRecords> otlp_records_of(std::string_view body);

/// The top-level values of a JSON text, as they stand there; of an array its elements. Strings and brackets are followed, nothing
/// is checked beyond that: what is no JSON is for the decoder to say. Nothing when a value does not end.
std::optional<std::vector<std::string_view>> split_json(std::string_view text);

}  // namespace culprit
