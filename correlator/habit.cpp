#include "correlator/habit.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace culprit {

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;

constexpr unsigned kSure = 2;  // days before on which it came, from which on it is no chance
constexpr hours kMargin{1};    // on either side
constexpr hours kLongest{23};  // of a session: more than a day is no time of day

std::uint64_t count_at(const HourlyCounts& counts, Hour hour) {
    const auto found = counts.find(hour);
    return found == counts.end() ? 0 : found->second;
}

/// The worst two hours that follow each other: a batch that runs over the full hour is not cut in two.
std::uint64_t worst(const HourlyCounts& counts, Hour from, Hour until) {
    std::uint64_t most = 0;
    for (auto it = counts.lower_bound(from); it != counts.end() && it->first < until; ++it) {
        const Hour next = it->first + hours{1};
        most = std::max(most, it->second + (next < until ? count_at(counts, next) : 0));
    }
    return most;
}

}  // namespace

double Habit::likeness() const {
    if (days == 0 || days * 2 < of_days) return 0;
    const double certain = std::min(1.0, static_cast<double>(days) / kSure);
    // Up to half as much again is a day like others; four times as much is new.
    const double grown = now / std::max(1.0, usual);
    return certain * std::clamp((4.0 - grown) / 2.5, 0.0, 1.0);
}

Habit habit_of(const HourlyCounts& counts, EventTime first, EventTime last, EventTime since, EventTime until) {
    const Hour from = std::chrono::floor<hours>(first);
    const Hour to = std::min(std::chrono::floor<hours>(last), from + kLongest) + hours{1};
    const double now = static_cast<double>(worst(counts, from, to));
    struct Looked {
        unsigned days = 0;
        std::vector<std::uint64_t> came;
    } daily, weekly;
    for (days back{1}; back <= kHabitDays; ++back) {
        const Hour begin = from - back - kMargin, end = std::min(to - back + kMargin, from);
        const std::uint64_t its = worst(counts, begin, end);
        // Where logs begin within that time, nothing seen says nothing; what was seen was there.
        if ((begin < since && its == 0) || to - back + kMargin > until) continue;
        for (Looked* looked : {&daily, back % days{7} == days{0} ? &weekly : nullptr}) {
            if (!looked) continue;
            ++looked->days;
            if (its > 0) looked->came.push_back(its);
        }
    }
    const auto habit = [&](Looked& looked, bool is_weekly) {
        std::ranges::sort(looked.came);
        const double usual = looked.came.empty() ? 0 : static_cast<double>(looked.came[looked.came.size() / 2]);
        return Habit{static_cast<unsigned>(looked.came.size()), looked.days, is_weekly, usual, now};
    };
    const Habit of_days = habit(daily, false), of_weeks = habit(weekly, true);
    return of_weeks.likeness() > of_days.likeness() ? of_weeks : of_days;
}

bool is_same_time_of_day(EventTime earlier, EventTime time) {
    if (earlier >= time || time - earlier > kHabitDays + kMargin) return false;
    const Duration rest = (time - earlier) % Duration{days{1}};
    return time - earlier >= Duration{days{1}} - kMargin && (rest <= kMargin || rest >= Duration{days{1}} - kMargin);
}

}  // namespace culprit
