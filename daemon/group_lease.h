#pragma once
// A consumer group's member's hold on the partitions it was assigned, at one generation of its group. Batches carry it, so that
// what was read under a hold that is lost is never committed: its new owner reads it again. Shared by the source that was
// assigned the partitions and by batches on their way, which may outlive the assignment. Thread-safe.
#include <atomic>
#include <map>
#include <string>

struct rd_kafka_consumer_group_metadata_s;

namespace culprit {

class GroupLease {
   public:
    /// Takes `metadata` over (librdkafka's, of the generation at which the partitions were assigned). `notes` are written beside
    /// each topic's offsets.
    GroupLease(rd_kafka_consumer_group_metadata_s* metadata, std::map<std::string, std::string> notes)
        : metadata_(metadata), notes_(std::move(notes)) {}
    ~GroupLease();
    GroupLease(const GroupLease&) = delete;
    GroupLease& operator=(const GroupLease&) = delete;

    const rd_kafka_consumer_group_metadata_s* metadata() const { return metadata_; }
    std::string note(const std::string& topic) const {
        const auto found = notes_.find(topic);
        return found == notes_.end() ? std::string() : found->second;
    }
    void lose() { held_ = false; }
    bool held() const { return held_; }

   private:
    rd_kafka_consumer_group_metadata_s* metadata_;
    const std::map<std::string, std::string> notes_;
    std::atomic<bool> held_ = true;
};

}  // namespace culprit
