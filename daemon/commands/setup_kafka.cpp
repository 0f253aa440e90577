#include <iostream>

#include "daemon/commands/commands.h"
#include "daemon/config.h"
#include "daemon/kafka_topics.h"

namespace culprit {

namespace {

std::string milliseconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

constexpr const char* kLargestMessage = "8388608";  // a dead letter with its bytes, a piece of a snapshot

std::vector<TopicWanted> topics_of(const Config& config) {
    std::vector<TopicWanted> topics;
    const auto& log = config.signal_log.kafka;
    const int replication = log ? log->replication : 0;
    if (log) {
        topics.push_back({log->topic,
                          "the signal log",
                          log->partitions,
                          replication,
                          {{"cleanup.policy", "delete"},
                           {"retention.ms", milliseconds(config.signal_log.retention)},
                           {"max.message.bytes", kLargestMessage}},
                          {"cleanup.policy"}});
        topics.push_back({log->snapshots,
                          "its snapshots",
                          log->partitions,
                          replication,
                          {{"cleanup.policy", "compact"},
                           {"min.cleanable.dirty.ratio", "0.1"},
                           {"segment.ms", "3600000"},
                           {"max.message.bytes", kLargestMessage}},
                          {"cleanup.policy", "max.message.bytes"}});
    }
    if (!config.dead_letter.topic.empty()) {
        topics.push_back({config.dead_letter.topic,
                          "dead letters",
                          1,
                          replication,
                          {{"cleanup.policy", "delete"},
                           {"retention.ms", milliseconds(std::chrono::days{30})},
                           {"max.message.bytes", kLargestMessage}},
                          {"cleanup.policy"}});
    }
    return topics;
}

}  // namespace

int setup_kafka(const SetupOptions& options) {
    const auto loaded = load_config(options.config);
    if (!loaded) return fail(kWrongUsage, loaded.error().message);
    const Config& config = loaded.value();
    const auto wanted = topics_of(config);
    if (wanted.empty()) {
        return fail(kWrongUsage,
                    options.config + ": nothing to set up: neither signal_log.kafka nor dead_letter.kafka is configured");
    }
    const auto& log = config.signal_log.kafka;
    int code = kDone;
    for (const TopicWanted& topic : wanted) {
        const bool dead = topic.name == config.dead_letter.topic;
        const KafkaTopics kafka(dead ? config.dead_letter.brokers : log->brokers,
                                dead ? config.dead_letter.properties : log->properties);
        const auto found = kafka.find(topic.name);
        if (!found) return fail(kServerUnreachable, found.error().message);
        if (!found.value()) {
            const auto created = kafka.create(topic, options.dry_run);
            if (!created) return fail(kServerUnreachable, created.error().message);
            std::cout << (options.dry_run ? "would create" : "created") << " the topic " << topic.name << " (" << topic.purpose
                      << "): " << topic.partitions << (topic.partitions == 1 ? " partition" : " partitions");
            for (const auto& [name, value] : topic.settings) std::cout << ", " << name << '=' << value;
            std::cout << std::endl;
            continue;
        }
        // How many partitions an existing topic of dead letters has is nobody's concern.
        TopicWanted expected = topic;
        if (dead) expected.partitions = found.value()->partitions;
        const auto problems = topic_problems(expected, *found.value());
        for (const std::string& problem : problems)
            code = fail(kWrongUsage, "the topic " + topic.name + " (" + topic.purpose + ") does not fit: " + problem);
        if (problems.empty()) std::cout << "ok: the topic " << topic.name << " (" << topic.purpose << ")" << std::endl;
    }
    return code;
}

}  // namespace culprit
