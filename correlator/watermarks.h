#pragma once
// The fold's clock: how far event time has come, over all input partitions. It gates what is final (resolved, unattributed),
// never what is counted.
#include <functional>
#include <map>
#include <optional>

#include "matchers/log_entry.h"

namespace culprit {

class Watermarks {
   public:
    explicit Watermarks(Duration allowed_lateness) : allowed_lateness_(allowed_lateness) {}

    void update(const WatermarkUpdate& update);

    /// The least watermark of the partitions that are not idle, less `allowed_lateness`. With all of them idle nothing is under
    /// way any more: the greatest watermark. Never goes back.
    std::optional<EventTime> clock() const { return reached_; }

    /// For a snapshot, whose updates come in another order: the clock is what it was.
    void set_clock(std::optional<EventTime> time) { reached_ = time; }
    /// The last update of each input, as one entry each.
    void for_each(const std::function<void(LogEntry)>& callback) const;

   private:
    struct Partition {
        EventTime watermark{};
        bool idle = false;
    };
    std::map<InputPartition, Partition> partitions_;
    const Duration allowed_lateness_;
    std::optional<EventTime> reached_;
};

}  // namespace culprit
