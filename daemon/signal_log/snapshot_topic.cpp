#include "daemon/signal_log/snapshot_topic.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "daemon/kafka_partition.h"

namespace culprit {

namespace {

constexpr int kDeliveryPatience = 15'000;  // milliseconds

void note_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err) *static_cast<int*>(opaque) = message->err;
}

}  // namespace

Result<std::optional<StoredSnapshot>> SnapshotTopic::read(int partition) {
    SnapshotPieces pieces;
    std::vector<std::string> keys;
    const auto read = read_partition(settings_.brokers, settings_.properties, settings_.snapshots, partition,
                                     [&](std::string_view key, std::string_view value) {
                                         if (key.starts_with("offset/")) return;  // of files, kafka_signal_log.h
                                         pieces.add(key, value);
                                         if (!value.empty()) keys.emplace_back(key);
                                     });
    if (!read) return read.error();
    keys_[partition] = std::move(keys);
    return pieces.newest();
}

Result<Done> SnapshotTopic::produce(int partition, const std::string& key, const std::string* value) {
    while (true) {
        const auto error = rd_kafka_producev(
            producer_.get(), RD_KAFKA_V_TOPIC(settings_.snapshots.c_str()), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
            RD_KAFKA_V_VALUE(value ? const_cast<char*>(value->data()) : nullptr, value ? value->size() : 0), RD_KAFKA_V_END);
        if (!error) return Done{};
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return Error{"the topic " + settings_.snapshots + " cannot be written: " + rd_kafka_err2str(error)};
        rd_kafka_poll(producer_.get(), 100);
    }
}

Result<Done> SnapshotTopic::write(int partition, const StoredSnapshot& snapshot) {
    if (!producer_) {
        KafkaProperties properties = settings_.properties;
        properties["enable.idempotence"] = "true";
        properties["delivery.timeout.ms"] = std::to_string(kDeliveryPatience);
        auto made = make_kafka_client(KafkaRole::producer, settings_.brokers, properties, [&](rd_kafka_conf_t* conf) {
            rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
            rd_kafka_conf_set_opaque(conf, &refused_);
        });
        if (!made) return made.error();
        producer_ = std::move(made).value();
    }
    refused_ = 0;
    std::vector<std::string> keys;
    for (const SnapshotPiece& piece : to_pieces(snapshot)) {
        if (const auto sent = produce(partition, piece.key, &piece.value); !sent) return sent;
        keys.push_back(piece.key);
    }
    auto error = rd_kafka_flush(producer_.get(), kDeliveryPatience + 1'000);
    if (!error) error = static_cast<rd_kafka_resp_err_t>(refused_);
    if (error) {
        producer_.reset();
        return Error{"a snapshot did not reach the topic " + settings_.snapshots + ": " + rd_kafka_err2str(error)};
    }
    std::swap(keys, keys_[partition]);
    // What was newest until now is deleted only behind the new one; should that one be damaged, the log itself remains.
    for (const std::string& key : keys) {
        if (std::ranges::find(keys_[partition], key) != keys_[partition].end()) continue;
        if (const auto sent = produce(partition, key, nullptr); !sent) return sent;
    }
    return Done{};
}

}  // namespace culprit
