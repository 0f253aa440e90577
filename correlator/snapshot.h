#pragma once
// What a fold remembers, as log entries: a new Correlator that takes them over goes on as if it had folded everything. Not a dump
// of internal state: what the fold keeps of entries is additive (tallies of one key summed, changes a set, the last watermark of
// each input), so what it keeps of them are entries again, and a newer version with other state reads them as well.
#include <optional>
#include <vector>

#include "matchers/log_entry.h"

namespace culprit {

struct FoldSnapshot {
    std::vector<LogEntry> entries;
    LogPosition position;            // everything up to and with it is in `entries`
    std::optional<EventTime> clock;  // the fold's clock never goes back, also when the inputs' watermarks do
};

}  // namespace culprit
