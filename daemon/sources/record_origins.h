#pragma once
// Timestamps and headers of a partition's latest records, for the case that one of them becomes a dead letter. Bounded: a record
// that is refused is among the latest, as an entry is open for at most AssemblyLimits::records records. Owned by one thread.
#include <cstdint>
#include <vector>

#include "daemon/kept_letter.h"
#include "matchers/matcher.h"

namespace culprit {

class RecordOrigins {
   public:
    void keep(Offset offset, RecordOrigin origin) {
        if (places_.empty()) places_.resize(kKept);
        places_[static_cast<std::size_t>(offset.value) % kKept] = {offset.value, std::move(origin)};
    }
    /// Empty when it is not known any more.
    RecordOrigin of(Offset offset) const {
        if (places_.empty()) return {};
        const Place& place = places_[static_cast<std::size_t>(offset.value) % kKept];
        return place.offset == offset.value ? place.origin : RecordOrigin{};
    }

   private:
    static constexpr std::size_t kKept = 4'096;
    static_assert(kKept > AssemblyLimits{}.records + kLookback);
    struct Place {
        std::int64_t offset = -1;
        RecordOrigin origin;
    };
    std::vector<Place> places_;
};

}  // namespace culprit
