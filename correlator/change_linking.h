#pragma once
// Which lines are one change: by what they name, by the server session that they come from, by the tool's run that they lie in.
// Takes about linear time. Pure.
#include <vector>

#include "correlator/change_index.h"

namespace culprit {

/// `lines`: changes and remedies in order of time. Ids and all but `release_id` are set; in no particular order.
std::vector<ChangeEvent> linked(const std::vector<const Signal*>& lines);

}  // namespace culprit
