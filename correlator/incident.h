#pragma once
// One incident, analysed: all that its document says. A value; it refers to nothing outside itself.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/attribution.h"
#include "correlator/habit.h"
#include "correlator/histogram.h"
#include "correlator/operator_notes.h"
#include "correlator/severity.h"
#include "correlator/trend.h"

namespace culprit {

enum class AttributionState { pending, attributed, unattributed };

std::string_view to_string(AttributionState state);

struct Diagnosis {
    std::string rule, summary;
    std::vector<std::string> steps, verify_sql, fix_sql, references;
};

struct Incident {
    std::string id;
    EventTime bucket{};  // of the id
    ProblemKey problem;
    std::string environment, database;
    Tally sum;
    std::uint64_t count = 0, application_count = 0, server_count = 0;
    EventTime onset{}, last_seen{};
    double rate_per_minute = 0, baseline_per_minute = 0;  // from the onset on; before it, or at this hour of other days
    Habit habit;
    Trend trend = Trend::intermittent;
    Histogram histogram;
    bool resolved = false;
    EventTime resolved_at{};
    std::string resolved_by;  // the remedy's kind or operation; empty: it went quiet
    std::set<std::string> services;
    std::uint64_t active_users = 0;           // of those services; 0: nobody says
    std::string first_release, last_release;  // that met it, by time; empty where several did at once
    AttributionState attribution = AttributionState::pending;
    std::vector<Cause> candidates;  // by this incident's own evidence, before they compete
    std::vector<Cause> causes;      // best first
    std::vector<Remedy> remedies;
    Severity severity;
    bool maintenance = false;
    std::map<EvidenceKind, std::string> evidence;
    Diagnosis diagnosis;
    Notes notes;                       // what people said of it
    std::string group;                 // the broader incident: what shares its cause
    std::vector<std::string> related;  // ids
};

/// The headline: "Duplicate keys on customers.uq_customers_phone since 12:22, 1 service: migration a1f0c2d3 (alembic), 94 %".
std::string headline(const Incident& incident);
/// "migration a1f0c2d3 by alembic added the constraint that is violated".
std::string summary_of(const Cause& cause);
/// The names of kinds as people say them: "Duplicate keys", "Missing table".
std::string phrase_of(const std::string& kind);

}  // namespace culprit
