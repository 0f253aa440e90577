#pragma once
// The daemon's counters over the last hour, for rates and curves on the pipeline page. Pure: it is told the time. Owned by the
// web server's strand.
#include <chrono>
#include <deque>
#include <vector>

#include "daemon/telemetry.h"

namespace culprit {

class PipelineHistory {
   public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kEvery{10};
    static constexpr std::size_t kMoments = 361;  // an hour

    struct Moment {
        Time time;
        double records = 0, bytes = 0, signals = 0;
    };

    void take(Time now, const std::vector<Telemetry::Value>& values);

    /// A second, over the last minute or as much of it as there is; zeros before the second moment.
    Moment rates() const;
    /// Records between two moments each, oldest first.
    std::vector<std::uint64_t> records() const;

   private:
    std::deque<Moment> moments_;
};

}  // namespace culprit
