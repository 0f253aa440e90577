#pragma once
// Records into Kafka outside of transactions: idempotent, and safe when `flush` says so. Owned by one thread.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/kafka_client.h"

namespace culprit {

struct KafkaRecord {
    std::string key;
    std::optional<std::string> value;  // none: a tombstone
    std::map<std::string, std::string> headers = {};
};

class KafkaWriter {
   public:
    static constexpr int kByKey = -1;                        // the partition that the key's hash names
    static constexpr std::size_t kLargestValue = 8'000'000;  // of the 8 MiB that culprit's topics take, with key and headers

    KafkaWriter(std::vector<std::string> brokers, KafkaProperties properties)
        : brokers_(std::move(brokers)), properties_(std::move(properties)) {}

    /// Takes the record over; waits while the client's buffer is full.
    Result<Done> produce(const std::string& topic, int partition, const KafkaRecord& record);
    /// Returns when all that was produced is safe, or after 15 s. After an Error any part of it may have been written.
    Result<Done> flush();

   private:
    Result<Done> open();

    const std::vector<std::string> brokers_;
    const KafkaProperties properties_;
    int refused_ = 0;  // librdkafka's code of the last record that was not delivered. Before the producer, which reports to it
    KafkaClient producer_;
};

}  // namespace culprit
