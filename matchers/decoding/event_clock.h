#pragma once
// How far one partition has come in event time. Its watermark never goes back, and no single wrong timestamp can drag it forward.
#include <optional>

#include "matchers/event_time.h"

namespace culprit {

class EventClock {
   public:
    /// A record's own time may run ahead of its arrival by so much; beyond it the arrival counts.
    static constexpr Duration kAhead = std::chrono::minutes{5};
    /// Without an arrival, a step of more than this counts when a second record confirms it.
    static constexpr Duration kStep = std::chrono::hours{24};

    void see(EventTime time, std::optional<EventTime> arrival);
    /// The latest time seen, but not beyond `open`, the time of the oldest entry that is still being assembled.
    std::optional<EventTime> watermark(std::optional<EventTime> open);

   private:
    std::optional<EventTime> latest_, unconfirmed_, reported_;
};

}  // namespace culprit
