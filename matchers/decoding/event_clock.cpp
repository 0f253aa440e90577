#include "matchers/decoding/event_clock.h"

#include <algorithm>

namespace culprit {

void EventClock::see(EventTime time, std::optional<EventTime> arrival) {
    if (arrival) {
        if (time > *arrival + kAhead) time = *arrival;
    } else if (latest_ && time > *latest_ + kStep) {
        const bool confirmed = unconfirmed_ && std::chrono::abs(time - *unconfirmed_) < kStep;
        if (!confirmed) {
            unconfirmed_ = time;
            return;
        }
        time = std::min(time, *unconfirmed_);
        unconfirmed_.reset();
    }
    if (!latest_ || time > *latest_) latest_ = time;
}

std::optional<EventTime> EventClock::watermark(std::optional<EventTime> open) {
    auto reached = latest_;
    if (reached && open) reached = std::min(*reached, *open);
    if (reached && (!reported_ || *reached > *reported_)) reported_ = reached;
    return reported_;
}

}  // namespace culprit
