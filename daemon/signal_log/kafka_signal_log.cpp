#include "daemon/signal_log/kafka_signal_log.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>
#include <xxhash.h>

#include <nlohmann/json.hpp>
#include <set>

#include "daemon/dead_letters.h"
#include "daemon/kafka_partition.h"
#include "matchers/compact_tally.h"
#include "matchers/signal.h"

namespace culprit {

namespace {

constexpr int kPatience = 30'000;  // milliseconds, for one step of a transaction
constexpr const char* kTransactionTimeout = "15000";

struct ErrorDeleter {
    void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using KafkaError = std::unique_ptr<rd_kafka_error_t, ErrorDeleter>;

/// The group has gone on without us.
bool generation_is_over(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

/// Somebody else began transactions under our id, or the coordinator ended ours while we were away.
bool fenced(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

const std::string* environment_of(const LogEntry& entry) {
    if (const auto* tally = std::get_if<Tally>(&entry)) return &tally->key.fingerprint.environment;
    if (const auto* signal = std::get_if<Signal>(&entry)) return &signal->scope.environment;
    if (const auto* note = std::get_if<OperatorNote>(&entry); note && !note->environment.empty()) return &note->environment;
    return nullptr;
}

}  // namespace

int log_partition_of(std::string_view environment, int partitions) {
    return static_cast<int>(XXH64(environment.data(), environment.size(), 0) % static_cast<std::uint64_t>(partitions));
}

KafkaSignalLog::KafkaSignalLog(KafkaLogSettings settings, std::string dead_letter_topic, bool raw_dead_letters)
    : settings_(std::move(settings)), dead_letter_topic_(std::move(dead_letter_topic)), raw_dead_letters_(raw_dead_letters) {}

KafkaSignalLog::~KafkaSignalLog() = default;

/// Makes the producer anew, which aborts what an earlier one of the same name left open.
Result<Done> KafkaSignalLog::open() {
    if (producer_) return Done{};
    const auto count = partition_count(settings_.brokers, settings_.properties, settings_.topic);
    if (!count) return count.error();
    if (count.value() == 0)
        return Error{"the signal log's topic " + settings_.topic + " does not exist; culprit setup kafka creates it"};
    partitions_ = count.value();
    KafkaProperties properties = settings_.properties;
    properties["transactional.id"] = settings_.transactional_id;
    properties["transaction.timeout.ms"] = kTransactionTimeout;
    properties.emplace("compression.type", "lz4");
    properties.emplace("linger.ms", "5");
    properties.emplace("message.max.bytes", "8388608");
    auto made = make_kafka_client(KafkaRole::producer, settings_.brokers, properties);
    if (!made) return made.error();
    if (const KafkaError error{rd_kafka_init_transactions(made.value().get(), kPatience)}) {
        return Error{"Kafka does not begin transactions for " + settings_.transactional_id + ": " +
                     rd_kafka_error_string(error.get())};
    }
    producer_ = std::move(made).value();
    return Done{};
}

Result<Done> KafkaSignalLog::produce(const std::string& topic, int partition, const std::string& key, const std::string& value) {
    for (int waited = 0;; waited += 100) {
        const auto error = rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                                             RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
        if (!error) return Done{};
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || waited >= kPatience)
            return Error{"the topic " + topic + " cannot be written: " + rd_kafka_err2str(error)};
        rd_kafka_poll(producer_.get(), 100);
    }
}

std::string KafkaSignalLog::offset_key(const InputPartition& input) const {
    return "offset/" + settings_.transactional_id + "/" + std::string(to_string(input.type)) + "/" + input.name;
}

Result<Done> KafkaSignalLog::produce(const LogBatch& batch) {
    for (const LogEntry& entry : batch.entries) {
        const std::string value = encode_compact(entry);
        if (const std::string* environment = environment_of(entry)) {
            const auto sent = produce(settings_.topic, log_partition_of(*environment, partitions_), *environment, value);
            if (!sent) return sent;
            continue;
        }
        for (int partition = 0; partition < partitions_; ++partition) {
            if (const auto sent = produce(settings_.topic, partition, "everywhere", value); !sent) return sent;
        }
    }
    for (const KeptLetter& letter : batch.dead_letters) {
        if (!takes_dead_letters()) break;  // they were written apart, before the transaction
        const auto sent =
            produce(dead_letter_topic_, RD_KAFKA_PARTITION_UA, origin_of(letter.letter), to_json_line(letter, raw_dead_letters_));
        if (!sent) return sent;
    }
    if (batch.lease || !batch.next) return Done{};
    const nlohmann::ordered_json point{{"next", batch.next->value}, {"identity", batch.identity}};
    return produce(settings_.snapshots, 0, offset_key(batch.input), point.dump());
}

Result<Done> KafkaSignalLog::send_offsets(std::span<const LogBatch> batches) {
    std::set<GroupLease*> leases;
    for (const LogBatch& batch : batches) {
        if (batch.lease) leases.insert(batch.lease.get());
    }
    for (GroupLease* lease : leases) {
        const KafkaPartitions list(rd_kafka_topic_partition_list_new(8));
        for (const LogBatch& batch : batches) {
            if (batch.lease.get() != lease || !batch.next) continue;
            auto* added = rd_kafka_topic_partition_list_add(list.get(), batch.input.name.c_str(), batch.input.partition);
            added->offset = batch.next->value;
            const std::string note = lease->note(batch.input.name);
            added->metadata = strdup(note.c_str());  // freed with the list
            added->metadata_size = note.size();
        }
        if (list->cnt == 0) continue;
        const KafkaError error{rd_kafka_send_offsets_to_transaction(producer_.get(), list.get(), lease->metadata(), kPatience)};
        if (!error) continue;
        if (generation_is_over(rd_kafka_error_code(error.get()))) lease->lose();
        return give_up("the input offsets are refused", error.get());
    }
    return Done{};
}

Result<Done> KafkaSignalLog::commit() {
    for (int tries_left = 3;; --tries_left) {
        const KafkaError error{rd_kafka_commit_transaction(producer_.get(), -1)};
        if (!error) return Done{};
        if (rd_kafka_error_is_retriable(error.get()) && tries_left > 1) continue;
        return give_up("the transaction is not committed", error.get());
    }
}

/// Brings the producer back to where a transaction can begin, or lets go of it.
Error KafkaSignalLog::give_up(const std::string& step, rd_kafka_error_s* error) {
    Error problem{"the signal log's topic " + settings_.topic + ": " + step + ": " + rd_kafka_error_string(error)};
    if (fenced(rd_kafka_error_code(error)))
        problem.message += "; should this go on, another process has the transactional id " + settings_.transactional_id +
                           " too: give each its own signal_log.kafka.transactional_id";
    if (rd_kafka_error_txn_requires_abort(error)) {
        const KafkaError aborted{rd_kafka_abort_transaction(producer_.get(), -1)};
        if (!aborted) return problem;
    }
    // Fenced, or nobody knows what became of the transaction: the group's offsets tell, once a new producer has ended it.
    producer_.reset();
    return problem;
}

Result<std::vector<LogPosition>> KafkaSignalLog::append(std::span<const LogBatch> batches) {
    if (const auto opened = open(); !opened) return opened.error();
    // When the producer is lost nobody knows what became of the transaction: its partitions go on from the committed offsets.
    const auto failed = [&](const Error& error) {
        for (const LogBatch& batch : batches) {
            if (!producer_ && batch.lease) batch.lease->lose();
        }
        return error;
    };
    if (const KafkaError error{rd_kafka_begin_transaction(producer_.get())})
        return failed(give_up("no transaction can begin", error.get()));
    for (const LogBatch& batch : batches) {
        if (const auto sent = produce(batch); !sent) {
            const KafkaError aborted{rd_kafka_abort_transaction(producer_.get(), -1)};
            if (aborted) producer_.reset();
            return failed(sent.error());
        }
    }
    if (const auto sent = send_offsets(batches); !sent) return failed(sent.error());
    if (const auto committed = commit(); !committed) return failed(committed.error());
    return std::vector<LogPosition>{};
}

Result<ResumePoints> KafkaSignalLog::offsets() {
    // A producer of the same name that died may have left a transaction open; what it wrote counts only once that has ended.
    if (const auto opened = open(); !opened) return opened.error();
    ResumePoints points;
    const std::string prefix = "offset/" + settings_.transactional_id + "/";
    const auto read =
        read_partition(settings_.brokers, settings_.properties, settings_.snapshots, 0,
                       [&](std::string_view key, std::string_view value, std::int64_t) {
                           if (!key.starts_with(prefix)) return;
                           key.remove_prefix(prefix.size());
                           const std::size_t slash = key.find('/');
                           const auto json = nlohmann::json::parse(value, nullptr, false);
                           if (slash == key.npos || !json.is_object()) return;
                           InputPartition input{SourceType::file, std::string(key.substr(slash + 1)), 0};
                           if (key.substr(0, slash) == to_string(SourceType::stdin_stream)) input.type = SourceType::stdin_stream;
                           points[input] = {Offset{json.value("next", std::int64_t{0})}, json.value("identity", "")};
                       });
    if (!read) return read.error();
    return points;
}

}  // namespace culprit
