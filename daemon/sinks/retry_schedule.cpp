#include "daemon/sinks/retry_schedule.h"

#include <algorithm>
#include <cstdint>

namespace culprit {

std::chrono::milliseconds RetrySchedule::after(unsigned failures, double chance) const {
    const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0, 20U);
    const std::int64_t whole = std::min<std::int64_t>(first.count() << doublings, longest.count());
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(whole) * (0.5 + 0.5 * chance)));
}

}  // namespace culprit
