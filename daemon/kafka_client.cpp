#include "daemon/kafka_client.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <array>

namespace culprit {

namespace {

void write_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
    const auto severity = level <= 3   ? spdlog::level::err
                          : level <= 4 ? spdlog::level::warn
                          : level <= 6 ? spdlog::level::info
                                       : spdlog::level::debug;
    spdlog::log(severity, "librdkafka {}: {}", facility, text);
}

}  // namespace

void KafkaClientDeleter::operator()(rd_kafka_s* client) const { rd_kafka_destroy(client); }

std::string joined_brokers(const std::vector<std::string>& brokers) {
    std::string joined;
    for (const std::string& broker : brokers) joined += (joined.empty() ? "" : ",") + broker;
    return joined;
}

Result<KafkaClient> make_kafka_client(KafkaRole role, const std::vector<std::string>& brokers, const KafkaProperties& properties,
                                      const std::function<void(rd_kafka_conf_s*)>& prepare) {
    std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
    std::array<char, 512> problem{};
    const auto set = [&](const std::string& name, const std::string& value) {
        return rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), problem.data(), problem.size()) == RD_KAFKA_CONF_OK;
    };
    rd_kafka_conf_set_log_cb(conf.get(), write_log);
    bool good = set("bootstrap.servers", joined_brokers(brokers)) && set("client.id", "culprit");
    for (const auto& [name, value] : properties) good = good && set(name, value);
    if (!good) return Error{"the Kafka client cannot be configured: " + std::string(problem.data())};
    if (prepare) prepare(conf.get());
    rd_kafka_t* client = rd_kafka_new(role == KafkaRole::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf.get(),
                                      problem.data(), problem.size());
    if (!client) return Error{"the Kafka client cannot be made: " + std::string(problem.data())};
    conf.release();  // rd_kafka_new has taken it over
    return KafkaClient(client);
}

Result<std::vector<std::string>> missing_topics(const std::vector<std::string>& brokers, const KafkaProperties& properties,
                                                const std::vector<std::string>& topics) {
    auto client = make_kafka_client(KafkaRole::producer, brokers, properties);
    if (!client) return client.error();
    const rd_kafka_metadata_t* metadata = nullptr;
    if (const auto error = rd_kafka_metadata(client.value().get(), 1, nullptr, &metadata, 10'000)) {
        return Error{"Kafka at " + joined_brokers(brokers) + " does not answer: " + rd_kafka_err2str(error)};
    }
    std::vector<std::string> missing;
    for (const std::string& topic : topics) {
        bool found = false;
        for (int i = 0; i < metadata->topic_cnt; ++i) found = found || topic == metadata->topics[i].topic;
        if (!found) missing.push_back(topic);
    }
    rd_kafka_metadata_destroy(metadata);
    return missing;
}

}  // namespace culprit
