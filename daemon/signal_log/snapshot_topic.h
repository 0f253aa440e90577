#pragma once
// Snapshots of folds in the compacted topic beside the Kafka signal log: those of a log's partition in the partition of the same
// number. Owned by one thread. A writer that is not the owner any more does no harm: readers take the newest whole snapshot,
// and a writer deletes only older ones than its own.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/kafka_client.h"
#include "daemon/signal_log/settings.h"
#include "daemon/signal_log/stored_snapshot.h"

namespace culprit {

class SnapshotTopic {
   public:
    explicit SnapshotTopic(const KafkaLogSettings& settings) : settings_(settings) {}

    /// The newest; nothing when there is none.
    Result<std::optional<StoredSnapshot>> read(int partition);
    /// Returns when it is safe, and older ones are on their way to be deleted.
    Result<Done> write(int partition, const StoredSnapshot& snapshot);

   private:
    Result<Done> produce(int partition, const std::string& key, const std::string* value);

    const KafkaLogSettings& settings_;
    int refused_ = 0;  // librdkafka's code of the last piece that was not delivered. Before the producer, which reports to it
    KafkaClient producer_;
    std::map<int, std::vector<std::string>> keys_;  // by partition: of the pieces of older snapshots
};

}  // namespace culprit
