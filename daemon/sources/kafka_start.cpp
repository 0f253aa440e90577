#include "daemon/sources/kafka_start.h"

#include <algorithm>

#include "matchers/matcher.h"

namespace culprit {

KafkaStart kafka_start(std::optional<Offset> resume, Offset first, PartitionRange range) {
    KafkaStart start;
    if (!resume) {
        start.counted = std::clamp(first, range.low, range.high);
    } else if (resume->value > range.high.value) {
        start.counted = range.low;
        start.warning = "ends at offset " + std::to_string(range.high.value) + ", before " + std::to_string(resume->value) +
                        " where it was read to: the topic was made anew, and is read from its beginning";
    } else if (resume->value < range.low.value) {
        start.counted = range.low;
        start.warning = "begins at offset " + std::to_string(range.low.value) + ": " +
                        std::to_string(range.low.value - resume->value) +
                        " records were deleted by Kafka before culprit read them; give the topic a longer retention";
    } else {
        start.counted = *resume;
    }
    start.read_from.value = std::max(range.low.value, start.counted.value - static_cast<std::int64_t>(kLookback));
    return start;
}

}  // namespace culprit
