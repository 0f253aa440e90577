#include "correlator/incident_analysis.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <span>

#include "correlator/onset.h"
#include "correlator/rule_files.h"
#include "correlator/severity.h"
#include "correlator/trend.h"

namespace culprit {

namespace {

using namespace std::chrono_literals;

std::string hex_hash(const std::string& text) {
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
    return hex;
}

std::vector<Occurrences> occurrences_of(const Session& session, Side side) {
    std::vector<Occurrences> occurrences;
    for (const Tally* tally : session.tallies)
        if (tally->key.side == side) occurrences.push_back({tally->first, tally->count});
    return occurrences;
}

/// Occurrences of the side that saw more of them: both sides together would count one error twice.
std::vector<Occurrences> occurrences_of(const Session& session) {
    const bool applications = session.count(Side::application) > session.count(Side::server);
    return occurrences_of(session, applications ? Side::application : Side::server);
}

/// Where both sides saw as many, those of the side that saw the first: the onset has its bar.
Histogram charted(const Session& session, const std::vector<Occurrences>& occurrences) {
    if (session.count(Side::application) == session.count(Side::server)) {
        const auto others = occurrences_of(session, Side::application);
        if (others.front().time < occurrences.front().time) return histogram_of(others);
    }
    return histogram_of(occurrences);
}

/// Who met the error: by the applications' own logs, and by the names that they gave to the server.
std::pair<std::set<std::string>, std::set<std::string>> services_of(const Session& session) {
    std::set<std::string> services, applications;
    for (const Tally* tally : session.tallies) {
        if (tally->key.side == Side::application && !tally->key.service.empty()) services.insert(tally->key.service);
        if (tally->key.side == Side::server)
            applications.insert(tally->application_names.begin(), tally->application_names.end());
    }
    return {services, applications};
}

/// Those of the one service that met it; of several, those of all services together, else at least those of the greatest.
std::uint64_t active_users_of(const std::vector<ActiveUsers>& known, const std::string& environment,
                              const std::set<std::string>& services) {
    std::uint64_t of_services = 0, of_all = 0;
    for (const ActiveUsers& users : known) {
        if (!users.environment.empty() && users.environment != environment) continue;
        if (users.service.empty())
            of_all = std::max(of_all, users.count);
        else if (services.contains(users.service))
            of_services = std::max(of_services, users.count);
    }
    const bool prefers_all = services.size() != 1 || of_services == 0;
    return prefers_all && of_all > 0 ? of_all : of_services;
}

/// The database is left out of the id of the first database in which a problem appears: it is often known only after the
/// application's own log line has opened the incident.
std::string id_of(const Session& session, const CorrelationSettings& settings) {
    const auto bucket = to_micros(session.first) / settings.resolve_after.count();
    return hex_hash(session.environment + '\n' + (session.primary ? std::string() : session.database) + '\n' +
                    session.problem.kind + '\n' + session.problem.name + '\n' + std::to_string(bucket));
}

}  // namespace

IncidentAnalysis::IncidentAnalysis(Sources sources)
    : from_(sources),
      severities_(SeverityTree::load("severity.yaml", rule_table(sources.settings, "severity.yaml"))),
      playbooks_(Playbooks::load(playbook_files(sources.settings))),
      attribution_(sources.causality) {}

Incident IncidentAnalysis::analyse(const std::vector<Session>& sessions, const Session& session) const {
    Incident incident;
    incident.id = id_of(session, from_.settings);
    incident.bucket =
        from_micros(to_micros(session.first) / from_.settings.resolve_after.count() * from_.settings.resolve_after.count());
    incident.problem = session.problem;
    incident.environment = session.environment;
    incident.database = session.database;
    incident.sum = session.sum();
    incident.application_count = session.count(Side::application);
    incident.server_count = session.count(Side::server);
    incident.count = session.count();
    incident.last_seen = session.last;

    Problem problem;
    problem.session = &session;
    problem.sum = incident.sum;
    const auto [services, applications] = services_of(session);
    problem.services = services;
    problem.services.insert(applications.begin(), applications.end());
    incident.services = services.empty() ? applications : services;
    incident.active_users = active_users_of(from_.settings.active_users, incident.environment, incident.services);
    for (const Tally* tally : session.tallies) {
        if (tally->releases.empty()) continue;
        const std::string one = tally->releases.size() == 1 ? *tally->releases.begin() : std::string();
        if (incident.last_release.empty()) incident.first_release = one;
        incident.last_release = one;
    }
    for (const Tally* tally : session.tallies)
        if (tally->key.side == Side::server && (!problem.server_first || tally->first < *problem.server_first))
            problem.server_first = tally->first;

    const auto occurrences = occurrences_of(session);
    const Onset onset = find_onset(occurrences);
    problem.onset = onset.time == occurrences.front().time ? session.first : onset.time;
    incident.onset = problem.onset;
    incident.rate_per_minute = onset.rate_per_minute;
    incident.baseline_per_minute = onset.baseline_per_minute;
    std::vector<Occurrences> day;
    for (const Session& other : sessions) {
        if (other.environment != session.environment || other.database != session.database) continue;
        const auto its = occurrences_of(other);
        if (other.last < session.first && other.last + 24h > session.first)
            problem.before.insert(problem.before.end(), its.begin(), its.end());
        if (other.first <= session.first) day.insert(day.end(), its.begin(), its.end());
    }
    problem.observed_since = from_.evidence.observed_since(session.environment, session.first);
    incident.trend = trend_of(day, problem.observed_since);
    incident.histogram = charted(session, occurrences);
    incident.notes = from_.notes.of(session);

    incident.habit = habit_of(*session.hours, session.first, session.last, problem.observed_since, session.first);
    // What comes every night did not come out of nothing.
    if (incident.habit.likeness() > 0)
        incident.baseline_per_minute =
            std::max(incident.baseline_per_minute, incident.rate_per_minute * incident.habit.usual / incident.habit.now);
    const auto& events = from_.changes.events();
    problem.probe = attribution_.is_probe(problem, events);
    incident.remedies = attribution_.remedies(problem, events);
    incident.candidates = attribution_.candidates(problem, events, incident.remedies);
    for (EvidenceKind kind : {EvidenceKind::ddl, EvidenceKind::migrations, EvidenceKind::deployments, EvidenceKind::imports,
                              EvidenceKind::server_log})
        incident.evidence[kind] = from_.evidence.state(kind, incident.environment, incident.database, incident.onset);

    grade(incident);
    return incident;
}

void IncidentAnalysis::grade(Incident& incident) const {
    incident.severity =
        severities_.of(incident.problem.kind, {incident.count, incident.sum.users.estimate(), incident.services.size(),
                                               incident.sum.hosts.size(), incident.rate_per_minute, changes_before(incident)});
    if (!is_planned(incident)) return;
    incident.maintenance = true;
    if (incident.severity.level < "SEV4") ++incident.severity.level.back();
    incident.severity.reasons.emplace_back("planned maintenance: lowered by one");
}

/// Kinds of the changes of the hour before its onset, where it happened.
std::set<std::string> IncidentAnalysis::changes_before(const Incident& incident) const {
    const auto same = [](const std::string& a, const std::string& b) { return a.empty() || b.empty() || a == b; };
    std::set<std::string> kinds;
    for (const ChangeEvent& event : from_.changes.events())
        if (event.first <= incident.onset && event.last + 1h >= incident.onset &&
            same(event.scope.environment, incident.environment) && same(event.scope.database, incident.database))
            kinds.insert(event.kind);
    return kinds;
}

/// It began within a maintenance window, of the configuration or one that was announced since.
bool IncidentAnalysis::is_planned(const Incident& incident) const {
    const auto covers = [&](const MaintenanceWindow& window) {
        return (window.environment.empty() || window.environment == incident.environment) &&
               (window.database.empty() || window.database == incident.database) && incident.onset >= window.from &&
               incident.onset < window.until;
    };
    return std::ranges::any_of(from_.settings.maintenance, covers) || std::ranges::any_of(from_.notes.maintenance(), covers);
}

/// What depends on other incidents and on the clock: which candidate wins, whether that is final, and what follows from it.
void IncidentAnalysis::conclude(Incident& incident) const {
    incident.causes = incident.candidates;
    from_.claims.weigh(incident.id, incident.causes);
    attribution_.compete(incident.causes);
    incident.attribution = AttributionState::pending;
    incident.resolved = false;
    settle(incident);
    incident.diagnosis = playbooks_.diagnose(incident);
}

/// What only the clock can say: resolved, or that there is no cause.
void IncidentAnalysis::settle(Incident& incident) const {
    const auto now = from_.watermarks.clock();
    const auto passed = [&](EventTime time) { return now && *now >= time; };
    // What comes when it has gone quiet already ends nothing.
    const EventTime quiet = incident.last_seen + from_.settings.resolve_after;
    const auto worked = std::ranges::find_if(incident.remedies, [&](const Remedy& remedy) {
        return remedy.worked && remedy.signal.time + from_.settings.remedy_grace <= quiet;
    });
    if (worked != incident.remedies.end() && passed(worked->signal.time + from_.settings.remedy_grace)) {
        incident.resolved = true;
        incident.resolved_at = std::max(worked->signal.time, incident.last_seen);
        incident.resolved_by = worked->signal.operation.empty() ? worked->signal.kind : worked->signal.operation;
    } else if (passed(incident.last_seen + from_.settings.resolve_after)) {
        incident.resolved = true;
        incident.resolved_at = incident.last_seen + from_.settings.resolve_after;
    }
    if (!incident.causes.empty() && incident.causes.front().confidence >= from_.settings.min_confidence)
        incident.attribution = AttributionState::attributed;
    else if (passed(incident.onset + from_.causality.settle()))
        incident.attribution = AttributionState::unattributed;
}

/// The next time at which the clock alone changes what is said of this incident; nothing when it is final.
std::optional<EventTime> IncidentAnalysis::deadline_of(const Incident& incident) const {
    std::optional<EventTime> next;
    const auto consider = [&](EventTime time) { next = next ? std::min(*next, time) : time; };
    if (incident.attribution == AttributionState::pending) consider(incident.onset + from_.causality.settle());
    if (incident.resolved) return next;
    consider(incident.last_seen + from_.settings.resolve_after);
    for (const Remedy& remedy : incident.remedies)
        if (remedy.worked) consider(remedy.signal.time + from_.settings.remedy_grace);
    return next;
}

}  // namespace culprit
