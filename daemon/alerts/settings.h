#pragma once
// What an operator decides about alerts: configuration keys `alertmanager` and `webhook` of `sinks`. Validated by
// config_sinks.cpp.
#include <string>
#include <vector>

#include "daemon/alerts/alert_bodies.h"
#include "daemon/alerts/alert_desk.h"
#include "daemon/sinks/http_login.h"

namespace culprit {

enum class AlertReceiver { alertmanager, webhook };

struct AlertSettings {
    AlertReceiver receiver = AlertReceiver::alertmanager;
    std::vector<std::string> urls;  // every Alertmanager of a cluster, as each is to be told; one of a webhook
    HttpLogin login;
    std::string template_name = "generic";  // of a webhook
    std::string templates;                  // a folder of the team's own
    AlertRules rules;
    AlertLinks links;
    std::chrono::milliseconds request_timeout{10'000};
};

}  // namespace culprit
