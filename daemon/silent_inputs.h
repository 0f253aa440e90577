#pragma once
// Inputs that the signal log holds as active and of which nobody has written a word for a while: their topic was deleted, or
// their matcher is gone for good. They would hold the fold's clock back for ever. A correlator lets go of them by an entry in the
// log, as wall-clock decisions become data there; whoever reads the input again makes it active with the next batch.
// Pure but for the times it is told; owned by one thread.
#include <map>
#include <optional>
#include <vector>

#include "daemon/pending_batches.h"
#include "matchers/log_entry.h"

namespace culprit {

class SilentInputs {
   public:
    /// A matcher writes of an active input every second; `patience` is longer than any hand-over.
    explicit SilentInputs(WallClock::duration patience) : patience_(patience) {}

    /// An update was read from the log.
    void heard(const WatermarkUpdate& update, WallClock::time_point now);
    /// What to write into the log. Says the same again until it has been heard. Asked every second or so: after a longer break
    /// (the process was paused) nobody knows what was written meanwhile, and the patience begins anew.
    std::vector<WatermarkUpdate> silent(WallClock::time_point now);

   private:
    struct Input {
        EventTime watermark{};
        WallClock::time_point last;
    };
    const WallClock::duration patience_;
    std::map<InputPartition, Input> active_;
    std::optional<WallClock::time_point> asked_;
};

}  // namespace culprit
