#pragma once
// Making a librdkafka client out of properties. rdkafka.h stays in the .cpp files.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "matchers/result.h"

struct rd_kafka_s;
struct rd_kafka_conf_s;

namespace culprit {

struct KafkaClientDeleter {
    void operator()(rd_kafka_s* client) const;
};
using KafkaClient = std::unique_ptr<rd_kafka_s, KafkaClientDeleter>;
using KafkaProperties = std::map<std::string, std::string>;

enum class KafkaRole { consumer, producer };

/// `prepare` may set callbacks. Errors name the property that is wrong. librdkafka's own log goes to spdlog.
Result<KafkaClient> make_kafka_client(KafkaRole role, const std::vector<std::string>& brokers, const KafkaProperties& properties,
                                      const std::function<void(rd_kafka_conf_s*)>& prepare = {});

/// `a:9092,b:9092`
std::string joined_brokers(const std::vector<std::string>& brokers);

/// Asks the brokers for the topics' metadata. An Error when no broker answers within ten seconds; the names of topics that do
/// not exist otherwise.
Result<std::vector<std::string>> missing_topics(const std::vector<std::string>& brokers, const KafkaProperties& properties,
                                                const std::vector<std::string>& topics);

}  // namespace culprit
