#pragma once
// When a problem began: a change point against the group's own baseline. An error that has come at the same rate for long did not
// begin with today's deployment; one that trickled and then surged began with the surge.
#include <cstdint>
#include <vector>

#include "matchers/event_time.h"

namespace culprit {

struct Occurrences {
    EventTime time{};
    std::uint64_t count = 0;
};

struct Onset {
    EventTime time{};
    double rate_per_minute = 0;      // from the onset on
    double baseline_per_minute = 0;  // before it
};

/// The most likely single change of a Poisson rate upwards (likelihood ratio over all splits), when it is clear: at least three
/// times the rate, and a log-likelihood ratio of 6. Otherwise the first occurrence, with no baseline. `occurrences` in order of
/// time, not empty.
Onset find_onset(const std::vector<Occurrences>& occurrences);

}  // namespace culprit
