#pragma once
// What lists need of an incident, read out of its document once. A value.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "correlator/correlator.h"

namespace culprit {

struct IncidentSummary {
    std::string id, headline, status, severity, kind, name, environment, database, attribution;
    std::vector<std::string> services;
    std::string onset, last_seen, resolved_at;  // RFC 3339
    EventTime began{}, seen{};                  // the same, to sort by
    std::int64_t count = 0, users = 0;
    std::string cause, cause_event;  // the first cause's summary and its `culprit.group`, when attributed
    double confidence = 0;
    std::string problem;  // the headline without what it says of the cause
    bool acknowledged = false;
    std::string silenced_until;
    std::vector<std::uint64_t> histogram;
    std::string searchable;  // lower case: all names and sentences that a person may remember
};

/// What the document does not say is empty.
IncidentSummary summarise(const IncidentDocument& incident);

/// ASCII letters made small, as the search does it.
std::string lower_case(std::string_view text);

}  // namespace culprit
