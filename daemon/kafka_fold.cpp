#include "daemon/kafka_fold.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <map>
#include <thread>

#include "correlator/rules_fingerprint.h"
#include "daemon/canary_watch.h"
#include "daemon/kafka_client.h"
#include "daemon/kafka_partition.h"
#include "daemon/kafka_writer.h"
#include "daemon/pending_batches.h"
#include "daemon/shared_text.h"
#include "daemon/signal_log/epoch.h"
#include "daemon/signal_log/snapshot_topic.h"
#include "daemon/silent_inputs.h"

namespace culprit {

namespace {

using std::chrono::milliseconds;
constexpr int kRequestTimeout = 5'000;
constexpr milliseconds kReviseEvery{50}, kCommitEvery{5'000}, kMetricsEvery{1'000}, kTryAgain{500};
constexpr std::chrono::minutes kCensusEvery{1};

/// One partition that is ours.
struct Part {
    std::unique_ptr<Fold> fold;
    SilentInputs inputs;
    std::int64_t epoch = 0;
    std::int64_t position = -1;  // the last entry that was folded
    std::int64_t end_at_start = 0;
    bool touched = false, at_end = false;
    std::int64_t snapshot_at = -1;  // the position of the last one written
    WallClock::time_point next_snapshot{};
};

}  // namespace

struct KafkaFold::State {
    State(const SignalLogSettings& log, CorrelationSettings correlation_settings, const Sinks& all_sinks, Telemetry& metrics)
        : settings(*log.kafka),
          retention(log.retention),
          correlation(std::move(correlation_settings)),
          rules(rules_fingerprint(correlation)),
          sinks(all_sinks),
          telemetry(metrics),
          canaries(all_sinks, metrics),
          snapshots(settings),
          writer(settings.brokers, settings.properties) {}

    bool connect(std::stop_token stop);
    static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* self);
    void assign(rd_kafka_topic_partition_list_t* partitions);
    std::optional<Part> take_over(int partition);
    void revoke();
    void handle(const rd_kafka_message_t& message);
    void revise();
    void write_snapshot(int partition, Part& part);
    void look_after(WallClock::time_point now);
    void let_go_of_silent_inputs(int partition, Part& part, WallClock::time_point now);
    void commit_heads();

    const KafkaLogSettings settings;
    const Duration retention;
    const CorrelationSettings correlation;
    const std::string rules;
    const Sinks& sinks;
    Telemetry& telemetry;
    CanaryWatch canaries;
    SnapshotTopic snapshots;
    KafkaWriter writer;  // of what it says of silent inputs
    SharedText trouble;
    std::function<void(const OperatorNote&)> note_listener;
    std::string failure;
    std::stop_token stopping;
    KafkaClient client;
    std::map<int, Part> parts;
    bool assigned = false;
    WallClock::time_point next_commit{}, next_metrics{}, next_census{};
};

KafkaFold::KafkaFold(const SignalLogSettings& log, CorrelationSettings correlation, const Sinks& sinks, Telemetry& telemetry)
    : state_(std::make_unique<State>(log, std::move(correlation), sinks, telemetry)) {
    state_->trouble.set("connecting to Kafka");
}
KafkaFold::~KafkaFold() = default;
void KafkaFold::on_note(std::function<void(const OperatorNote&)> listener) { state_->note_listener = std::move(listener); }
std::string KafkaFold::trouble() const { return state_->trouble.get(); }

bool KafkaFold::State::connect(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const auto count = partition_count(settings.brokers, settings.properties, settings.topic);
        if (count && count.value() > 0) return true;
        trouble.set(count ? "waiting for the signal log's topic " + settings.topic + "; culprit setup kafka creates it"
                          : count.error().message);
        std::this_thread::sleep_for(kTryAgain);
    }
    return false;
}

Result<Done> KafkaFold::run(std::stop_token stop) {
    State& state = *state_;
    state.stopping = stop;
    if (!state.connect(stop)) return Done{};
    KafkaProperties properties = state.settings.properties;
    for (const auto& [name, value] : KafkaProperties{
             {"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "2000"}, {"topic.metadata.refresh.interval.ms", "10000"}})
        properties.emplace(name, value);
    properties["group.id"] = state.settings.group_id;
    properties["isolation.level"] = "read_committed";
    properties["enable.auto.commit"] = "false";
    properties["enable.auto.offset.store"] = "false";
    properties["enable.partition.eof"] = "true";
    properties["auto.offset.reset"] = "earliest";
    properties["partition.assignment.strategy"] = "range";
    auto made = make_kafka_client(KafkaRole::consumer, state.settings.brokers, properties, [&](rd_kafka_conf_t* conf) {
        rd_kafka_conf_set_rebalance_cb(conf, &State::rebalance);
        rd_kafka_conf_set_opaque(conf, &state);
    });
    if (!made) return made.error();
    state.client = std::move(made).value();
    rd_kafka_t* client = state.client.get();
    rd_kafka_poll_set_consumer(client);
    {
        const KafkaPartitions topics(rd_kafka_topic_partition_list_new(1));
        rd_kafka_topic_partition_list_add(topics.get(), state.settings.topic.c_str(), RD_KAFKA_PARTITION_UA);
        if (const auto error = rd_kafka_subscribe(client, topics.get()))
            return Error{"the signal log's topic cannot be subscribed to: " + std::string(rd_kafka_err2str(error))};
    }
    state.trouble.set("joining the consumer group " + state.settings.group_id);
    auto next_revision = WallClock::now();
    while (!stop.stop_requested() && state.failure.empty()) {
        if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 50)) {
            state.handle(*message);
            rd_kafka_message_destroy(message);
        }
        const auto now = WallClock::now();
        if (now >= next_revision) {
            next_revision = now + kReviseEvery;
            state.revise();
            state.look_after(now);
        }
        if (const auto error = rd_kafka_fatal_error(client, nullptr, 0))
            state.failure = std::string("Kafka ended this correlator: ") + rd_kafka_err2str(error);
    }
    if (state.failure.empty()) state.revise();
    state.revoke();
    rd_kafka_consumer_close(client);
    state.client.reset();
    if (!state.failure.empty()) return Error{state.failure};
    return Done{};
}

void KafkaFold::State::rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions,
                                 void* self) {
    State& state = *static_cast<State*>(self);
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return state.assign(partitions);
    state.revoke();
    rd_kafka_assign(client, nullptr);
}

void KafkaFold::State::revoke() {
    if (!rd_kafka_assignment_lost(client.get())) {
        for (auto& [number, part] : parts) write_snapshot(number, part);
        commit_heads();
    }
    for (const auto& [number, part] : parts) {
        telemetry.consumer_gone(settings.topic, number);
        canaries.gone(number);
    }
    parts.clear();
    assigned = false;
}

/// Asks until Kafka answers; nothing when stopping.
std::optional<Part> KafkaFold::State::take_over(int partition) {
    while (!stopping.stop_requested()) {
        auto stored = snapshots.read(partition);
        std::int64_t low = 0, high = 0;
        std::string problem;
        if (!stored) {
            problem = stored.error().message;
        } else if (const auto error = rd_kafka_query_watermark_offsets(client.get(), settings.topic.c_str(), partition, &low,
                                                                       &high, kRequestTimeout)) {
            problem = "Kafka does not say what " + settings.topic + "[" + std::to_string(partition) +
                      "] holds: " + rd_kafka_err2str(error);
        } else {
            std::optional<StoredPlace> place;
            if (stored.value()) {
                const StoredSnapshot& snapshot = *stored.value();
                place = StoredPlace{snapshot.epoch, snapshot.fold.position.value, snapshot.rules};
            }
            const FoldStart start = fold_start(place, rules, low, high, epoch_now());
            if (!start.warning.empty()) spdlog::error("{}[{}] {}", settings.topic, partition, start.warning);
            Part part{nullptr, SilentInputs(settings.abandon_after)};
            part.epoch = start.epoch;
            part.end_at_start = high;
            CorrelationSettings own = correlation;
            own.epoch = start.epoch;
            part.fold = std::make_unique<Fold>(std::move(own), sinks);
            if (note_listener) part.fold->on_note(note_listener);
            part.position = start.first - 1;
            if (stored.value()) {
                if (start.anew) stored.value()->fold.position = LogPosition{0};
                part.fold->restore(*stored.value());
                for (const LogEntry& entry : stored.value()->fold.entries)
                    if (const auto* update = std::get_if<WatermarkUpdate>(&entry)) part.inputs.heard(*update, WallClock::now());
            }
            part.snapshot_at = part.position;
            // The epoch has to outlive us before a document says it.
            if (!place || place->epoch != start.epoch) {
                part.snapshot_at = -2;
                write_snapshot(partition, part);
            }
            part.next_snapshot = WallClock::now() + settings.snapshot_every;
            spdlog::info("{}[{}]: folding from position {}, epoch {}", settings.topic, partition, start.first, start.epoch);
            return part;
        }
        trouble.set(problem);
        std::this_thread::sleep_for(kTryAgain);
    }
    return std::nullopt;
}

void KafkaFold::State::assign(rd_kafka_topic_partition_list_t* partitions) {
    parts.clear();
    for (int i = 0; i < partitions->cnt; ++i) {
        auto part = take_over(partitions->elems[i].partition);
        if (!part) return;
        partitions->elems[i].offset = part->position + 1;
        part->fold->offer_all();
        parts.emplace(partitions->elems[i].partition, std::move(*part));
    }
    if (const auto error = rd_kafka_assign(client.get(), partitions)) {
        failure = std::string("the signal log's partitions cannot be taken over: ") + rd_kafka_err2str(error);
        return;
    }
    assigned = true;
    trouble.set("");
}

void KafkaFold::State::handle(const rd_kafka_message_t& message) {
    const auto found = message.rkt ? parts.find(message.partition) : parts.end();
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (found != parts.end()) found->second.at_end = true;
        return;
    }
    if (message.err) return spdlog::info("Kafka: {}", rd_kafka_message_errstr(&message));
    if (found == parts.end()) return;
    Part& part = found->second;
    const auto entry = decode_log_entry({static_cast<const char*>(message.payload), message.len});
    if (!entry) {
        failure = settings.topic + "[" + std::to_string(message.partition) + "], position " + std::to_string(message.offset) +
                  ", cannot be decoded: " + entry.error().message + "; correlators are upgraded before matchers";
        return;
    }
    part.fold->apply(entry.value(), LogPosition{message.offset});
    if (const auto* update = std::get_if<WatermarkUpdate>(&entry.value())) {
        part.inputs.heard(*update, WallClock::now());
        canaries.folded(message.partition, *update, message.offset < part.end_at_start);
    }
    part.position = message.offset;
    part.touched = true;
    part.at_end = false;
}

void KafkaFold::State::revise() {
    for (auto& [number, part] : parts) {
        if (std::exchange(part.touched, false)) part.fold->offer_revisions();
    }
    canaries.offered();
}

void KafkaFold::State::write_snapshot(int partition, Part& part) {
    if (part.position == part.snapshot_at) return;
    StoredSnapshot snapshot = part.fold->snapshot();
    snapshot.epoch = part.epoch;
    snapshot.rules = rules;
    snapshot.fold.position = LogPosition{part.position};
    const auto written = snapshots.write(partition, snapshot);
    if (!written) return spdlog::warn("{}; the next owner folds more of the log", written.error().message);
    part.snapshot_at = part.position;
}

/// Only at the log's end: before it nobody knows what was written since.
void KafkaFold::State::let_go_of_silent_inputs(int partition, Part& part, WallClock::time_point now) {
    if (!part.at_end) return;
    const auto updates = part.inputs.silent(now);
    if (updates.empty()) return;
    Result<Done> safe = Done{};
    for (const WatermarkUpdate& update : updates) {
        if (safe) safe = writer.produce(settings.topic, partition, {"everywhere", encode(update)});
    }
    if (safe) safe = writer.flush();
    if (!safe) return spdlog::warn("{}[{}] cannot be written: {}", settings.topic, partition, safe.error().message);
    for (const WatermarkUpdate& update : updates) {
        part.inputs.heard(update, now);
        spdlog::warn("{}[{}]: of {} {}[{}] nothing has been written for {} s; it no longer holds event time back", settings.topic,
                     partition, to_string(update.input.type), update.input.name, update.input.partition,
                     std::chrono::duration_cast<std::chrono::seconds>(settings.abandon_after).count());
    }
}

void KafkaFold::State::commit_heads() {
    if (parts.empty()) return;
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(parts.size())));
    for (const auto& [number, part] : parts)
        rd_kafka_topic_partition_list_add(list.get(), settings.topic.c_str(), number)->offset = part.position + 1;
    if (const auto error = rd_kafka_commit(client.get(), list.get(), 1))
        spdlog::info("Kafka: the correlators' offsets are not committed: {}", rd_kafka_err2str(error));
}

void KafkaFold::State::look_after(WallClock::time_point now) {
    for (auto& [number, part] : parts) {
        if (now < part.next_snapshot) continue;
        part.next_snapshot = now + settings.snapshot_every;
        write_snapshot(number, part);
    }
    if (now >= next_commit) {
        next_commit = now + kCommitEvery;
        commit_heads();
    }
    if (now < next_metrics) return;
    next_metrics = now + kMetricsEvery;
    canaries.look_after();
    const bool census = now >= next_census;
    if (census) next_census = now + kCensusEvery;
    std::map<std::string, std::size_t> counts{{"open", 0}, {"resolved", 0}};
    std::map<std::string, Correlator::TableSize> sizes;
    std::optional<EventTime> watermark;
    for (auto& [number, part] : parts) {
        let_go_of_silent_inputs(number, part, now);
        part.fold->forget_when_due(retention);
        if (census) part.fold->take_census();
        part.fold->count(counts);
        part.fold->measure(sizes);
        const auto its = part.fold->watermark();
        if (its) watermark = watermark ? std::min(*watermark, *its) : *its;
        telemetry.consumer_offset(settings.topic, number, part.position + 1);
        std::int64_t low = 0, high = 0;
        if (!rd_kafka_get_watermark_offsets(client.get(), settings.topic.c_str(), number, &low, &high) && high >= 0)
            telemetry.consumer_lag(settings.topic, number, std::max<std::int64_t>(0, part.at_end ? 0 : high - part.position - 1));
    }
    for (const auto& [status, count] : counts) telemetry.incidents(status, count);
    for (const auto& [table, its] : sizes) telemetry.state_size(table, its.size, its.limit);
    for (const auto& sink : sinks) telemetry.sink_pending(sink->name(), sink->pending());
    if (!watermark) return;
    const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    telemetry.watermark_delay(std::chrono::duration<double>(wall - *watermark).count());
}

}  // namespace culprit
