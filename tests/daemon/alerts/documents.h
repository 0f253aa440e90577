#pragma once
// Incidents as the tests of alerts need them.
#include <nlohmann/json.hpp>

#include "correlator/correlator.h"
#include "daemon/text_values.h"

namespace culprit::test {

struct Story {
    std::string id = "0123456789abcdef", status = "open", severity = "SEV2", cause = "", group = "";
    std::string last_seen = "2026-02-03T10:05:00Z";
    std::string silenced_until = "";
    bool maintenance = false;
    int count = 10;
};

inline IncidentDocument document(const Story& story) {
    nlohmann::json json = {{"message", "Duplicate keys on users.users_email_key since 10:02"},
                           {"service", {{"name", "checkout"}, {"environment", "production"}}}};
    nlohmann::json& culprit = json["culprit"];
    culprit = {{"id", story.id},
               {"status", story.status},
               {"severity", story.severity},
               {"onset", "2026-02-03T10:02:00Z"},
               {"last_seen", story.last_seen},
               {"trend", "spike"},
               {"attribution", story.cause.empty() ? "pending" : "attributed"},
               {"symptom", {{"kind", "unique_violation"}, {"database", "shop"}, {"count", story.count}}},
               {"causes", nlohmann::json::array()}};
    if (!story.cause.empty())
        culprit["causes"].push_back({{"kind", "migration"},
                                     {"migration", story.cause},
                                     {"confidence", 0.94},
                                     {"summary", story.cause},
                                     {"offset_seconds", -90}});
    if (!story.group.empty()) culprit["group"] = story.group;
    if (!story.silenced_until.empty()) culprit["silenced_until"] = story.silenced_until;
    if (story.status == "resolved") culprit["resolved_at"] = "2026-02-03T10:35:00Z";
    if (story.maintenance) json["labels"] = {{"maintenance", "true"}};
    IncidentDocument document;
    document.id = story.id;
    document.status = story.status;
    document.severity = story.severity;
    document.json = json.dump();
    return document;
}

inline EventTime at(const char* text) { return parse_time(text).value(); }

}  // namespace culprit::test
