#pragma once
// Where a Kafka partition is read from. Pure.
#include <optional>
#include <string>

#include "matchers/source_position.h"

namespace culprit {

/// What a partition holds: from `low` on, up to and without `high`.
struct PartitionRange {
    Offset low, high;
};

struct KafkaStart {
    Offset counted;       // records below it are counted already, or lie before a first start: context only
    Offset read_from;     // up to `kLookback` records before
    std::string warning;  // what was lost, for a person; empty when nothing
};

/// `resume`: what the signal log says; without it `first` is where a first start begins.
KafkaStart kafka_start(std::optional<Offset> resume, Offset first, PartitionRange range);

}  // namespace culprit
