#pragma once
// The fold's clock: how far event time has come, over all input partitions. It gates what is final (resolved, unattributed),
// never what is counted.
#include <map>
#include <optional>

#include "matchers/log_entry.h"

namespace culprit {

class Watermarks {
   public:
    void update(const WatermarkUpdate& update);

    /// The least watermark of the partitions that are not idle, less `allowed_lateness`. With all of them idle nothing is under
    /// way any more: the greatest watermark. Never goes back.
    std::optional<EventTime> clock(Duration allowed_lateness) const;

   private:
    struct Partition {
        EventTime watermark{};
        bool idle = false;
    };
    std::map<InputPartition, Partition> partitions_;
    mutable std::optional<EventTime> reached_;
};

}  // namespace culprit
