#include "correlator/change_document.h"

#include <algorithm>

#include "correlator/change_summary.h"
#include "correlator/document_json.h"
#include "matchers/log_entry_json.h"

namespace culprit {

namespace {

using Json = OrderedJson;

Json change_of(const ChangeEvent& event) {
    const Signal& effect = main_effect(event).signal;
    Json json;
    put_change(json, event, effect);
    json["time"] = to_rfc3339(event.time);
    json["summary"] = summary_of(event);
    put(json, "statement", effect.statement);
    json["source"] = json_of(effect.source);
    std::vector<SourcePosition> sources;
    for (const ChangeEffect& each : event.effects) sources.push_back(each.signal.source);
    json["sources"] = json_of(sources);
    if (const auto links = links_of(event); !links.empty()) json["links"] = json_of(links);
    return json;
}

Json watch_of(const ChangeRecord& record) {
    Json incidents = Json::array(), reasons = Json::array();
    for (const HeldIncident* incident : record.incidents) {
        incidents.push_back(incident->id);
        reasons.push_back({{"incident", incident->id}, {"why", incident->change == record.event->id ? "caused" : "unexplained"}});
    }
    return {{"verdict", to_string(record.verdict)},
            {"until", to_rfc3339(record.until)},
            {"incidents", std::move(incidents)},
            {"reasons", std::move(reasons)}};
}

Json json_of(const ChangeWarning& warning) {
    Json json{
        {"rule", warning.rule}, {"status", warning.resolved_at ? "resolved" : "open"}, {"since", to_rfc3339(warning.since)}};
    if (warning.resolved_at) json["resolved_at"] = to_rfc3339(*warning.resolved_at);
    json["summary"] = warning.summary;
    json["steps"] = warning.steps;
    json["verify_sql"] = warning.verify_sql;
    json["fix_sql"] = warning.fix_sql;
    return json;
}

Json group_of(const ChangeRecord& record) {
    std::string severity;
    std::set<std::string> services;
    EventTime last_seen{};
    std::uint64_t users = 0;
    bool resolved = true;
    Json incidents = Json::array();
    for (const HeldIncident* incident : record.group) {
        if (severity.empty() || incident->severity < severity) severity = incident->severity;
        services.insert(incident->services.begin(), incident->services.end());
        last_seen = std::max(last_seen, incident->last_seen);
        users = std::max(users, incident->users);  // at least: the same users may meet several of them
        resolved = resolved && incident->resolved;
        incidents.push_back(incident->id);
    }
    return {{"severity", severity},
            {"status", resolved ? "resolved" : "open"},
            {"onset", to_rfc3339(record.group.front()->onset)},
            {"last_seen", to_rfc3339(last_seen)},
            {"incidents", std::move(incidents)},
            {"changes", record.group_changes},
            {"services", services},
            {"users", users}};
}

std::string message_of(const ChangeRecord& record) {
    std::string text = summary_of(*record.event);
    const std::size_t count = record.incidents.size();
    switch (record.verdict) {
        case WatchVerdict::open:
            text += ": watched";
            break;
        case WatchVerdict::clean:
            text += ": clean";
            break;
        case WatchVerdict::dirty:
            text += ": dirty, " + std::to_string(count) + (count == 1 ? " incident" : " incidents");
            break;
    }
    const auto open = std::ranges::count_if(record.warnings, [](const ChangeWarning& warning) { return !warning.resolved_at; });
    if (open > 0) text += open == 1 ? ", 1 warning" : ", " + std::to_string(open) + " warnings";
    return text;
}

}  // namespace

std::string to_document(const ChangeRecord& record, std::int64_t version) {
    const ChangeEvent& event = *record.event;
    Json json{{"@timestamp", to_rfc3339(event.time)}, {"ecs", {{"version", "8.11.0"}}}, {"message", message_of(record)}};
    json["event"] = {{"kind", "event"},
                     {"category", {"database"}},
                     {"id", event.id},
                     {"start", to_rfc3339(event.first)},
                     {"end", to_rfc3339(event.last)}};
    Json service = Json::object();
    put(service, "name", event.scope.service);
    put(service, "environment", event.scope.environment);
    if (!service.empty()) json["service"] = std::move(service);
    Json own{{"id", event.id}, {"version", version}, {"change", change_of(event)}, {"watch", watch_of(record)}};
    if (!record.warnings.empty()) {
        own["warnings"] = Json::array();
        for (const ChangeWarning& warning : record.warnings) own["warnings"].push_back(json_of(warning));
    }
    if (!record.group.empty()) own["group"] = group_of(record);
    json["culprit"] = std::move(own);
    return dumped(json);
}

std::string merged_change_document(const std::string& id, std::int64_t version, EventTime time, const std::string& merged_into) {
    Json own{{"id", id}, {"version", version}, {"status", "merged"}};
    put(own, "merged_into", merged_into);
    return dumped({{"@timestamp", to_rfc3339(time)},
                   {"ecs", {{"version", "8.11.0"}}},
                   {"message", "part of another change"},
                   {"culprit", std::move(own)}});
}

}  // namespace culprit
