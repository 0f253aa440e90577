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

struct Wanted {
    TopicWanted topic;
    const std::vector<std::string>& brokers;
    const KafkaProperties& properties;
    bool any_partitions = false;  // how many an existing one has is nobody's concern
};

std::vector<Wanted> topics_of(const Config& config) {
    std::vector<Wanted> topics;
    const auto& log = config.signal_log.kafka;
    const int replication = log ? log->replication : 0;
    if (log) {
        topics.push_back({{log->topic,
                           "the signal log",
                           log->partitions,
                           replication,
                           {{"cleanup.policy", "delete"},
                            {"retention.ms", milliseconds(config.signal_log.retention)},
                            {"max.message.bytes", kLargestMessage}},
                           {"cleanup.policy"}},
                          log->brokers,
                          log->properties});
        topics.push_back({{log->snapshots,
                           "its snapshots",
                           log->partitions,
                           replication,
                           {{"cleanup.policy", "compact"},
                            {"min.cleanable.dirty.ratio", "0.1"},
                            {"segment.ms", "3600000"},
                            {"max.message.bytes", kLargestMessage}},
                           {"cleanup.policy", "max.message.bytes"}},
                          log->brokers,
                          log->properties});
    }
    for (const SinkSettings& sink : config.sinks) {
        const auto* incidents = std::get_if<KafkaSinkSettings>(&sink);
        if (!incidents) continue;
        // Deleted by age too: every page reads the topic from its beginning.
        topics.push_back({{incidents->topic,
                           "incidents and changes",
                           1,
                           incidents->replication,
                           {{"cleanup.policy", "compact,delete"},
                            {"min.cleanable.dirty.ratio", "0.1"},
                            {"segment.ms", "3600000"},
                            {"retention.ms", milliseconds(std::chrono::days{30})},
                            {"max.message.bytes", kLargestMessage}},
                           {"cleanup.policy", "max.message.bytes"}},
                          incidents->brokers,
                          incidents->properties,
                          true});
    }
    if (!config.dead_letter.topic.empty()) {
        topics.push_back({{config.dead_letter.topic,
                           "dead letters",
                           1,
                           replication,
                           {{"cleanup.policy", "delete"},
                            {"retention.ms", milliseconds(std::chrono::days{30})},
                            {"max.message.bytes", kLargestMessage}},
                           {"cleanup.policy"}},
                          config.dead_letter.brokers,
                          config.dead_letter.properties,
                          true});
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
        return fail(
            kWrongUsage,
            options.config + ": nothing to set up: none of signal_log.kafka, sinks.kafka and dead_letter.kafka is configured");
    }
    int code = kDone;
    for (const auto& [topic, brokers, properties, any_partitions] : wanted) {
        const KafkaTopics kafka(brokers, properties);
        auto found = kafka.find(topic.name);
        if (!found) return fail(kServerUnreachable, found.error().message);
        bool created = false;
        if (!found.value()) {
            const auto made = kafka.create(topic, options.dry_run);
            if (!made) return fail(kServerUnreachable, made.error().message);
            created = made.value();
            if (!options.dry_run || !created) {
                auto there = kafka.await(topic.name);
                if (!there) return fail(kServerUnreachable, there.error().message);
                found = std::optional<TopicFound>(std::move(there).value());
            }
        }
        if (created) {
            std::cout << (options.dry_run ? "would create" : "created") << " the topic " << topic.name << " (" << topic.purpose
                      << "): " << topic.partitions << (topic.partitions == 1 ? " partition" : " partitions");
            for (const auto& [name, value] : topic.settings) std::cout << ", " << name << '=' << value;
            std::cout << std::endl;
            continue;
        }
        TopicWanted expected = topic;
        if (any_partitions) expected.partitions = found.value()->partitions;
        const auto problems = topic_problems(expected, *found.value());
        for (const std::string& problem : problems)
            code = fail(kWrongUsage, "the topic " + topic.name + " (" + topic.purpose + ") does not fit: " + problem);
        if (problems.empty()) std::cout << "ok: the topic " << topic.name << " (" << topic.purpose << ")" << std::endl;
    }
    return code;
}

}  // namespace culprit
