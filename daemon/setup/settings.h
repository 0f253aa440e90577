#pragma once
// What an operator decides about Kibana: configuration key `kibana`. Filled by config.cpp, validated there.
#include <string>

namespace culprit {

struct KibanaSettings {
    std::string url;    // with Kibana's base path, where it has one
    std::string space;  // empty: the default one
    std::string api_key;
    std::string username, password;
    std::string ca_file;
};

}  // namespace culprit
