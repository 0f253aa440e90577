#pragma once
// Timestamps as loggers and PostgreSQL print them. Pure, but for the time zone database that IANA names are looked up in.
//
// Understood: ISO 8601 / RFC 3339 (`T` or a space; `,` or `.` before the fraction; `Z`, ±hh[[:]mm], an abbreviation such as
// PostgreSQL's %m prints, or an IANA name), `2026/11/20 12:26:34`, `20/Nov/2026:11:25:45 +0000`, `Nov 20, 2026 11:38:45 AM`,
// RFC 3164's `Nov 20 11:20:51`, `12:26:33.238`, and seconds, milli-, micro- or nanoseconds since 1970 as a number.
//
// A local time without a zone is UTC: the default of containers and of PostgreSQL's own images.
// What a text leaves open (the year, the day, which of two zones `CST` or `IST` means) is chosen to lie nearest to `near`, the
// time of the record's envelope; without `near` a time that lacks its year or day is not a timestamp, and an abbreviation has its
// most widely used meaning.
#include <optional>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

/// A timestamp at the beginning of a text, and how many bytes it takes, zone included.
struct LeadingTimestamp {
    EventTime time{};
    std::size_t length = 0;
    bool dated = true;  // false: a time of day, its day taken from `near`
};

std::optional<LeadingTimestamp> leading_timestamp(std::string_view text, std::optional<EventTime> near = {});

/// The whole text is one timestamp, or a number that `epoch_time` accepts.
std::optional<EventTime> parse_timestamp(std::string_view text, std::optional<EventTime> near = {});

/// The unit follows from the magnitude. Nothing outside of the years 2000 to 2100: such numbers are durations or counters.
std::optional<EventTime> epoch_time(std::int64_t value);
std::optional<EventTime> epoch_time(double value);

}  // namespace culprit
