#pragma once
// How the pages write times, spans, shares and counts.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

/// `2026-02-03T04:05:06.123456Z` → the time; nothing when it is none.
std::optional<EventTime> time_of(std::string_view rfc3339);
/// → `2026-02-03 04:05:06 UTC`; what is no time stays as it is.
std::string readable_time(std::string_view rfc3339);
/// → `04:05:06`.
std::string clock_of(EventTime time);
/// 45 → `45 s`, 300 → `5 min`, 10800 → `3 h`, 200000 → `2 d`.
std::string span_of(double seconds);
/// -300 → `5 min before the first error`.
std::string distance_of(double offset_seconds);
/// 0.934 → `93 %`.
std::string percent_of(double share);
/// 4711 → `4,711`.
std::string grouped(std::int64_t number);
/// (1, "error") → `1 error`, (2, "error") → `2 errors`.
std::string counted(std::int64_t number, std::string_view what);
/// `unique_violation` → `unique violation`.
std::string spaced(std::string_view name);
/// Characters that turn the direction of the text around them (U+202A…, U+2066…) as `\\u202E`: a log line must not rearrange what
/// the page says of it.
std::string visible(std::string text);
/// `&`, `<`, `>` and both quotes as entities.
std::string escaped(std::string_view text);

}  // namespace culprit
