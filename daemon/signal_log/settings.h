#pragma once
// What an operator decides about the signal log: configuration key `signal_log`. Filled and validated by config.cpp.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "matchers/event_time.h"

namespace culprit {

/// `signal_log: {kafka: …}`: many nodes.
struct KafkaLogSettings {
    std::vector<std::string> brokers;
    std::map<std::string, std::string> properties;  // librdkafka's, of every client of the log
    std::string topic = "culprit.signals";
    std::string snapshots;                         // compacted; by default the topic's name and `.snapshots`
    std::string group_id = "culprit-correlators";  // of the correlators
    std::string transactional_id;                  // of this process; by default from the host's name
    int partitions = 4;                            // of a topic that `setup kafka` creates: at most so many correlators work
    int replication = 0;                           // of a topic that `setup kafka` creates; 0: the brokers' default
    Duration snapshot_every = std::chrono::minutes{1};
    Duration abandon_after = std::chrono::minutes{5};  // an active input of which nothing is written so long: see SilentInputs
};

struct SignalLogSettings {
    std::string path = "/var/lib/culprit/signals.db";
    Duration retention = std::chrono::days{7};
    std::optional<KafkaLogSettings> kafka;  // instead of SQLite at `path`
};

}  // namespace culprit
