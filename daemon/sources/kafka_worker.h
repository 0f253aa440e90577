#pragma once
// One thread that owns some Kafka partitions from poll to matched batch: their queue is drained here, their matchers live here.
// When the queue to the committer is full it stops draining; the source's own thread goes on polling, so that the group
// membership stays. Joined before the partitions are given back (DESIGN.md, traps: librdkafka 2.0.2).
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/pending_batches.h"
#include "daemon/sources/kafka_start.h"
#include "daemon/sources/publisher.h"
#include "daemon/sources/record_origins.h"
#include "daemon/sources/source.h"
#include "matchers/matcher.h"

struct rd_kafka_s;
struct rd_kafka_queue_s;
struct rd_kafka_message_s;

namespace culprit {

struct KafkaQueueDeleter {
    void operator()(rd_kafka_queue_s* queue) const;
};
using KafkaQueue = std::unique_ptr<rd_kafka_queue_s, KafkaQueueDeleter>;

class KafkaWorker {
   public:
    /// `lease` is put on every batch; null where the group is not shared.
    KafkaWorker(rd_kafka_s* client, const Recognition& recognition, BoundedQueue<CommitRequest>& queue,
                std::shared_ptr<GroupLease> lease, bool keep_origins);
    ~KafkaWorker();

    /// Before `run`, and before the partition is assigned: else its first messages would go to the main queue.
    /// `dead_letters`: its records are dead letters, and what they tell of is matched.
    void own(const SourceProfile& profile, Offset counted, bool dead_letters);
    void run();
    /// Pushes what is complete and ends. Then `cuts` says where each of its partitions goes on.
    void join();
    const std::map<InputPartition, Offset>& cuts() const { return cuts_; }

   private:
    struct Partition {
        Matcher matcher;
        std::size_t records = 0, bytes = 0;  // since the last take, canaries too
        bool at_end = false, idle = false;   // canaries leave it idle
        WallClock::time_point last_record, last_take;
        bool dead_letters = false;
        RecordOrigins origins = {};
    };
    using Partitions = std::map<InputPartition, Partition>;

    void work(std::stop_token stop);
    bool feed(std::vector<rd_kafka_message_s*>& messages, std::stop_token stop);
    void revive_last();
    bool take(Partitions::value_type& item, bool idle, std::stop_token stop);
    void refill();
    bool look_after(WallClock::time_point now, std::stop_token stop);

    rd_kafka_s* client_;
    const Recognition& recognition_;
    BoundedQueue<CommitRequest>& requests_;
    const std::shared_ptr<GroupLease> lease_;  // shared with the batches
    const bool keep_origins_;
    KafkaQueue queue_;  // all of its partitions' queues lead here
    std::vector<KafkaQueue> forwarded_;
    Partitions partitions_;
    std::map<InputPartition, Offset> cuts_;
    const std::size_t queued_bytes_;
    std::size_t drained_ = 0;              // bytes, since the brokers were last asked for more
    std::optional<InputPartition> woken_;  // the last one whose leader was
    std::vector<RawRecord> records_;
    std::deque<std::string> revived_;  // the bytes of `records_` that came as dead letters
    std::jthread thread_;
};

}  // namespace culprit
