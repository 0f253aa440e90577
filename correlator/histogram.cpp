#include "correlator/histogram.h"

#include <array>

namespace culprit {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::seconds, 18> kSteps{1s,    2s,    5s,    10s, 15s, 30s, 1min, 2min, 5min,
                                                      10min, 15min, 30min, 1h,  2h,  3h,  6h,   12h,  24h};

}  // namespace

Histogram histogram_of(const std::vector<Occurrences>& occurrences) {
    Histogram histogram;
    const auto first = std::chrono::floor<std::chrono::seconds>(occurrences.front().time).time_since_epoch();
    const auto last = std::chrono::floor<std::chrono::seconds>(occurrences.back().time).time_since_epoch();
    const auto bars = [&](std::chrono::seconds step) { return static_cast<std::size_t>(last / step - first / step) + 1; };
    std::size_t at = 0;
    while (at + 1 < kSteps.size() && bars(kSteps[at]) > Histogram::kBars) ++at;
    histogram.step = kSteps[at];
    while (bars(histogram.step) > Histogram::kBars) histogram.step *= 2;
    histogram.from = EventTime{first / histogram.step * histogram.step};
    histogram.counts.resize(bars(histogram.step));
    for (const Occurrences& occurrence : occurrences)
        histogram.counts.at(static_cast<std::size_t>((occurrence.time - histogram.from) / histogram.step)) += occurrence.count;
    return histogram;
}

}  // namespace culprit
