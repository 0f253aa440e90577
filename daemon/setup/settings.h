#pragma once
// What an operator decides about Kibana: configuration key `kibana`. Filled by config.cpp, validated there.
#include <string>

#include "daemon/sinks/http_login.h"

namespace culprit {

struct KibanaSettings {
    std::string url;    // with Kibana's base path, where it has one
    std::string space;  // empty: the default one
    std::string page;   // where people reach culprit's own page; empty: no drill-downs lead there
    HttpLogin login;
};

}  // namespace culprit
