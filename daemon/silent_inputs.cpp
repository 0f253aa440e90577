#include "daemon/silent_inputs.h"

namespace culprit {

namespace {

constexpr std::chrono::seconds kBreak{10};

}  // namespace

void SilentInputs::heard(const WatermarkUpdate& update, WallClock::time_point now) {
    if (update.idle) {
        active_.erase(update.input);
    } else {
        active_[update.input] = {update.watermark, now};
    }
}

std::vector<WatermarkUpdate> SilentInputs::silent(WallClock::time_point now) {
    if (asked_ && now - *asked_ > kBreak) {
        for (auto& [name, input] : active_) input.last = now;
    }
    asked_ = now;
    std::vector<WatermarkUpdate> updates;
    for (const auto& [name, input] : active_) {
        if (now - input.last >= patience_) updates.push_back({name, input.watermark, true, {}});
    }
    return updates;
}

}  // namespace culprit
