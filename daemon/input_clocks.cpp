#include "daemon/input_clocks.h"

#include <algorithm>

namespace culprit {

void InputClocks::settle(WatermarkUpdate& update, WallClock::time_point now) {
    Input& input = inputs_[update.input];
    update.watermark = std::max(update.watermark, input.watermark);
    const bool moved = update.watermark > input.watermark;
    input.watermark = update.watermark;
    if (update.idle && (!input.idle || moved)) {
        input.idle_since = now;
        input.at_idle = update.watermark;
    }
    input.idle = update.idle;
}

void InputClocks::happened(EventTime time) { latest_ = latest_ ? std::max(*latest_, time) : time; }

bool InputClocks::all_idle() const {
    return !inputs_.empty() && std::all_of(inputs_.begin(), inputs_.end(), [](const auto& item) { return item.second.idle; });
}

std::vector<WatermarkUpdate> InputClocks::abandoned() const {
    std::vector<WatermarkUpdate> updates;
    for (const auto& [name, input] : inputs_) {
        if (!input.idle && !input.opened) updates.push_back({name, input.watermark, true, {}});
    }
    return updates;
}

std::optional<WatermarkUpdate> InputClocks::quiet_step(WallClock::time_point now) {
    if (!latest_ || !all_idle()) return std::nullopt;
    const auto quiet = [&](const Input& input) { return std::chrono::duration_cast<Duration>(now - input.idle_since); };
    const auto furthest = std::max_element(inputs_.begin(), inputs_.end(), [&](const auto& a, const auto& b) {
        return a.second.at_idle + quiet(a.second) < b.second.at_idle + quiet(b.second);
    });
    Input& input = furthest->second;
    const EventTime moved = input.at_idle + quiet(input);
    const EventTime from = std::max(last_step_, input.watermark);
    const Duration step = std::max<Duration>(std::chrono::seconds{1}, quiet(input) / 100);
    if (from >= *latest_ + horizon_ || moved < from + step) return std::nullopt;
    last_step_ = moved;
    input.watermark = moved;
    return WatermarkUpdate{furthest->first, moved, true, {}};
}

}  // namespace culprit
