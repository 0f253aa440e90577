#include "daemon/sources/kafka_places.h"

#include <cstdlib>

#include "daemon/sources/kafka_questions.h"

namespace culprit {

namespace {

constexpr std::string_view kPartitionsAtStart = "culprit: partitions at the first start: ";

}  // namespace

void KafkaPlaces::saw_topic(const std::string& topic, int partitions) {
    now_[topic] = partitions;
    if (!shared_) at_start_.try_emplace(topic, partitions);
}

Offset KafkaPlaces::next(const InputPartition& input) const {
    const auto found = cuts_.find(input);
    return found == cuts_.end() ? Offset{} : found->second;
}

Result<Done> KafkaPlaces::adopt_group_offsets(rd_kafka_s* client) {
    const auto committed = committed_offsets(client, now_);
    if (!committed) return committed.error();
    cuts_.clear();
    at_start_.clear();
    for (const auto& [input, offset] : committed.value()) {
        cuts_[input] = offset.next;
        if (offset.note.starts_with(kPartitionsAtStart))
            at_start_[input.name] = std::atoi(offset.note.c_str() + kPartitionsAtStart.size());
    }
    for (const auto& [topic, count] : now_) at_start_.try_emplace(topic, count);
    return Done{};
}

std::map<std::string, std::string> KafkaPlaces::notes() const {
    std::map<std::string, std::string> notes;
    for (const auto& [topic, count] : at_start_) notes[topic] = std::string(kPartitionsAtStart) + std::to_string(count);
    return notes;
}

Result<Offset> KafkaPlaces::first_offset(rd_kafka_s* client, const InputPartition& input, PartitionRange range) const {
    const auto there = at_start_.find(input.name);
    const bool later = there == at_start_.end() || input.partition >= there->second;
    if (start_.from == StartPoint::From::earliest || later) return range.low;
    if (start_.from == StartPoint::From::latest) return range.high;
    const auto since = offset_since(client, input, std::chrono::system_clock::now() - start_.age);
    if (!since) return since.error();
    return since.value().value_or(range.high);
}

Result<KafkaStart> KafkaPlaces::start_of(rd_kafka_s* client, const InputPartition& input) const {
    const auto range = range_of_partition(client, input);
    if (!range) return range.error();
    if (const auto known = cuts_.find(input); known != cuts_.end()) return kafka_start(known->second, {}, range.value());
    const auto first = first_offset(client, input, range.value());
    if (!first) return first.error();
    return kafka_start(std::nullopt, first.value(), range.value());
}

}  // namespace culprit
