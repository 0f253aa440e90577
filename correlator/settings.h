#pragma once
// What an operator decides about correlation: configuration keys `correlation`, `services`, `active_users` and `maintenance`.
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "matchers/event_time.h"

namespace culprit {

/// Planned work: recorded, not paged.
struct MaintenanceWindow {
    std::string environment, database;  // empty: any
    EventTime from{}, until{};
};

/// How many people use a service in the time of an incident: logs name those who met the error, and nobody else.
struct ActiveUsers {
    std::string environment, service;  // empty: any environment; all services together
    std::uint64_t count = 0;
};

struct CorrelationSettings {
    Duration allowed_lateness = std::chrono::minutes{2};
    Duration resolve_after = std::chrono::minutes{30};  // the session gap
    Duration remedy_grace = std::chrono::seconds{10};   // quiet after a remedy of the incident's own object that ends it
    Duration watch = std::chrono::minutes{30};
    double min_confidence = 0.5;
    std::map<std::string, std::string> database_of_service;
    std::vector<ActiveUsers> active_users;
    std::vector<MaintenanceWindow> maintenance;
    /// Rules in place of those embedded of the same name, and playbooks beside them: contents by name (`causality.yaml`,
    /// `playbooks/constraints.yaml`). Empty: those embedded. See rule_files.h.
    std::map<std::string, std::string> rules;
    std::int64_t epoch = 1;  // high bits of every document's version
};

}  // namespace culprit
