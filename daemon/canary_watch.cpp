#include "daemon/canary_watch.h"

#include <algorithm>

namespace culprit {

namespace {

/// Whoever may write to the topic may write a canary: one from the future would hide all that follow.
constexpr std::chrono::minutes kClocksApart{5};

double seconds_since(EventTime time) { return std::chrono::duration<double>(std::chrono::system_clock::now() - time).count(); }

}  // namespace

void CanaryWatch::tell(const InputPartition& input) const {
    const auto& seen = seen_.at(input);
    const auto least = [&](EventTime Seen::*stage) {
        EventTime least = EventTime::max();
        for (const auto& [number, its] : seen) least = std::min(least, its.*stage);
        return least;
    };
    telemetry_.canary(Telemetry::CanaryStage::folded, input.name, input.partition, least(&Seen::folded));
    if (const EventTime safe = least(&Seen::safe); safe != EventTime{})
        telemetry_.canary(Telemetry::CanaryStage::safe, input.name, input.partition, safe);
}

void CanaryWatch::folded(int log_partition, const WatermarkUpdate& update, bool again) {
    if (!update.canary || *update.canary > std::chrono::system_clock::now() + kClocksApart) return;
    Seen& seen = seen_[update.input][log_partition];
    if (*update.canary <= seen.folded) return;
    seen.folded = *update.canary;
    seen.again = again;
    if (!again) telemetry_.canary_latency(Telemetry::CanaryStage::folded, seconds_since(seen.folded));
    tell(update.input);
}

void CanaryWatch::offered() {
    for (auto& [input, partitions] : seen_) {
        for (auto& [number, seen] : partitions) {
            if (seen.offered != seen.safe || seen.folded == seen.safe) continue;  // one at a time
            seen.offered = seen.folded;
            seen.offered_at = WallClock::now();
        }
    }
}

void CanaryWatch::look_after() {
    if (seen_.empty()) return;
    auto oldest = WallClock::time_point::max();
    for (const auto& sink : sinks_) {
        if (!sink->health().ready) return;
        oldest = std::min(oldest, sink->owed_since().value_or(oldest));
    }
    for (auto& [input, partitions] : seen_) {
        bool changed = false;
        for (auto& [number, seen] : partitions) {
            if (seen.offered == seen.safe || oldest <= seen.offered_at) continue;
            seen.safe = seen.offered;
            changed = true;
            if (!seen.again || seen.folded != seen.safe)
                telemetry_.canary_latency(Telemetry::CanaryStage::safe, seconds_since(seen.safe));
        }
        if (changed) tell(input);
    }
}

void CanaryWatch::gone(int log_partition) {
    for (auto item = seen_.begin(); item != seen_.end();) {
        const bool last = item->second.erase(log_partition) > 0 && item->second.empty();
        if (last) telemetry_.canary_gone(item->first.name, item->first.partition);
        item = last ? seen_.erase(item) : std::next(item);
    }
}

}  // namespace culprit
