#pragma once
// What an operator decides about sources: configuration key `sources`. Filled and validated by config.cpp.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "matchers/event_time.h"

namespace culprit {

/// Where a first start begins; later ones go on from the signal log.
struct StartPoint {
    enum class From { latest, earliest, age };
    From from = From::latest;
    Duration age{};
};

struct TopicSettings {
    std::string name;
    std::optional<std::string> log_line_prefix;
    std::map<std::string, std::string> labels;  // the defaults of `labels` included
    bool dead_letters = false;                  // culprit's own dead letters, `payload: raw`: read again as what they were
};

struct KafkaSourceSettings {
    std::vector<std::string> brokers;
    std::string group_id = "culprit";
    std::vector<TopicSettings> topics;
    StartPoint start;
    std::map<std::string, std::string> properties;  // any of librdkafka's
    bool keep_origins = false;                      // of records that become dead letters: `dead_letter.payload: raw`
};

struct FileSourceSettings {
    std::vector<std::string> paths;  // files, folders, globs, "-" for stdin
    bool follow = false;
    StartPoint start{StartPoint::From::earliest, {}};  // of files that are there at the first start; latest or earliest
    std::optional<std::string> log_line_prefix;
    std::map<std::string, std::string> labels;
};

/// Requests that bring records. `webhook_secrets`: by sender, what its signatures are made with.
struct HttpSourceSettings {
    std::string listen;  // host:port or [v6]:port, validated by config.cpp; port 0 takes a free one
    std::string token;   // empty: no authentication
    std::map<std::string, std::string> webhook_secrets;
    std::optional<std::string> log_line_prefix;
    std::map<std::string, std::string> labels;
    Duration keep_keys = std::chrono::hours{24};  // how long a repetition is known by its Idempotency-Key
};

}  // namespace culprit
