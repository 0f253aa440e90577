#pragma once
// Incident documents for the tests of the pages and the API.
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/web/incident_store.h"

namespace culprit::testing {

inline IncidentDocument document(const std::string& id, const nlohmann::json& json, const std::string& status = "open",
                                 std::int64_t version = 1) {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.status = status;
    made.severity = json.contains("culprit") && json["culprit"].contains("severity") ? json["culprit"]["severity"] : "SEV3";
    made.json = json.dump();
    return made;
}

/// One of many: `number` names it and orders it in time.
inline IncidentDocument numbered(int number, const std::string& status = "open", const std::string& environment = "production",
                                 const std::string& service = "checkout", const std::string& severity = "SEV3") {
    char onset[40];
    std::snprintf(onset, sizeof onset, "2026-02-03T%02d:%02d:%02d.000000Z", number / 3600 % 24, number / 60 % 60, number % 60);
    char id[20];
    std::snprintf(id, sizeof id, "%016x", number);
    return document(
        id,
        {{"message", "Duplicate keys on t" + std::to_string(number) + "_pkey since 04:05: no cause found"},
         {"service", {{"name", service}, {"environment", environment}}},
         {"culprit",
          {{"id", id},
           {"status", status},
           {"severity", severity},
           {"onset", onset},
           {"last_seen", onset},
           {"attribution", "unattributed"},
           {"symptom", {{"kind", "unique_violation"}, {"name", "t" + std::to_string(number) + "_pkey"}, {"count", number}}},
           {"impact", {{"services", {service}}}}}}},
        status);
}

}  // namespace culprit::testing
