#include "correlator/incident.h"

#include <cmath>
#include <ctime>
#include <map>

namespace culprit {

namespace {

std::string clock_time(EventTime time) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[16];
    std::strftime(text, sizeof text, "%H:%M", &utc);
    return text;
}

std::string with_underscores_as_spaces(std::string text) {
    for (char& c : text)
        if (c == '_') c = ' ';
    return text;
}

std::string name_in_full(const Incident& incident) {
    const Tally& sum = incident.sum;
    const bool is_table = sum.constraint.empty() && sum.column.empty();
    if (is_table || sum.table.empty() || incident.problem.name.starts_with(sum.table + ".")) return incident.problem.name;
    return sum.table + "." + incident.problem.name;
}

}  // namespace

std::string_view to_string(AttributionState state) {
    switch (state) {
        case AttributionState::pending:
            return "pending";
        case AttributionState::attributed:
            return "attributed";
        case AttributionState::unattributed:
            return "unattributed";
    }
    return "pending";
}

std::string phrase_of(const std::string& kind) {
    static const std::map<std::string, std::string> phrases{
        {"unique_violation", "Duplicate keys on"},
        {"foreign_key_violation", "Foreign key violations of"},
        {"not_null_violation", "Missing mandatory values in"},
        {"check_violation", "Check violations of"},
        {"undefined_table", "Missing table"},
        {"undefined_column", "Missing column"},
    };
    if (auto it = phrases.find(kind); it != phrases.end()) return it->second;
    std::string text = with_underscores_as_spaces(kind);
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
    return text + ":";
}

std::string summary_of(const Cause& cause) {
    std::string text = with_underscores_as_spaces(cause.kind);
    if (cause.kind == "deployment" || cause.kind == "rollback") {
        if (!cause.scope.service.empty()) text += " of " + cause.scope.service;
        if (!cause.scope.release.empty()) text += " " + cause.scope.release;
    }
    if (!cause.migration.empty()) text += " " + cause.migration;
    if (!cause.tool.empty()) text += " by " + cause.tool;
    if (!cause.effect.operation.empty()) {
        text += ": " + with_underscores_as_spaces(cause.effect.operation);
        if (!cause.effect.objects.empty()) {
            const DatabaseObject& object = cause.effect.objects.front();
            text += " " + object.name;
            if (!object.table.empty() && object.table != object.name) text += " on " + object.table;
        }
    } else if (!cause.effect.objects.empty()) {
        text += " into " + cause.effect.objects.front().name;
    }
    if (cause.awaited && !cause.awaited->objects.empty())
        text += ", ahead of " + with_underscores_as_spaces(cause.awaited->operation) + " " + cause.awaited->objects.front().name;
    return text;
}

std::string headline(const Incident& incident) {
    std::string text = phrase_of(incident.problem.kind) + " " + name_in_full(incident) + " since " + clock_time(incident.onset);
    if (!incident.services.empty())
        text += ", " + (incident.services.size() == 1 ? *incident.services.begin()
                                                      : std::to_string(incident.services.size()) + " services");
    switch (incident.attribution) {
        case AttributionState::pending:
            return text + ": cause pending";
        case AttributionState::unattributed:
            return text + ": no cause found";
        case AttributionState::attributed:
            break;
    }
    const Cause& cause = incident.causes.front();
    return text + ": " + summary_of(cause) + ", " + std::to_string(std::lround(cause.confidence * 100)) + " %";
}

}  // namespace culprit
