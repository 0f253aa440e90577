#pragma once
// One request's records, matched as a whole. Pure.
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/sources/source.h"
#include "matchers/record.h"

namespace culprit {

/// By a matcher of its own: what the records say depends on no other request, so a repetition says the same. Records are numbered
/// from `first`; `now` dates those that nothing else does, and holds back clocks that run ahead.
CommitRequest match_request(const Recognition& recognition, SourceProfile profile, const std::vector<std::string_view>& records,
                            Offset first, EventTime now);

/// Which of the records, counted from 0, says no change and no remedy.
std::optional<std::size_t> first_without_change(const MatchedBatch& batch, Offset first, std::size_t records);

}  // namespace culprit
