#include "daemon/sources/kafka_source.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <list>
#include <set>

#include "daemon/kafka_client.h"
#include "daemon/kafka_partition.h"
#include "daemon/sources/kafka_places.h"
#include "daemon/sources/kafka_questions.h"
#include "daemon/sources/kafka_worker.h"

namespace culprit {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstAnswer{30'000};
constexpr milliseconds kAloneWithin{15'000};  // a crashed predecessor's session has to end first
constexpr milliseconds kCommitEvery{5'000}, kLagEvery{1'000};
constexpr milliseconds kProbeEvery{10'000}, kProbeInTrouble{2'000};
constexpr milliseconds kHandOver{5'000};  // for the committer to write what the workers matched, before partitions are given back
constexpr milliseconds kTakeAgain{1'000};  // after a lease was lost without a rebalance

/// Defaults that an operator may change, and what culprit's promises rest on (config.cpp refuses to change those).
KafkaProperties consumer_properties(const KafkaSourceSettings& settings) {
    KafkaProperties properties = settings.properties;
    for (const auto& [name, value] : KafkaProperties{{"session.timeout.ms", "6000"},
                                                     {"heartbeat.interval.ms", "2000"},
                                                     {"topic.metadata.refresh.interval.ms", "10000"},
                                                     {"queued.max.messages.kbytes", "32768"},
                                                     {"fetch.wait.max.ms", "50"},
                                                     {"fetch.min.bytes", "65536"},
                                                     {"auto.offset.reset", "earliest"},
                                                     {"allow.auto.create.topics", "false"}}) {
        properties.emplace(name, value);
    }
    properties["group.id"] = settings.group_id;
    properties["enable.auto.commit"] = "false";
    properties["enable.auto.offset.store"] = "false";
    properties["enable.partition.eof"] = "true";
    properties["partition.assignment.strategy"] = "range";  // eager: cooperative ones may loop or lose assignments
    return properties;
}

}  // namespace

struct KafkaSource::State {
    struct Committed {
        InputPartition input;
        Offset next;
    };

    State(const Recognition& known, KafkaSourceSettings given, Telemetry& metrics, bool group_is_shared)
        : recognition(known),
          settings(std::move(given)),
          telemetry(metrics),
          shared(group_is_shared),
          places(settings.start, group_is_shared) {}

    void run(std::stop_token stop);
    bool connect(std::stop_token stop);
    bool alone(std::stop_token stop);
    void poll(std::stop_token stop);
    bool probe();

    static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* self);
    void assign(rd_kafka_topic_partition_list_t* partitions);
    void revoke();
    void hand_over();
    void take_news();
    bool adopt_group_offsets();
    void take_again_when_lost(WallClock::time_point now);
    bool let_go_of_the_removed(const rd_kafka_topic_partition_list_t& partitions);
    std::optional<KafkaStart> start_of(const InputPartition& input);
    SourceProfile profile_of(const InputPartition& input) const;

    void commit_group_offsets();
    void report_lag();

    const Recognition& recognition;
    const KafkaSourceSettings settings;
    Telemetry& telemetry;
    const bool shared;
    SharedText trouble, failure;
    BoundedQueue<CommitRequest>* queue = nullptr;
    BoundedQueue<Committed> news{10'000};  // of commits, for the polling thread

    // All below belong to the polling thread.
    std::stop_token stopping;
    KafkaClient client;
    std::set<InputPartition> opened;  // one node: those that hold the fold's clock back
    KafkaPlaces places;               // the log's or the group's, then what was pushed since
    KafkaPartitions assigned;
    std::shared_ptr<GroupLease> lease;  // shared group: of the present assignment
    std::optional<WallClock::time_point> take_again_at;
    std::map<InputPartition, Offset> group_offsets;
    std::list<KafkaWorker> workers;
    bool group_offsets_changed = false;
    bool newly_assigned = false;  // the group may have got another member
};

KafkaSource::KafkaSource(const Recognition& recognition, KafkaSourceSettings settings, Telemetry& telemetry, Group group)
    : state_(std::make_unique<State>(recognition, std::move(settings), telemetry, group == Group::shared)) {}

KafkaSource::~KafkaSource() { stop(); }

std::string KafkaSource::trouble() const { return state_->trouble.get(); }
std::string KafkaSource::failure() const { return state_->failure.get(); }

void KafkaSource::start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) {
    state_->queue = &queue;
    for (const auto& [input, point] : resume) {
        if (input.type == SourceType::kafka) state_->places.went_on(input, point.next);
    }
    state_->trouble.set("connecting to Kafka");
    thread_ = std::jthread([this](std::stop_token stop) { state_->run(stop); });
}

void KafkaSource::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void KafkaSource::committed(const InputPartition& input, Offset next) {
    if (input.type != SourceType::kafka) return;
    State::Committed news{input, next};
    if (!state_->news.push(news, milliseconds{0})) return;  // monitoring only: the next one says it again
}

void KafkaSource::State::run(std::stop_token stop) {
    stopping = stop;
    auto made =
        make_kafka_client(KafkaRole::consumer, settings.brokers, consumer_properties(settings), [this](rd_kafka_conf_t* conf) {
            rd_kafka_conf_set_rebalance_cb(conf, &State::rebalance);
            rd_kafka_conf_set_opaque(conf, this);
        });
    if (!made) return failure.set(made.error().message);
    client = std::move(made).value();
    rd_kafka_poll_set_consumer(client.get());
    if (connect(stop) && (shared || alone(stop))) poll(stop);
    revoke();
    assigned.reset();
    rd_kafka_consumer_close(client.get());
    client.reset();
}

/// What Kafka holds of our topics, into `trouble`. False when it does not answer.
bool KafkaSource::State::probe() {
    const auto topics = topics_of_cluster(client.get());
    if (!topics) {
        trouble.set("Kafka at " + joined_brokers(settings.brokers) + " does not answer: " + topics.error().message);
        return false;
    }
    std::string missing;
    for (const TopicSettings& topic : settings.topics) {
        const auto found = topics.value().find(topic.name);
        if (found == topics.value().end()) {
            missing += (missing.empty() ? "" : ", ") + topic.name;
            places.saw_topic(topic.name, 0);
            continue;
        }
        places.saw_topic(topic.name, found->second);
    }
    if (!missing.empty()) {
        trouble.set("waiting for topics that do not exist yet: " + missing);
    } else {
        trouble.set(assigned ? "" : "joining the consumer group " + settings.group_id);
    }
    return true;
}

bool KafkaSource::State::connect(std::stop_token stop) {
    const auto until = WallClock::now() + kFirstAnswer;
    while (!stop.stop_requested()) {
        if (probe()) return true;
        if (WallClock::now() >= until) {
            failure.set(trouble.get() + "; check sources.kafka.brokers and its properties");
            return false;
        }
        std::this_thread::sleep_for(milliseconds{200});
    }
    return false;
}

bool KafkaSource::State::alone(std::stop_token stop) {
    auto patience = kAloneWithin;
    if (const auto given = settings.properties.find("session.timeout.ms"); given != settings.properties.end()) {
        patience = std::max(patience, milliseconds{std::atoll(given->second.c_str()) + 5'000});
    }
    const auto until = WallClock::now() + patience;
    while (!stop.stop_requested()) {
        const auto others = members_of_group(client.get(), settings.group_id);
        if (others && *others == 0) return true;
        if (WallClock::now() >= until) {
            if (!others) return true;  // not allowed to ask: the assignment will tell
            failure.set("the consumer group " + settings.group_id +
                        " has another member; culprit does not share its group: stop the other one, or give this one a group_id "
                        "of its own");
            return false;
        }
        trouble.set("waiting for another member to leave the consumer group " + settings.group_id);
        std::this_thread::sleep_for(milliseconds{200});
    }
    return false;
}

void KafkaSource::State::poll(std::stop_token stop) {
    const KafkaPartitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(settings.topics.size())));
    for (const TopicSettings& topic : settings.topics)
        rd_kafka_topic_partition_list_add(topics.get(), topic.name.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto error = rd_kafka_subscribe(client.get(), topics.get())) {
        return failure.set(std::string("the topics cannot be subscribed to: ") + rd_kafka_err2str(error));
    }
    auto now = WallClock::now();
    auto next_commit = now + kCommitEvery, next_lag = now, next_probe = now + kProbeInTrouble;
    while (!stop.stop_requested() && failure.get().empty()) {
        if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client.get(), 100)) {
            // Records come through the partitions' own queues; here there are only errors.
            if (message->err) spdlog::info("Kafka: {}", rd_kafka_message_errstr(message));
            rd_kafka_message_destroy(message);
        }
        if (const auto error = rd_kafka_fatal_error(client.get(), nullptr, 0)) {
            failure.set(std::string("Kafka ended this consumer: ") + rd_kafka_err2str(error));
        }
        take_news();
        now = WallClock::now();
        take_again_when_lost(now);
        if (now >= next_probe) {
            probe();
            next_probe = now + (trouble.get().empty() ? kProbeEvery : kProbeInTrouble);
            if (newly_assigned) {
                newly_assigned = false;
                if (!shared && members_of_group(client.get(), settings.group_id).value_or(1) > 1) {
                    failure.set("another member joined the consumer group " + settings.group_id +
                                "; culprit does not share its group: give each its own group_id");
                }
            }
        }
        if (now >= next_lag) {
            next_lag = now + kLagEvery;
            report_lag();
        }
        if (now >= next_commit) {
            next_commit = now + kCommitEvery;
            commit_group_offsets();
        }
    }
}

void KafkaSource::State::rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions,
                                   void* self) {
    State& state = *static_cast<State*>(self);
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return state.assign(partitions);
    if (rd_kafka_assignment_lost(state.client.get()) && state.lease) state.lease->lose();
    state.revoke();
    state.assigned.reset();
    rd_kafka_assign(state.client.get(), nullptr);
}

void KafkaSource::State::take_news() {
    while (const auto committed = news.pop(milliseconds{0})) {
        group_offsets[committed->input] = committed->next;
        group_offsets_changed = true;
    }
}

/// Waits for the committer, so that the next owner does not have to match it again; then the lease is over.
void KafkaSource::State::hand_over() {
    if (!lease) return;
    const auto until = WallClock::now() + kHandOver;
    const auto all_written = [&] {
        take_news();
        return std::ranges::all_of(places.cuts(), [&](const auto& cut) {
            const auto written = group_offsets.find(cut.first);
            return written != group_offsets.end() && written->second >= cut.second;
        });
    };
    while (lease->held() && !all_written() && WallClock::now() < until) std::this_thread::sleep_for(milliseconds{10});
    lease->lose();
    lease.reset();
    places.forget_all();
    for (const auto& [input, next] : group_offsets) telemetry.consumer_gone(input.name, input.partition);
    group_offsets.clear();
}

/// The committer lost the lease (it was fenced, or does not know what became of a transaction) and no rebalance followed: the
/// partitions are still ours, and go on from what the group has committed.
void KafkaSource::State::take_again_when_lost(WallClock::time_point now) {
    if (!lease || lease->held() || !assigned) {
        take_again_at.reset();
        return;
    }
    if (!take_again_at) take_again_at = now + kTakeAgain;
    if (now < *take_again_at) return;
    take_again_at.reset();
    spdlog::warn("Kafka: the partitions' records go on from what the group {} has committed", settings.group_id);
    const KafkaPartitions again(rd_kafka_topic_partition_list_copy(assigned.get()));
    revoke();
    rd_kafka_assign(client.get(), nullptr);
    assign(again.get());
}

/// Asks until Kafka answers; false when stopping.
bool KafkaSource::State::adopt_group_offsets() {
    while (!stopping.stop_requested()) {
        const auto adopted = places.adopt_group_offsets(client.get());
        if (adopted) return true;
        trouble.set("Kafka does not say what the group " + settings.group_id + " has committed: " + adopted.error().message);
        std::this_thread::sleep_for(milliseconds{200});
    }
    return false;
}

/// Workers end before their partitions are given back.
void KafkaSource::State::revoke() {
    for (KafkaWorker& worker : workers) {
        worker.join();
        for (const auto& [input, cut] : worker.cuts()) places.went_on(input, cut);
    }
    workers.clear();
    hand_over();
}

/// One node: partitions that were ours and that the cluster has no more would hold the fold's clock back for ever. (On many
/// nodes another matcher may have them: SilentInputs.) False when stopping.
bool KafkaSource::State::let_go_of_the_removed(const rd_kafka_topic_partition_list_t& partitions) {
    std::set<InputPartition> present;
    for (int i = 0; i < partitions.cnt; ++i)
        present.insert({SourceType::kafka, partitions.elems[i].topic, partitions.elems[i].partition});
    for (auto it = opened.begin(); it != opened.end();) {
        if (present.contains(*it)) {
            ++it;
            continue;
        }
        spdlog::warn("Kafka: {}[{}] is gone; it no longer holds event time back", it->name, it->partition);
        CommitRequest last;
        last.batch.input = last.batch.watermark.input = *it;
        last.batch.next = places.next(*it);
        last.batch.watermark.idle = true;
        last.finished = true;
        if (!push_or_stop(*queue, last, stopping)) return false;
        group_offsets.erase(*it);
        telemetry.consumer_gone(it->name, it->partition);
        it = opened.erase(it);
    }
    return true;
}

SourceProfile KafkaSource::State::profile_of(const InputPartition& input) const {
    SourceProfile profile;
    profile.input = input;
    for (const TopicSettings& topic : settings.topics) {
        if (topic.name != input.name) continue;
        profile.log_line_prefix = topic.log_line_prefix;
        profile.labels = topic.labels;
    }
    return profile;
}

/// Asks until Kafka answers; nothing when stopping.
std::optional<KafkaStart> KafkaSource::State::start_of(const InputPartition& input) {
    while (!stopping.stop_requested()) {
        const auto start = places.start_of(client.get(), input);
        if (start) return start.value();
        trouble.set("Kafka does not say what " + input.name + "[" + std::to_string(input.partition) +
                    "] holds: " + start.error().message);
        std::this_thread::sleep_for(milliseconds{500});
    }
    return std::nullopt;
}

void KafkaSource::State::assign(rd_kafka_topic_partition_list_t* partitions) {
    revoke();
    newly_assigned = true;
    assigned.reset(rd_kafka_topic_partition_list_copy(partitions));
    if (shared) {
        probe();  // the present number of partitions
        if (!adopt_group_offsets()) return;
        lease = std::make_shared<GroupLease>(rd_kafka_consumer_group_metadata(client.get()), places.notes());
    }
    std::vector<std::pair<SourceProfile, Offset>> starts;
    for (int i = 0; i < partitions->cnt; ++i) {
        auto& partition = partitions->elems[i];
        const InputPartition input{SourceType::kafka, partition.topic, partition.partition};
        const auto start = start_of(input);
        if (!start) return;
        if (!start->warning.empty()) spdlog::error("Kafka: {}[{}] {}", input.name, input.partition, start->warning);
        partition.offset = start->read_from.value;
        starts.emplace_back(profile_of(input), start->counted);
    }
    if (!shared && !let_go_of_the_removed(*partitions)) return;
    // All of them hold the fold's clock back before the first is drained; and where a first start begins outlives a crash.
    if (shared) places.forget_all();  // from here on of our own partitions alone
    for (const auto& [profile, counted] : starts) {
        CommitRequest opening;
        opening.lease = lease;
        opening.batch.input = profile.input;
        opening.batch.next = counted;
        opening.batch.watermark.input = profile.input;
        opening.opening = true;
        places.went_on(profile.input, counted);
        if (!push_or_stop(*queue, opening, stopping)) return;
        if (!shared) opened.insert(profile.input);
    }
    const std::size_t threads = std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), starts.size());
    for (std::size_t i = 0; i < threads; ++i)
        workers.emplace_back(client.get(), recognition, *queue, lease, settings.keep_origins);
    auto worker = workers.begin();
    for (const auto& [profile, counted] : starts) {
        const auto topic = std::ranges::find(settings.topics, profile.input.name, &TopicSettings::name);
        worker->own(profile, counted, topic != settings.topics.end() && topic->dead_letters);
        if (++worker == workers.end()) worker = workers.begin();
    }
    if (const auto error = rd_kafka_assign(client.get(), partitions)) {
        return failure.set(std::string("Kafka's partitions cannot be taken over: ") + rd_kafka_err2str(error));
    }
    for (KafkaWorker& each : workers) each.run();
    spdlog::info("reading {} Kafka partitions with {} threads", starts.size(), threads);
    if (!workers.empty()) probe();
}

void KafkaSource::State::commit_group_offsets() {
    if (shared || !group_offsets_changed || workers.empty()) return;
    group_offsets_changed = false;
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(group_offsets.size())));
    for (const auto& [input, next] : group_offsets) {
        rd_kafka_topic_partition_list_add(list.get(), input.name.c_str(), input.partition)->offset = next.value;
    }
    if (const auto error = rd_kafka_commit(client.get(), list.get(), 1))
        spdlog::info("Kafka: the group's offsets are not committed: {}", rd_kafka_err2str(error));
}

void KafkaSource::State::report_lag() {
    for (const auto& [input, next] : group_offsets) {
        telemetry.consumer_offset(input.name, input.partition, next.value);
        if (const auto end = last_known_end(client.get(), input))
            telemetry.consumer_lag(input.name, input.partition, std::max<std::int64_t>(0, end->value - next.value));
    }
}

}  // namespace culprit
