#pragma once
// Snapshots of folds in the compacted topic beside the Kafka signal log: those of a log's partition in the partition of the same
// number. Owned by one thread. A writer that is not the owner any more does no harm: readers take the newest whole snapshot,
// and a writer deletes only older ones than its own.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/kafka_writer.h"
#include "daemon/signal_log/settings.h"
#include "daemon/signal_log/stored_snapshot.h"

namespace culprit {

class SnapshotTopic {
   public:
    explicit SnapshotTopic(const KafkaLogSettings& settings)
        : settings_(settings), writer_(settings.brokers, settings.properties) {}

    /// The newest; nothing when there is none.
    Result<std::optional<StoredSnapshot>> read(int partition);
    /// Returns when it is safe, and older ones are on their way to be deleted.
    Result<Done> write(int partition, const StoredSnapshot& snapshot);

   private:
    const KafkaLogSettings& settings_;
    KafkaWriter writer_;
    std::map<int, std::vector<std::string>> keys_;  // by partition: of the pieces of older snapshots
};

}  // namespace culprit
