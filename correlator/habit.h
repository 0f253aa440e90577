#pragma once
// What a problem does every day, or every week: a nightly batch's errors, Monday's peak. What came at this hour on the days
// before any change, and as much of it, is nothing that the change did.
//
// Pure: functions of counts by hour. Hours are those of UTC, with one more on either side: a job that is late, and a day on which
// clocks are put forward, still are the same habit.
#include <chrono>
#include <cstdint>
#include <map>

#include "matchers/event_time.h"
#include "matchers/tally.h"

namespace culprit {

using Hour = std::chrono::sys_time<std::chrono::hours>;
using HourlyCounts = std::map<Hour, std::uint64_t>;

/// Is it what is left of tallies that were let go of (forgetting.h): how many there were in the hour that begins with its second?
/// Those of symptoms always have a sample.
inline bool is_rolled_up(const Tally& tally) { return tally.samples.empty(); }

/// How far back a habit is looked for.
inline constexpr std::chrono::days kHabitDays{15};

struct Habit {
    unsigned days = 0;     // on so many of the days before it came at this time
    unsigned of_days = 0;  // of so many that were looked at: every day, or with `weekly` the same day of the week
    bool weekly = false;
    double usual = 0;  // errors in the worst two hours of such a day: the median of those on which it came
    double now = 0;    // the same of this time

    /// 0: new, or much more than ever; 1: as on many days before.
    double likeness() const;
};

/// `counts`: all errors of the problem by hour, those of [first, last] included. Only days are looked at whose time lies
/// before `until` and, unless it came then, wholly behind `since`, from which on logs were read.
Habit habit_of(const HourlyCounts& counts, EventTime first, EventTime last, EventTime since, EventTime until);

/// Did the other come at the same time of an earlier day, an hour sooner or later?
bool is_same_time_of_day(EventTime earlier, EventTime time);

}  // namespace culprit
