#pragma once
// Writes canaries (matchers/canary.h) into an input topic: one into each of its partitions at every interval. On a thread and a
// producer of its own, so that what it tests cannot hold it up. On many nodes every process with sources sends its own.
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "daemon/telemetry.h"
#include "matchers/event_time.h"

namespace culprit {

/// Configuration key `canary`. Filled and validated by config.cpp.
struct CanarySettings {
    std::string topic;  // one that a source reads
    Duration interval = std::chrono::minutes{1};
    std::vector<std::string> brokers;               // of that source
    std::map<std::string, std::string> properties;  // the same
};

class CanarySender {
   public:
    /// `telemetry` outlives it. Begins at once, ends with the object.
    CanarySender(CanarySettings settings, Telemetry& telemetry);

   private:
    void run(std::stop_token stop);

    const CanarySettings settings_;
    Telemetry& telemetry_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace culprit
