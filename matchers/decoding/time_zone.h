#pragma once
// Zones as logs name them: `Z`, `+01`, `+0100`, `+01:00`, `CET`, `Europe/Berlin`.
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace culprit {

struct ZoneAtStart {
    std::vector<std::chrono::seconds> offsets;  // east of UTC; several where the abbreviation is ambiguous, the likeliest first
    std::size_t length = 0;                     // bytes taken
};

/// The zone at the very beginning of `text`; `local` decides which of a named zone's offsets holds.
std::optional<ZoneAtStart> zone_at_start(std::string_view text, std::chrono::local_seconds local);

}  // namespace culprit
