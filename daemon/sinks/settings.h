#pragma once
// What an operator decides about sinks: configuration key `sinks`. Filled by config.cpp, validated there.
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "daemon/sinks/http_login.h"
#include "matchers/event_time.h"

namespace culprit {

struct ElasticsearchSettings {
    std::vector<std::string> urls;  // http:// or https://, at least one; tried in turn
    std::string index = "culprit-incidents";
    HttpLogin login;
    Duration retention = std::chrono::days{365};  // at least; then `culprit setup elasticsearch` has the servers delete
    std::chrono::milliseconds flush_interval{250};  // at least, from one bulk to the next
    std::size_t max_bulk_bytes = 5'000'000;
    std::chrono::milliseconds request_timeout{30'000};
};

/// Incidents and changes into a compacted topic.
struct KafkaSinkSettings {
    std::vector<std::string> brokers;
    std::map<std::string, std::string> properties;  // any of librdkafka's
    std::string topic = "culprit.incidents";
    int replication = 0;  // of a topic that `setup kafka` creates; 0: the brokers' default
};

enum class OutputFormat { text, ndjson };

struct FileSinkSettings {
    std::string path;  // "-" is stdout
    OutputFormat format = OutputFormat::ndjson;
};

}  // namespace culprit
