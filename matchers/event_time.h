#pragma once
// When something happened, by the log's own account. Never the wall clock: matchers and correlator have none.
#include <chrono>
#include <cstdint>

namespace culprit {

/// UTC, to the microsecond. PostgreSQL logs milliseconds, most JSON loggers milli- to nanoseconds (cut, not rounded).
using EventTime = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

constexpr std::int64_t to_micros(EventTime time) { return time.time_since_epoch().count(); }
constexpr EventTime from_micros(std::int64_t micros) { return EventTime{Duration{micros}}; }

}  // namespace culprit
