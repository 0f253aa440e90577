#pragma once
// Where each partition of a Kafka source is read from: what was counted last, or where a first start begins. Asks Kafka through
// the source's client, on its polling thread.
//
// A topic's partitions that are there at the first start begin where the configuration says; those that appear later are read
// from their beginning. On one node "the first start" is this process', as the signal log knows the rest. On many nodes the group
// remembers how many there were, in the text beside its offsets.
#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/sources/kafka_start.h"
#include "daemon/sources/settings.h"
#include "matchers/result.h"

struct rd_kafka_s;

namespace culprit {

class KafkaPlaces {
   public:
    KafkaPlaces(StartPoint start, bool group_is_shared) : start_(start), shared_(group_is_shared) {}

    /// How many partitions a topic has now; 0 while it does not exist.
    void saw_topic(const std::string& topic, int partitions);

    /// Everything below `next` is counted, or on its way.
    void went_on(const InputPartition& input, Offset next) { cuts_[input] = next; }
    Offset next(const InputPartition& input) const;
    const std::map<InputPartition, Offset>& cuts() const { return cuts_; }
    void forget_all() { cuts_.clear(); }

    /// Shared group: what it has committed is what is counted.
    Result<Done> adopt_group_offsets(rd_kafka_s* client);
    /// To be written beside the group's offsets, by topic.
    std::map<std::string, std::string> notes() const;

    Result<KafkaStart> start_of(rd_kafka_s* client, const InputPartition& input) const;

   private:
    Result<Offset> first_offset(rd_kafka_s* client, const InputPartition& input, PartitionRange range) const;

    const StartPoint start_;
    const bool shared_;
    std::map<InputPartition, Offset> cuts_;
    std::map<std::string, int> now_, at_start_;  // partitions by topic
};

}  // namespace culprit
