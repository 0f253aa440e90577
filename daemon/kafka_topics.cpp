#include "daemon/kafka_topics.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>

#include "daemon/kafka_partition.h"

namespace culprit {

namespace {

constexpr int kPatience = 30'000;  // milliseconds
constexpr std::chrono::seconds kPropagation{15};

struct QueueDeleter {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct EventDeleter {
    void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;
using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;

Error refused(const std::string& topic, const char* why) { return Error{"the topic " + topic + ": " + why}; }

}  // namespace

std::vector<std::string> topic_problems(const TopicWanted& wanted, const TopicFound& found) {
    std::vector<std::string> problems;
    if (found.partitions != wanted.partitions) {
        problems.push_back("it has " + std::to_string(found.partitions) + " partitions, expected " +
                           std::to_string(wanted.partitions) +
                           "; environments are spread over them, so give the present number to signal_log.kafka.partitions, or "
                           "stop culprit and make the topic and its snapshots anew");
    }
    for (const std::string& name : wanted.needed) {
        const auto it = found.settings.find(name);
        const std::string value = it == found.settings.end() ? "" : it->second;
        const std::string& expected = wanted.settings.at(name);
        if (value != expected)
            problems.push_back("its " + name + " is '" + value + "', expected '" + expected +
                               "'; alter the topic's configuration");
    }
    return problems;
}

Result<std::optional<TopicFound>> KafkaTopics::find(const std::string& name) const {
    const auto count = partition_count(brokers_, properties_, name);
    if (!count) return count.error();
    if (count.value() == 0) return std::optional<TopicFound>();
    TopicFound found;
    found.partitions = count.value();
    auto client = make_kafka_client(KafkaRole::producer, brokers_, properties_);
    if (!client) return client.error();
    const Queue queue(rd_kafka_queue_new(client.value().get()));
    rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
    rd_kafka_DescribeConfigs(client.value().get(), &resource, 1, nullptr, queue.get());
    rd_kafka_ConfigResource_destroy(resource);
    const Event event(rd_kafka_queue_poll(queue.get(), kPatience));
    if (!event) return refused(name, "Kafka does not describe it in time");
    if (rd_kafka_event_error(event.get())) return refused(name, rd_kafka_event_error_string(event.get()));
    std::size_t resources = 0;
    const auto* described =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &resources);
    if (resources != 1) return refused(name, "Kafka does not describe it");
    // One broker has heard of it, the one that was asked for its settings has not.
    if (rd_kafka_ConfigResource_error(described[0]) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return std::optional<TopicFound>();
    if (rd_kafka_ConfigResource_error(described[0])) return refused(name, rd_kafka_ConfigResource_error_string(described[0]));
    std::size_t entries = 0;
    const auto* configs = rd_kafka_ConfigResource_configs(described[0], &entries);
    for (std::size_t i = 0; i < entries; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(configs[i]);
        found.settings[rd_kafka_ConfigEntry_name(configs[i])] = value ? value : "";
    }
    return std::optional<TopicFound>(std::move(found));
}

Result<TopicFound> KafkaTopics::await(const std::string& name) const {
    Error last{"the topic " + name + ": the brokers have not heard of it yet, though one of them has it; try again"};
    for (const auto until = std::chrono::steady_clock::now() + kPropagation; std::chrono::steady_clock::now() < until;) {
        auto found = find(name);
        if (found && found.value()) return *std::move(found).value();
        if (!found) last = found.error();
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
    return last;
}

Result<bool> KafkaTopics::create(const TopicWanted& topic, bool only_validate) const {
    auto client = make_kafka_client(KafkaRole::producer, brokers_, properties_);
    if (!client) return client.error();
    std::array<char, 512> problem{};
    rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(
        topic.name.c_str(), topic.partitions, topic.replication > 0 ? topic.replication : -1, problem.data(), problem.size());
    if (!wanted) return refused(topic.name, problem.data());
    for (const auto& [name, value] : topic.settings) rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
    const Queue queue(rd_kafka_queue_new(client.value().get()));
    rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client.value().get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_validate_only(options, only_validate ? 1 : 0, problem.data(), problem.size());
    rd_kafka_CreateTopics(client.value().get(), &wanted, 1, options, queue.get());
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(wanted);
    const Event event(rd_kafka_queue_poll(queue.get(), kPatience));
    if (!event) return refused(topic.name, "Kafka does not create it in time");
    if (rd_kafka_event_error(event.get())) return refused(topic.name, rd_kafka_event_error_string(event.get()));
    std::size_t count = 0;
    const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto error = rd_kafka_topic_result_error(results[i]);
        if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
        if (error) {
            const char* why = rd_kafka_topic_result_error_string(results[i]);
            return refused(topic.name, why ? why : rd_kafka_err2str(error));
        }
    }
    return true;
}

}  // namespace culprit
