#pragma once
// When to try again: exponential backoff with jitter. Pure; the caller brings the chance.
#include <chrono>

namespace culprit {

struct RetrySchedule {
    std::chrono::milliseconds first{250};
    std::chrono::milliseconds longest{10'000};
    std::chrono::milliseconds slow{30'000};  // what only a person can repair: rights, a read-only cluster

    /// The wait after the `failures`-th failure in a row (from 1): first, twice that, …, at most `longest`, of which between the
    /// half and the whole is waited. `chance` lies in [0, 1): many writers that lost one server do not come back in step.
    std::chrono::milliseconds after(unsigned failures, double chance) const;
};

}  // namespace culprit
