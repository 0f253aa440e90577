#include "daemon/sources/kafka_questions.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "daemon/kafka_partition.h"

namespace culprit {

namespace {

constexpr int kRequestTimeout = 5'000, kWakeTimeout = 1;  // milliseconds

KafkaPartitions one(const InputPartition& input, std::int64_t offset) {
    KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), input.name.c_str(), input.partition)->offset = offset;
    return list;
}

}  // namespace

Result<std::map<std::string, int>> topics_of_cluster(rd_kafka_s* client) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (const auto error = rd_kafka_metadata(client, 1, nullptr, &metadata, kRequestTimeout))
        return Error{rd_kafka_err2str(error)};
    std::map<std::string, int> topics;
    for (int i = 0; i < metadata->topic_cnt; ++i) topics[metadata->topics[i].topic] = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return topics;
}

std::optional<int> members_of_group(rd_kafka_s* client, const std::string& group) {
    const rd_kafka_group_list* groups = nullptr;
    const auto error = rd_kafka_list_groups(client, group.c_str(), &groups, kRequestTimeout);
    if (error && error != RD_KAFKA_RESP_ERR__PARTIAL) return std::nullopt;
    int count = 0;
    for (int i = 0; i < groups->group_cnt; ++i) {
        if (group != groups->groups[i].group) continue;
        if (groups->groups[i].err)
            spdlog::warn("Kafka does not say who is in the consumer group {}: {}", group,
                         rd_kafka_err2str(groups->groups[i].err));
        count += groups->groups[i].member_cnt;
    }
    rd_kafka_group_list_destroy(groups);
    return count;
}

Result<std::map<InputPartition, CommittedOffset>> committed_offsets(rd_kafka_s* client,
                                                                    const std::map<std::string, int>& topics) {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(8));
    for (const auto& [topic, count] : topics) {
        for (int i = 0; i < count; ++i) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i);
    }
    rd_kafka_resp_err_t error = rd_kafka_committed(client, list.get(), kRequestTimeout);
    for (int i = 0; i < list->cnt && !error; ++i) error = list->elems[i].err;
    if (error) return Error{rd_kafka_err2str(error)};
    std::map<InputPartition, CommittedOffset> committed;
    for (int i = 0; i < list->cnt; ++i) {
        const auto& partition = list->elems[i];
        if (partition.offset < 0) continue;
        CommittedOffset offset{Offset{partition.offset}, {}};
        if (partition.metadata) offset.note.assign(static_cast<const char*>(partition.metadata), partition.metadata_size);
        committed[{SourceType::kafka, partition.topic, partition.partition}] = std::move(offset);
    }
    return committed;
}

Result<PartitionRange> range_of_partition(rd_kafka_s* client, const InputPartition& input) {
    PartitionRange range;
    if (const auto error = rd_kafka_query_watermark_offsets(client, input.name.c_str(), input.partition, &range.low.value,
                                                            &range.high.value, kRequestTimeout))
        return Error{rd_kafka_err2str(error)};
    return range;
}

std::optional<Offset> last_known_end(rd_kafka_s* client, const InputPartition& input) {
    std::int64_t low = 0, high = 0;
    if (rd_kafka_get_watermark_offsets(client, input.name.c_str(), input.partition, &low, &high) || high < 0) return std::nullopt;
    return Offset{high};
}

void wake_fetching(rd_kafka_s* client, const InputPartition& input) {
    // Not rd_kafka_query_watermark_offsets: it waits for the answer whatever the timeout, and that comes behind a fetch that waits.
    const KafkaPartitions list = one(input, RD_KAFKA_OFFSET_END);
    (void)rd_kafka_offsets_for_times(client, list.get(), kWakeTimeout);
}

std::size_t queued_bytes(rd_kafka_s* client) {
    char text[32] = "";
    std::size_t size = sizeof text;
    rd_kafka_conf_get(rd_kafka_conf(client), "queued.max.messages.kbytes", text, &size);
    return std::strtoull(text, nullptr, 10) * 1'000;
}

Result<std::optional<Offset>> offset_since(rd_kafka_s* client, const InputPartition& input,
                                           std::chrono::system_clock::time_point time) {
    using std::chrono::milliseconds;
    const KafkaPartitions list = one(input, std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count());
    const auto error = rd_kafka_offsets_for_times(client, list.get(), kRequestTimeout);
    const auto& answer = list->elems[0];
    if (error || answer.err) return Error{rd_kafka_err2str(error ? error : answer.err)};
    return answer.offset < 0 ? std::nullopt : std::optional(Offset{answer.offset});
}

}  // namespace culprit
