#pragma once
// Epochs of signal logs: the high bits of every document's version.
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace culprit {

/// The epoch of a log that is made now: the minute, which leaves a version's 23 high bits room for 15 years.
inline std::int64_t epoch_now() {
    using namespace std::chrono;
    constexpr sys_days beginning = year{2026} / January / 1;
    return std::max<std::int64_t>(1, floor<minutes>(system_clock::now() - beginning).count());
}

}  // namespace culprit
