#include "correlator/forgetting.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "correlator/habit.h"

namespace culprit {

namespace {

using Problem = std::pair<std::string, std::string>;  // kind and name

Problem problem_of(const Fingerprint& fingerprint) { return {fingerprint.kind, fingerprint.name}; }

/// Its count and its time, and nothing else.
Tally rolled_up(const Tally& tally) {
    Tally hour;
    hour.key = tally.key;
    hour.key.second = std::chrono::floor<std::chrono::hours>(tally.first);
    hour.count = tally.count;
    hour.first = tally.first;
    hour.last = tally.last;
    return hour;
}

struct Kept {
    Hour seen{};
    std::size_t hours = 0;
};

/// Problems beyond the limit: those that were seen longest ago, and of equals the last by name.
std::set<Problem> beyond(const std::map<Problem, Kept>& all) {
    std::vector<std::pair<Hour, Problem>> latest_first;
    for (const auto& [problem, kept] : all) latest_first.emplace_back(kept.seen, problem);
    std::ranges::sort(latest_first,
                      [](const auto& a, const auto& b) { return std::tie(b.first, a.second) < std::tie(a.first, b.second); });
    std::set<Problem> gone;
    std::size_t hours = 0;
    for (const auto& [seen, problem] : latest_first) {
        hours += all.at(problem).hours;
        if (hours > kHours) gone.insert(problem);
    }
    return gone;
}

}  // namespace

bool let_go(FoldSnapshot& snapshot, EventTime before, Duration age) {
    std::map<Problem, EventTime> latest;
    for (const LogEntry& entry : snapshot.entries) {
        if (const auto* tally = std::get_if<Tally>(&entry); tally && !is_rolled_up(*tally)) {
            EventTime& its = latest[problem_of(tally->key.fingerprint)];
            its = std::max(its, tally->last);
        }
    }
    std::map<TallyKey, Tally> hours;
    const EventTime oldest = before - age - kHabitDays;  // of the habit of the oldest session that is kept
    bool gone = false;
    std::erase_if(snapshot.entries, [&](const LogEntry& entry) {
        if (const auto* signal = std::get_if<Signal>(&entry)) {
            gone |= signal->time < before;
            return signal->time < before;
        }
        const auto* tally = std::get_if<Tally>(&entry);
        if (!tally) return false;
        const bool over = latest[problem_of(tally->key.fingerprint)] < before;
        if (!is_rolled_up(*tally) && !over && tally->last >= before - age) return false;
        const Tally hour = rolled_up(*tally);
        gone |= !is_rolled_up(*tally) || hour.key.second < oldest;
        if (hour.key.second < oldest) return true;
        auto [it, inserted] = hours.try_emplace(hour.key, hour);
        if (!inserted) it->second.merge(hour);
        return true;
    });
    std::map<Problem, Kept> kept;
    for (const auto& [key, tally] : hours) {
        Kept& its = kept[problem_of(key.fingerprint)];
        its.seen = std::max(its.seen, std::chrono::floor<std::chrono::hours>(key.second));
        ++its.hours;
    }
    const std::set<Problem> too_many = beyond(kept);
    for (const auto& [key, tally] : hours)
        if (!too_many.contains(problem_of(key.fingerprint))) snapshot.entries.emplace_back(tally);
    return gone || !too_many.empty();
}

}  // namespace culprit
