#include "correlator/trend.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace culprit {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBins = 12;
constexpr Duration kSpike = 15min;        // all of it within this: it came as one burst
constexpr std::uint64_t kFew = 3;         // too few to speak of a course
constexpr std::size_t kConstantBins = 9;  // of twelve equal bins, this many with errors in them
constexpr double kGrowth = 3.0;           // the last third against the first
constexpr int kSudden = 3;                // so many times as long it was quiet before
constexpr Duration kDay = 24h;

}  // namespace

std::string_view to_string(Trend trend) {
    switch (trend) {
        case Trend::spike:
            return "spike";
        case Trend::constant:
            return "constant";
        case Trend::gradual:
            return "gradual";
        case Trend::intermittent:
            return "intermittent";
    }
    return "intermittent";
}

Trend trend_of(const std::vector<Occurrences>& occurrences, EventTime since) {
    const EventTime last = occurrences.back().time;
    EventTime first = last;
    std::uint64_t total = 0;
    for (const Occurrences& occurrence : occurrences) {
        if (last - occurrence.time > kDay) continue;
        first = std::min(first, occurrence.time);
        total += occurrence.count;
    }
    if (total < kFew) return Trend::intermittent;
    const Duration length = last - first;
    if (length <= kSpike) return Trend::spike;

    std::array<std::uint64_t, kBins> bins{};
    for (const Occurrences& occurrence : occurrences) {
        if (occurrence.time < first) continue;
        const auto bin = static_cast<std::size_t>((occurrence.time - first) * kBins / (length + Duration{1}));
        bins[std::min(bin, kBins - 1)] += occurrence.count;
    }
    const auto filled = static_cast<std::size_t>(std::ranges::count_if(bins, [](std::uint64_t n) { return n > 0; }));
    const auto sum = [&](std::size_t from, std::size_t to) {
        std::uint64_t n = 0;
        for (std::size_t i = from; i < to; ++i) n += bins[i];
        return static_cast<double>(n);
    };
    const bool sparse = filled * 2 < kBins, few = filled < kConstantBins && total < 2 * kBins;
    if (sparse && few) return Trend::intermittent;
    if (sparse) return *std::ranges::max_element(bins) * 2 > total ? Trend::spike : Trend::intermittent;
    if (!few && sum(8, 12) >= kGrowth * std::max(1.0, sum(0, 4))) return Trend::gradual;
    if (first - std::max(since, last - kDay) >= kSudden * length) return Trend::spike;
    return Trend::constant;
}

}  // namespace culprit
