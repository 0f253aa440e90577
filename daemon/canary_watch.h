#pragma once
// Which canaries have come through: the newest one of each input partition that was folded, and, once everything that the sinks
// were owed by then is safe, the newest one behind which nothing is missing anywhere. Says so by metrics alone. Owned by the
// fold's thread.
#include <map>

#include "daemon/pending_batches.h"
#include "daemon/sinks/sink.h"
#include "daemon/telemetry.h"
#include "matchers/log_entry.h"

namespace culprit {

class CanaryWatch {
   public:
    /// Both outlive it.
    CanaryWatch(const std::vector<std::unique_ptr<Sink>>& sinks, Telemetry& telemetry) : sinks_(sinks), telemetry_(telemetry) {}

    /// `update` was folded from this partition of the signal log (on one node there is one). `again`: it had been folded before a
    /// restart, perhaps, so that its latency is nobody's.
    void folded(int log_partition, const WatermarkUpdate& update, bool again);
    /// What all that was folded has changed was offered to the sinks.
    void offered();
    /// Asks the sinks. Once a second.
    void look_after();
    /// The partition of the signal log is another's.
    void gone(int log_partition);

   private:
    /// Of one partition of the signal log; on many nodes a canary is written into all of them.
    struct Seen {
        EventTime folded{}, offered{}, safe{};  // when the newest that got so far was produced
        bool again = false;                     // that of `folded`
        WallClock::time_point offered_at{};     // when what is to be safe before `offered` is
    };
    void tell(const InputPartition& input) const;

    const std::vector<std::unique_ptr<Sink>>& sinks_;
    Telemetry& telemetry_;
    std::map<InputPartition, std::map<int, Seen>> seen_;
};

}  // namespace culprit
