#pragma once
// What a Kafka consumer asks the brokers, through the client that it has. Each answers within five seconds, or says in Kafka's
// words why not. They block: for the thread that owns the client.
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "daemon/sources/kafka_start.h"
#include "matchers/result.h"

struct rd_kafka_s;

namespace culprit {

/// How many partitions each topic of the cluster has, by name. Topics that nobody leads at the moment are among them.
Result<std::map<std::string, int>> topics_of_cluster(rd_kafka_s* client);

/// How many members the group has; nothing when the brokers do not say.
std::optional<int> members_of_group(rd_kafka_s* client, const std::string& group);

/// What the client's group has committed, and the text beside it.
struct CommittedOffset {
    Offset next;
    std::string note;
};
/// Of every partition below the given number of each topic; those without an offset are left out. An Error also while a
/// transaction that holds offsets is open: a dead predecessor's ends within 15 s.
Result<std::map<InputPartition, CommittedOffset>> committed_offsets(rd_kafka_s* client, const std::map<std::string, int>& topics);

Result<PartitionRange> range_of_partition(rd_kafka_s* client, const InputPartition& input);

/// The end of the partition as the last fetch told it, without asking; nothing before the first.
std::optional<Offset> last_known_end(rd_kafka_s* client, const InputPartition& input);

/// Has the partition's leader asked for more at once. librdkafka up to 2.1 asks no more when its queue is full, and its broker
/// thread looks again only when something else wakes it, at the latest after a second, however soon the queue is drained: half a
/// second of every second lost. Any request to that broker wakes it. Does not wait for the answer.
void wake_fetching(rd_kafka_s* client, const InputPartition& input);

/// How many bytes librdkafka reads ahead into one queue.
std::size_t queued_bytes(rd_kafka_s* client);

/// The first record that is as young as `time`; nothing when there is none.
Result<std::optional<Offset>> offset_since(rd_kafka_s* client, const InputPartition& input,
                                           std::chrono::system_clock::time_point time);

}  // namespace culprit
