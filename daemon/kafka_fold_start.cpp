#include <algorithm>

#include "daemon/kafka_fold.h"

namespace culprit {

FoldStart fold_start(const std::optional<StoredPlace>& stored, std::string_view rules, std::int64_t low, std::int64_t high,
                     std::int64_t now) {
    FoldStart start;
    if (!stored) {
        start.epoch = now;
        start.first = low;
        return start;
    }
    start.anew = stored->position >= high;
    start.first = start.anew ? low : std::max(low, stored->position + 1);
    start.epoch = start.anew || stored->rules != rules ? std::max(stored->epoch + 1, now) : stored->epoch;
    if (start.anew) {
        start.warning =
            "ends at position " + std::to_string(high) + ", before " + std::to_string(stored->position) +
            " where its snapshot was taken: it was made anew, and is folded from its beginning on top of the snapshot";
    } else if (low > stored->position + 1) {
        start.warning = "begins at position " + std::to_string(low) + ", " + std::to_string(low - stored->position - 1) +
                        " behind the last snapshot: what lay between was deleted before it was folded; give the topic a longer "
                        "retention";
    }
    return start;
}

}  // namespace culprit
