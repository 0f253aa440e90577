#pragma once
// How errors came over the 24 hours before the last of them, as both runbooks ask: constant, spike, gradual or intermittent.
#include <string_view>
#include <vector>

#include "correlator/onset.h"

namespace culprit {

enum class Trend { spike, constant, gradual, intermittent };

std::string_view to_string(Trend trend);

/// `occurrences` in order of time, not empty: those of the session and of the sessions of the 24 hours before it.
Trend trend_of(const std::vector<Occurrences>& occurrences);

}  // namespace culprit
