#pragma once
// The topics that culprit itself writes: what they have to be like, whether they are, and making those that are missing.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/kafka_client.h"

namespace culprit {

struct TopicWanted {
    std::string name, purpose;
    int partitions = 1;
    int replication = 0;                          // 0: the brokers' default
    std::map<std::string, std::string> settings;  // as a new one gets them
    std::vector<std::string> needed;              // the settings that an existing one has to have, too
};

struct TopicFound {
    int partitions = 0;
    std::map<std::string, std::string> settings;
};

/// What is wrong with an existing topic, each with what to do; empty when it fits. Pure.
std::vector<std::string> topic_problems(const TopicWanted& wanted, const TopicFound& found);

class KafkaTopics {
   public:
    KafkaTopics(std::vector<std::string> brokers, KafkaProperties properties)
        : brokers_(std::move(brokers)), properties_(std::move(properties)) {}

    /// Nothing inside when the topic does not exist, as far as the brokers that are asked have heard. An Error when Kafka does
    /// not answer.
    Result<std::optional<TopicFound>> find(const std::string& name) const;
    /// False when it was there already: another one was quicker, or the broker that was asked had not heard of it yet. With
    /// `only_validate` the brokers check the request and make nothing.
    Result<bool> create(const TopicWanted& topic, bool only_validate) const;
    /// Of a topic that is there for sure: waits until the brokers that are asked have heard of it.
    Result<TopicFound> await(const std::string& name) const;

   private:
    const std::vector<std::string> brokers_;
    const KafkaProperties properties_;
};

}  // namespace culprit
