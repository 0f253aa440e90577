#pragma once
// What a fold lets go of, and what it keeps of that: bounded memory, by age in event time.
#include "correlator/snapshot.h"
#include "matchers/event_time.h"

namespace culprit {

/// So many hours of problems are kept at most: all of those that were seen last.
inline constexpr std::size_t kHours = 50'000;

/// Lets go of what happened before `before`: of changes, and of problems that have been quiet since; of a problem that goes on,
/// what is older by `age`. Tallies leave their count by hour behind, until no incident that is kept asks for it any more. Returns
/// false when nothing was to be let go of.
bool let_go(FoldSnapshot& snapshot, EventTime before, Duration age);

}  // namespace culprit
