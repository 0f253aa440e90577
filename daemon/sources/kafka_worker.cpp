#include "daemon/sources/kafka_worker.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <span>

#include "daemon/sources/dead_letter_record.h"
#include "daemon/sources/kafka_questions.h"

namespace culprit {

namespace {

using std::chrono::milliseconds;
constexpr int kDrainPatience = 50;  // milliseconds
constexpr std::size_t kMessagesAtOnce = 1'000;
constexpr milliseconds kPushEvery{100};
constexpr milliseconds kIdleAfter{2'000};
// A storm of errors must not fill the memory between two pushes.
constexpr std::size_t kRecordsPerBatch = 2'000, kBytesPerBatch = 1 << 20;

InputPartition input_of(const rd_kafka_message_t& message) {
    return {SourceType::kafka, rd_kafka_topic_name(message.rkt), message.partition};
}

RawRecord record_of(const rd_kafka_message_t& message) {
    RawRecord record;
    if (message.payload) record.bytes = {static_cast<const char*>(message.payload), message.len};
    record.offset = Offset{message.offset};
    rd_kafka_timestamp_type_t type{};
    const std::int64_t millis = rd_kafka_message_timestamp(&message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis >= 0) record.arrival = EventTime{milliseconds{millis}};
    return record;
}

RecordOrigin origin_of(const rd_kafka_message_t& message) {
    RecordOrigin origin;
    rd_kafka_timestamp_type_t type{};
    const std::int64_t millis = rd_kafka_message_timestamp(&message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis >= 0) origin.timestamp = millis;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers)) return origin;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); ++i)
        origin.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    return origin;
}

}  // namespace

void KafkaQueueDeleter::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }

KafkaWorker::KafkaWorker(rd_kafka_s* client, const Recognition& recognition, BoundedQueue<CommitRequest>& queue,
                         std::shared_ptr<GroupLease> lease, bool keep_origins)
    : client_(client),
      recognition_(recognition),
      requests_(queue),
      lease_(std::move(lease)),
      keep_origins_(keep_origins),
      queue_(rd_kafka_queue_new(client)),
      queued_bytes_(queued_bytes(client)) {}

KafkaWorker::~KafkaWorker() { join(); }

void KafkaWorker::own(const SourceProfile& profile, Offset counted, bool dead_letters) {
    KafkaQueue own(rd_kafka_queue_get_partition(client_, profile.input.name.c_str(), profile.input.partition));
    rd_kafka_queue_forward(own.get(), queue_.get());
    forwarded_.push_back(std::move(own));
    const auto now = WallClock::now();
    partitions_.emplace(profile.input,
                        Partition{Matcher(recognition_, profile, counted), 0, 0, false, false, now, now, dead_letters});
    cuts_[profile.input] = counted;
}

void KafkaWorker::run() {
    thread_ = std::jthread([this](std::stop_token stop) { work(stop); });
}

void KafkaWorker::join() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void KafkaWorker::work(std::stop_token stop) {
    std::vector<rd_kafka_message_t*> messages;
    bool pushing = true;
    while (pushing && !stop.stop_requested()) {
        messages.resize(kMessagesAtOnce);
        const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), kDrainPatience, messages.data(), messages.size());
        messages.resize(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
        pushing = feed(messages, stop);
        for (rd_kafka_message_t* message : messages) rd_kafka_message_destroy(message);
        if (pushing) refill();
        pushing = pushing && look_after(WallClock::now(), stop);
    }
    // What is complete goes on; entries that are open are read again, from their partition's cut.
    for (auto& item : partitions_) pushing = pushing && (item.second.records == 0 || take(item, item.second.idle, stop));
    if (!pushing)
        spdlog::warn("what a Kafka worker held could not be handed on while stopping; it is read again at the next start");
}

/// Runs of one partition go to its matcher at once. False when stopping kept a batch from being pushed.
bool KafkaWorker::feed(std::vector<rd_kafka_message_s*>& messages, std::stop_token stop) {
    for (std::size_t i = 0; i < messages.size();) {
        const rd_kafka_message_t& first = *messages[i];
        if (!first.rkt) {
            if (first.err) spdlog::warn("Kafka: {}", rd_kafka_message_errstr(&first));
            ++i;
            continue;
        }
        const auto found = partitions_.find(input_of(first));
        if (found == partitions_.end()) {
            ++i;
            continue;
        }
        Partition& partition = found->second;
        records_.clear();
        revived_.clear();
        std::size_t bytes = 0;
        const auto same = [&](const rd_kafka_message_t& message) {
            return message.rkt == first.rkt && message.partition == first.partition;
        };
        for (; i < messages.size() && same(*messages[i]); ++i) {
            const rd_kafka_message_t& message = *messages[i];
            if (message.err) {
                if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                    partition.at_end = true;
                } else {
                    spdlog::warn("Kafka: {}[{}]: {}", found->first.name, found->first.partition,
                                 rd_kafka_message_errstr(&message));
                }
                continue;
            }
            partition.at_end = false;
            records_.push_back(record_of(message));
            if (keep_origins_) partition.origins.keep(Offset{message.offset}, origin_of(message));
            if (partition.dead_letters) revive_last();
            bytes += records_.back().bytes.size();
        }
        if (records_.empty()) continue;
        const bool only_canaries = partition.matcher.accept(records_) == 0;
        partition.records += records_.size();
        partition.bytes += bytes;
        drained_ += bytes;
        if (!only_canaries) {
            partition.idle = false;
            partition.last_record = WallClock::now();
        }
        if ((partition.records >= kRecordsPerBatch || partition.bytes >= kBytesPerBatch) && !take(*found, partition.idle, stop))
            return false;
    }
    return true;
}

/// What the dead letter tells of stands in its place, or nothing: its offset passes all the same.
void KafkaWorker::revive_last() {
    RawRecord& record = records_.back();
    auto revived = revive(record.bytes);
    record.bytes = {};
    if (!revived) return;
    if (revived->arrival) record.arrival = revived->arrival;
    record.bytes = revived_.emplace_back(std::move(revived->bytes));
}

bool KafkaWorker::take(Partitions::value_type& item, bool idle, std::stop_token stop) {
    auto& [input, partition] = item;
    if (idle) partition.matcher.close_open_entries();
    CommitRequest request;
    request.lease = lease_;
    request.batch = partition.matcher.take();
    request.batch.input = input;
    request.batch.watermark.idle = idle;
    for (const DeadLetter& letter : request.batch.dead_letters) {
        if (keep_origins_) request.origins[letter.source.offset] = partition.origins.of(letter.source.offset);
    }
    partition.records = partition.bytes = 0;
    partition.idle = idle;
    partition.last_take = WallClock::now();
    const Offset cut = request.batch.next;
    if (!push_or_stop(requests_, request, stop)) return false;
    cuts_[input] = cut;
    return true;
}

/// At every half of what the queue holds, so that the brokers' answers come before it is empty; their threads in turn.
void KafkaWorker::refill() {
    if (drained_ < queued_bytes_ / 2 || partitions_.empty()) return;
    drained_ = 0;
    auto next = woken_ ? partitions_.upper_bound(*woken_) : partitions_.begin();
    if (next == partitions_.end()) next = partitions_.begin();
    woken_ = next->first;
    wake_fetching(client_, next->first);
}

bool KafkaWorker::look_after(WallClock::time_point now, std::stop_token stop) {
    for (auto& item : partitions_) {
        Partition& partition = item.second;
        const bool quiet = partition.at_end && !partition.idle && now - partition.last_record >= kIdleAfter;
        const bool due = partition.records > 0 && now - partition.last_take >= kPushEvery;
        if ((quiet || due) && !take(item, quiet || partition.idle, stop)) return false;
    }
    return true;
}

}  // namespace culprit
