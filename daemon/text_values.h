#pragma once
// Durations and times as people write them, in the configuration and on the command line. Pure.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

/// `250ms`, `30s`, `2m`, `1h`, `7d`; nothing when it has another shape or does not fit.
std::optional<Duration> parse_duration(std::string_view text);

/// RFC 3339 with or without seconds and their fraction: `2026-02-01T02:00Z`, `2026-02-01T02:00:10.5+01:00`. The zone is required.
std::optional<EventTime> parse_time(std::string_view text);

/// The same, or an age before now: `2h`.
std::optional<EventTime> parse_time_or_age(std::string_view text);

}  // namespace culprit
