#pragma once
// An incident's errors over its time, in few enough bars to be drawn.
#include <chrono>
#include <cstdint>
#include <vector>

#include "correlator/onset.h"

namespace culprit {

struct Histogram {
    static constexpr std::size_t kBars = 60;
    EventTime from{};  // a multiple of the step
    std::chrono::seconds step{1};
    std::vector<std::uint64_t> counts;  // the first and the last are not 0
};

/// The finest step that people read off a clock (1 s, 5 s, … 1 min, … 1 d, then whole days) with at most kBars bars.
/// `occurrences` in order of time, not empty.
Histogram histogram_of(const std::vector<Occurrences>& occurrences);

}  // namespace culprit
