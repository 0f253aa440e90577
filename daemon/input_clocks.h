#pragma once
// How far each input partition has come, and how the wall clock moves event time on when all of them are quiet: else an incident
// would never resolve in a system that has gone silent. What it decides is written to the signal log, so that replay needs no
// clock. Pure but for the times it is told; owned by one thread.
#include <map>
#include <optional>
#include <vector>

#include "daemon/pending_batches.h"
#include "matchers/log_entry.h"

namespace culprit {

class InputClocks {
   public:
    /// `horizon`: how long after the latest entry the quiet may still change an incident.
    explicit InputClocks(Duration horizon) : horizon_(horizon) {}

    /// A partition's watermark never goes back: raises `update` to what is known of its partition, and remembers it.
    void settle(WatermarkUpdate& update, WallClock::time_point now);
    /// Something happened at `time` that the quiet after it matters to.
    void happened(EventTime time);
    /// The quiet's next step: the furthest partition's watermark, moved on by the time since it went idle. At most one a second
    /// at first, then one for each hundredth of the quiet so far.
    std::optional<WatermarkUpdate> quiet_step(WallClock::time_point now);
    bool all_idle() const;

    /// A source reads `input`.
    void opened(const InputPartition& input) { inputs_[input].opened = true; }
    /// Partitions that the log knows as active and that no source reads any more: they would hold the fold's clock back for ever.
    std::vector<WatermarkUpdate> abandoned() const;

   private:
    struct Input {
        EventTime watermark{};  // as last written
        EventTime at_idle{};    // where it stood when it went idle
        bool idle = false;
        bool opened = false;
        WallClock::time_point idle_since;
    };
    const Duration horizon_;
    std::map<InputPartition, Input> inputs_;
    std::optional<EventTime> latest_;
    EventTime last_step_{};
};

}  // namespace culprit
