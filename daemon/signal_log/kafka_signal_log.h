#pragma once
// The signal log of many nodes, as a matcher writes it: a Kafka topic, one of whose partitions holds all of an environment.
//
//   batches ──> one Kafka transaction: tallies and signals to their environment's partition, watermarks to every partition,
//               dead letters, input offsets (of a consumer group: with its generation; of files: as compacted records)
//
// One producer, and one transaction at a time. A matcher that was paused and whose partitions went to another is fenced twice:
// by the transaction coordinator, which aborts what it left open after 15 s, and by the group's generation, which travels with
// the offsets (Kafka's KIP-98 and KIP-447). What it held is dropped and read again by the new owner.
#include <string>
#include <string_view>

#include "daemon/kafka_client.h"
#include "daemon/signal_log/settings.h"
#include "daemon/signal_log/signal_log.h"

struct rd_kafka_error_s;

namespace culprit {

/// The partition that holds an environment's entries. The same in every process for as long as the count stays.
int log_partition_of(std::string_view environment, int partitions);

class KafkaSignalLog final : public SignalLog {
   public:
    /// `dead_letter_topic` may be empty; it must lie in the same cluster.
    KafkaSignalLog(KafkaLogSettings settings, std::string dead_letter_topic, bool raw_dead_letters);
    ~KafkaSignalLog() override;

    /// Batches whose lease is lost must be left out by the caller. After an Error, leases may have been lost: when their
    /// generation is over, or when nobody knows whether the transaction was committed. Blocks for at most about a minute.
    Result<std::vector<LogPosition>> append(std::span<const LogBatch> batches) override;
    Result<ResumePoints> offsets() override;
    bool takes_dead_letters() const override { return !dead_letter_topic_.empty(); }

   private:
    Result<Done> open();
    Result<Done> produce(const std::string& topic, int partition, const std::string& key, const std::string& value);
    Result<Done> produce(const LogBatch& batch);
    Result<Done> send_offsets(std::span<const LogBatch> batches);
    Result<Done> commit();
    Error give_up(const std::string& step, rd_kafka_error_s* error);
    std::string offset_key(const InputPartition& input) const;

    const KafkaLogSettings settings_;
    const std::string dead_letter_topic_;
    const bool raw_dead_letters_;
    KafkaClient producer_;  // null until it can be used
    int partitions_ = 0;
};

}  // namespace culprit
