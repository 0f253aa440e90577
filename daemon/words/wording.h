#pragma once
// How times, spans, shares and counts are written for people: on the pages, in messages and in alerts. Pure.
#include <cstdint>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

/// `2026-02-03T04:05:06.123456Z` → `2026-02-03 04:05:06 UTC`; what is no time stays as it is.
std::string readable_time(std::string_view rfc3339);
/// → `04:05:06`.
std::string clock_of(EventTime time);
/// 45 → `45 s`, 300 → `5 min`, 10800 → `3 h`, 200000 → `2 d`.
std::string span_of(double seconds);
/// The same to the next unit: `45 s`, `12 min`, `1 h 12 min`, `3 d 4 h`.
std::string spoken(Duration span);
/// On which side of the first error it lies: `before the first error`, `after the first error`.
std::string from_onset(double offset_seconds);
/// -300 → `5 min before the first error`, -0.2 → `just before the first error`, 0 → `at the moment of the first error`.
std::string distance_of(double offset_seconds);
/// 0.934 → `93 %`.
std::string percent_of(double share);
/// 4711 → `4,711`.
std::string grouped(std::int64_t number);
/// (1, "error") → `1 error`, (2, "error") → `2 errors`.
std::string counted(std::int64_t number, std::string_view what);
/// `unique_violation` → `unique violation`.
std::string spaced(std::string_view name);
/// Whether the bytes begin with a character that turns the direction of the text around it: U+200E, U+200F, U+202A … U+202E,
/// U+2066 … U+2069.
bool is_direction_mark(std::string_view bytes);
/// Those characters as `\\u202E`: a log line must not rearrange what the page says of it.
std::string visible(std::string text);
/// `&`, `<`, `>` and both quotes as entities.
std::string escaped(std::string_view text);

}  // namespace culprit
