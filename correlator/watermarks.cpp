#include "correlator/watermarks.h"

#include <algorithm>

namespace culprit {

void Watermarks::update(const WatermarkUpdate& update) {
    auto [it, inserted] = partitions_.try_emplace(update.input, Partition{update.watermark, update.idle});
    if (!inserted) {
        it->second.watermark = std::max(it->second.watermark, update.watermark);
        it->second.idle = update.idle;
    }
    std::optional<EventTime> least, greatest;
    for (const auto& [input, partition] : partitions_) {
        if (partition.watermark == EventTime{}) continue;  // nothing with a time has been seen there yet
        greatest = greatest ? std::max(*greatest, partition.watermark) : partition.watermark;
        if (!partition.idle) least = least ? std::min(*least, partition.watermark) : partition.watermark;
    }
    // With every update, not when somebody asks: else the clock would depend on how often that is.
    const auto now = least ? *least - allowed_lateness_ : greatest;
    if (now && (!reached_ || *now > *reached_)) reached_ = now;
}

void Watermarks::for_each(const std::function<void(LogEntry)>& callback) const {
    for (const auto& [input, partition] : partitions_) callback(WatermarkUpdate{input, partition.watermark, partition.idle, {}});
}

}  // namespace culprit
