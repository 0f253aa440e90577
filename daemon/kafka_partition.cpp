#include "daemon/kafka_partition.h"

#include <librdkafka/rdkafka.h>

#include <chrono>

namespace culprit {

namespace {

constexpr int kRequestTimeout = 10'000;
constexpr std::chrono::seconds kSilence{30};

}  // namespace

void KafkaPartitionsDeleter::operator()(rd_kafka_topic_partition_list_s* list) const {
    rd_kafka_topic_partition_list_destroy(list);
}

Result<int> partition_count(const std::vector<std::string>& brokers, const KafkaProperties& properties,
                            const std::string& topic) {
    auto client = make_kafka_client(KafkaRole::producer, brokers, properties);
    if (!client) return client.error();
    const rd_kafka_metadata_t* metadata = nullptr;
    if (const auto error = rd_kafka_metadata(client.value().get(), 1, nullptr, &metadata, kRequestTimeout))
        return Error{"Kafka at " + joined_brokers(brokers) + " does not answer: " + rd_kafka_err2str(error)};
    int count = 0;
    for (int i = 0; i < metadata->topic_cnt; ++i)
        if (topic == metadata->topics[i].topic) count = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

Result<Done> read_partition(const std::vector<std::string>& brokers, const KafkaProperties& properties, const std::string& topic,
                            int partition,
                            const std::function<void(std::string_view, std::string_view, std::int64_t)>& callback) {
    KafkaProperties own = properties;
    own["group.id"] = "culprit-reader";  // the client wants one; no group is joined and nothing is committed
    own["enable.auto.commit"] = "false";
    own["enable.partition.eof"] = "true";
    own["isolation.level"] = "read_committed";
    own["auto.offset.reset"] = "earliest";
    auto made = make_kafka_client(KafkaRole::consumer, brokers, own);
    if (!made) return made.error();
    rd_kafka_t* client = made.value().get();
    const auto failed = [&](const char* why) {
        return Error{"the topic " + topic + "[" + std::to_string(partition) + "] cannot be read: " + why};
    };
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (const auto error = rd_kafka_assign(client, list.get())) return failed(rd_kafka_err2str(error));
    Result<Done> result = failed("Kafka is silent");
    auto until = std::chrono::steady_clock::now() + kSilence;
    for (bool reading = true; reading && std::chrono::steady_clock::now() < until;) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 100);
        if (!message) continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            result = Done{};
            reading = false;
        } else if (message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                   message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || message->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
            result = failed("it does not exist; culprit setup kafka creates it");
            reading = false;
        } else if (!message->err) {
            until = std::chrono::steady_clock::now() + kSilence;
            callback({static_cast<const char*>(message->key), message->key_len},
                     {static_cast<const char*>(message->payload), message->len}, message->offset);
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client);
    return result;
}

}  // namespace culprit
