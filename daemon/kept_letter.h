#pragma once
// A dead letter with what else Kafka had of its record. The matcher sees bytes alone; with `payload: raw` the source keeps the
// rest of the latest records for a while (sources/record_origins.h).
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "matchers/record.h"

namespace culprit {

/// In their order; a name may come several times, and a value may be any bytes.
using RecordHeaders = std::vector<std::pair<std::string, std::string>>;

struct RecordOrigin {
    std::optional<std::int64_t> timestamp;  // Kafka's, in milliseconds
    RecordHeaders headers;
};

struct KeptLetter {
    DeadLetter letter;
    RecordOrigin origin = {};
};

}  // namespace culprit
