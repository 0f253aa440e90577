#pragma once
// Small questions to Kafka, each with a client of its own: how many partitions a topic has, and all that one of them holds.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/kafka_client.h"

struct rd_kafka_topic_partition_list_s;

namespace culprit {

struct KafkaPartitionsDeleter {
    void operator()(rd_kafka_topic_partition_list_s* list) const;
};
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_s, KafkaPartitionsDeleter>;

/// 0 when the topic does not exist. An Error when Kafka does not answer within ten seconds.
Result<int> partition_count(const std::vector<std::string>& brokers, const KafkaProperties& properties, const std::string& topic);

/// Calls back for every committed record of the partition, from its beginning to what is its end now; a tombstone's value is
/// empty. Meant for compacted topics, and for commands. An Error when Kafka does not answer for half a minute.
Result<Done> read_partition(
    const std::vector<std::string>& brokers, const KafkaProperties& properties, const std::string& topic, int partition,
    const std::function<void(std::string_view key, std::string_view value, std::int64_t offset)>& callback);

}  // namespace culprit
