#pragma once
// How errors came over the 24 hours before the last of them, as both runbooks ask: constant, spike, gradual or intermittent.
#include <string_view>
#include <vector>

#include "correlator/onset.h"

namespace culprit {

enum class Trend { spike, constant, gradual, intermittent };

std::string_view to_string(Trend trend);

/// `occurrences` in order of time, not empty: those of the session and of the sessions before it; what lies more than 24 hours before
/// the last is left out. From `since` on logs were read: what went on for an hour behind half a day of quiet is a spike, and what
/// logs begin with is not.
///
///   spike         one burst, or all of it in less than a quarter of the time looked at
///   gradual       the last third of its time has three times the errors of the first
///   constant      at most times of its course
///   intermittent  too few to tell, or with long pauses
Trend trend_of(const std::vector<Occurrences>& occurrences, EventTime since);

}  // namespace culprit
