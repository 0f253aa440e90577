#include "correlator/onset.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace culprit {

namespace {

constexpr double kClear = 6.0;
constexpr double kRise = 3.0;
constexpr std::uint64_t kEnough = 8;

double minutes(Duration duration) { return std::chrono::duration<double, std::ratio<60>>(duration).count(); }

double log_likelihood(double count, double length) { return count > 0 ? count * std::log(count / length) : 0.0; }

}  // namespace

Onset find_onset(const std::vector<Occurrences>& occurrences) {
    const EventTime first = occurrences.front().time, last = occurrences.back().time;
    double total = 0;
    for (const Occurrences& occurrence : occurrences) total += static_cast<double>(occurrence.count);
    const double length = std::max(1.0 / 60, minutes(last - first));
    Onset onset{first, total / std::max(1.0, length), 0};
    if (total < kEnough) return onset;

    double best = kClear, before = 0;
    const double whole = log_likelihood(total, length);
    for (std::size_t i = 1; i < occurrences.size(); ++i) {
        before += static_cast<double>(occurrences[i - 1].count);
        const double head = minutes(occurrences[i].time - first);
        const double tail = std::max(1.0 / 60, minutes(last - occurrences[i].time));
        const double after = total - before;
        if (head <= 0 || after / tail < kRise * before / head) continue;
        const double ratio = log_likelihood(before, head) + log_likelihood(after, tail) - whole;
        if (ratio > best) {
            best = ratio;
            onset = {occurrences[i].time, after / std::max(1.0, tail), before / head};
        }
    }
    return onset;
}

}  // namespace culprit
