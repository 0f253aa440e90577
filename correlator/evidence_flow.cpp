#include "correlator/evidence_flow.h"

#include <algorithm>

namespace culprit {

namespace {

bool fits(std::string_view a, std::string_view b) { return a.empty() || b.empty() || a == b; }

}  // namespace

bool EvidenceFlow::seen(const EvidenceSeen& evidence) {
    bool news = seen(evidence.environment, evidence.first);
    Hours& hours = hours_[{evidence.kind, evidence.environment, evidence.database}];
    // Both ends, and at most a day between them: a report covers a batch, which is short.
    auto hour = std::chrono::floor<std::chrono::hours>(evidence.first);
    const auto end = std::min(std::chrono::floor<std::chrono::hours>(evidence.last), hour + std::chrono::hours{24});
    for (; hour <= end; hour += std::chrono::hours{1}) news |= hours.insert(hour).second;
    return news;
}

bool EvidenceFlow::seen(const Signal& change) {
    const bool news = seen(change.scope.environment, change.time);
    EvidenceSeen evidence{EvidenceKind::server_log,
                          change.scope.environment,
                          change.scope.database,
                          change.scope.service,
                          change.time,
                          change.time};
    if (change.kind == "schema_change" || change.kind == "sequence_reset")
        evidence.kind = EvidenceKind::ddl;
    else if (change.kind == "migration" || change.kind == "rollback")
        evidence.kind = EvidenceKind::migrations;
    else if (change.kind == "deployment")
        evidence.kind = EvidenceKind::deployments;
    else if (change.kind == "import" || change.kind == "restore")
        evidence.kind = EvidenceKind::imports;
    else
        return news;
    return seen(evidence) || news;
}

bool EvidenceFlow::seen(const std::string& environment, EventTime time) {
    const auto [it, inserted] = since_.try_emplace(environment, time);
    if (it->second <= time) return inserted;
    it->second = time;
    return true;
}

EventTime EvidenceFlow::observed_since(const std::string& environment, EventTime otherwise) const {
    EventTime since = otherwise;
    for (const auto& [its, time] : since_)
        if (fits(its, environment)) since = std::min(since, time);
    return since;
}

void EvidenceFlow::for_each(const std::function<void(LogEntry)>& callback) const {
    WatermarkUpdate update;
    update.idle = true;  // with no watermark: it moves no clock
    for (const auto& [key, hours] : hours_) {
        const auto& [kind, environment, database] = key;
        for (const auto hour : hours) {
            const EventTime time = std::max<EventTime>(hour, since_.at(environment));  // which may lie within its first hour
            update.evidence.push_back({kind, environment, database, {}, time, time});
        }
    }
    callback(std::move(update));
}

std::string_view EvidenceFlow::state(EvidenceKind kind, std::string_view environment, std::string_view database,
                                     EventTime time) const {
    std::string_view state = "never_seen";
    const auto hour = std::chrono::floor<std::chrono::hours>(time);
    for (const auto& [key, hours] : hours_) {
        const auto& [its_kind, its_environment, its_database] = key;
        if (its_kind != kind || !fits(its_environment, environment) || !fits(its_database, database)) continue;
        state = "quiet";
        auto it = hours.lower_bound(hour - std::chrono::hours{1});
        if (it != hours.end() && *it <= hour + std::chrono::hours{1}) return "flowing";
    }
    return state;
}

}  // namespace culprit
