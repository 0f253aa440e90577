#pragma once
// What an operator decides about sinks: configuration key `sinks`. Filled by config.cpp, validated there.
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace culprit {

struct ElasticsearchSettings {
    std::vector<std::string> urls;  // http:// or https://, at least one; tried in turn
    std::string index = "culprit-incidents";
    std::string api_key;  // with it, user name and password are not used
    std::string username, password;
    std::string ca_file;  // empty: the system's certificates
    std::chrono::milliseconds flush_interval{250};
    std::size_t max_bulk_bytes = 5'000'000;
    std::chrono::milliseconds request_timeout{30'000};
};

enum class OutputFormat { text, ndjson };

struct FileSinkSettings {
    std::string path;  // "-" is stdout
    OutputFormat format = OutputFormat::ndjson;
};

}  // namespace culprit
