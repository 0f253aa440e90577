#include "correlator/correlator.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include "correlator/attribution.h"
#include "correlator/causality.h"
#include "correlator/change_index.h"
#include "correlator/evidence_flow.h"
#include "correlator/incident.h"
#include "correlator/incident_document.h"
#include "correlator/onset.h"
#include "correlator/playbook.h"
#include "correlator/severity.h"
#include "correlator/symptom_groups.h"
#include "correlator/watermarks.h"
#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_playbooks();
std::span<const EmbeddedFile> embedded_correlation_tables();

namespace {

using namespace std::chrono_literals;

std::string_view embedded_table(std::string_view name) {
    const auto files = embedded_correlation_tables();
    return std::ranges::find(files, name, &EmbeddedFile::name)->content;
}

std::string hex_hash(const std::string& text) {
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
    return hex;
}

/// Occurrences of the side that saw more of them: both sides together would count one error twice.
std::vector<Occurrences> occurrences_of(const Session& session) {
    const Side side = session.count(Side::application) > session.count(Side::server) ? Side::application : Side::server;
    std::vector<Occurrences> occurrences;
    for (const Tally* tally : session.tallies)
        if (tally->key.side == side) occurrences.push_back({tally->first, tally->count});
    return occurrences;
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

}  // namespace

struct Correlator::State {
    explicit State(CorrelationSettings given)
        : settings(std::move(given)),
          causality(Causality::load("causality.yaml", embedded_table("causality.yaml"))),
          severities(SeverityTree::load("severity.yaml", embedded_table("severity.yaml"))),
          playbooks(Playbooks::load(embedded_playbooks())),
          groups(settings),
          attribution(causality) {}

    struct Held {
        Incident incident;
        std::string content;  // the document with version 0: what revisions are told apart by
        IncidentDocument document;
    };

    CorrelationSettings settings;
    Causality causality;
    SeverityTree severities;
    Playbooks playbooks;
    SymptomGroups groups;
    ChangeIndex changes;
    EvidenceFlow evidence;
    Watermarks watermarks;
    Attribution attribution;

    LogPosition position;
    std::set<ProblemKey> touched;
    bool all_touched = false;
    std::set<std::pair<EventTime, ProblemKey>>
        deadlines;  // when the clock alone changes a problem's incidents: the next time of each
    std::map<ProblemKey, EventTime> deadline_of_problem;
    std::map<std::string, Held> held;  // by id
    std::map<ProblemKey, std::set<std::string>> ids;
    std::map<std::string, std::set<std::string>> members;  // ids by the event that caused them

    void fold(const Tally& tally);
    void fold(const Signal& change);
    void fold(const WatermarkUpdate& update);

    Incident analyse(const std::vector<Session>& sessions, const Session& session) const;
    void settle(Incident& incident) const;
    std::string id_of(const Session& session) const;
    std::vector<Incident> incidents_of(const ProblemKey& problem);
    std::optional<EventTime> deadline_of(const Incident& incident) const;
    void revise(const ProblemKey& problem, std::set<std::string>& changed, std::vector<IncidentDocument>& revisions);
    std::int64_t version() const { return settings.epoch * (std::int64_t{1} << 40) + position.value; }
    IncidentDocument document_of(const Incident& incident) const;
};

void Correlator::State::fold(const Tally& tally) {
    const std::size_t known = groups.service_knowledge();
    touched.insert(groups.add(tally));
    if (groups.service_knowledge() != known) all_touched = true;
}

void Correlator::State::fold(const Signal& change) {
    if (change.family == Family::symptom) return;
    changes.add(change);
    evidence.seen(change);
    all_touched = true;
}

void Correlator::State::fold(const WatermarkUpdate& update) {
    watermarks.update(update);
    for (const EvidenceSeen& seen : update.evidence)
        if (evidence.seen(seen)) all_touched = true;
}

/// The database is left out of the id of the first database in which a problem appears: it is often known only after the
/// application's own log line has opened the incident.
std::string Correlator::State::id_of(const Session& session) const {
    const auto bucket = to_micros(session.first) / settings.resolve_after.count();
    return hex_hash(session.environment + '\n' + (session.primary ? std::string() : session.database) + '\n' +
                    session.problem.kind + '\n' + session.problem.name + '\n' + std::to_string(bucket));
}

Incident Correlator::State::analyse(const std::vector<Session>& sessions, const Session& session) const {
    Incident incident;
    incident.id = id_of(session);
    incident.bucket = from_micros(to_micros(session.first) / settings.resolve_after.count() * settings.resolve_after.count());
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
        if (other.last < session.first && other.last + 24h > session.first) {
            if (problem.before == 0) problem.first_before = other.first;
            problem.before += other.count();
        }
        if (other.first <= session.first) day.insert(day.end(), its.begin(), its.end());
    }
    incident.trend = trend_of(day);

    const auto& events = changes.events();
    incident.remedies = attribution.remedies(problem, events);
    incident.causes = attribution.causes(problem, events, incident.remedies);
    settle(incident);
    for (EvidenceKind kind : {EvidenceKind::ddl, EvidenceKind::migrations, EvidenceKind::deployments, EvidenceKind::imports,
                              EvidenceKind::server_log})
        incident.evidence[kind] = evidence.state(kind, incident.environment, incident.database, incident.onset);

    incident.severity =
        severities.of(incident.problem.kind, {incident.count, incident.sum.users.estimate(), incident.services.size(),
                                              incident.sum.hosts.size(), incident.rate_per_minute});
    for (const MaintenanceWindow& window : settings.maintenance) {
        const bool here = (window.environment.empty() || window.environment == incident.environment) &&
                          (window.database.empty() || window.database == incident.database);
        if (!here || incident.onset < window.from || incident.onset >= window.until) continue;
        incident.maintenance = true;
        if (incident.severity.level < "SEV4") ++incident.severity.level.back();
        incident.severity.reasons.emplace_back("planned maintenance: lowered by one");
        break;
    }
    incident.diagnosis = playbooks.diagnose(incident);
    return incident;
}

/// What only the clock can say: resolved, or that there is no cause.
void Correlator::State::settle(Incident& incident) const {
    const auto now = watermarks.clock(settings.allowed_lateness);
    const auto passed = [&](EventTime time) { return now && *now >= time; };
    const auto worked = std::ranges::find_if(incident.remedies, &Remedy::worked);
    if (worked != incident.remedies.end() && passed(worked->signal.time + settings.remedy_grace)) {
        incident.resolved = true;
        incident.resolved_at = std::max(worked->signal.time, incident.last_seen);
        incident.resolved_by = worked->signal.operation.empty() ? worked->signal.kind : worked->signal.operation;
    } else if (passed(incident.last_seen + settings.resolve_after)) {
        incident.resolved = true;
        incident.resolved_at = incident.last_seen + settings.resolve_after;
    }
    if (!incident.causes.empty() && incident.causes.front().confidence >= settings.min_confidence)
        incident.attribution = AttributionState::attributed;
    else if (passed(incident.onset + causality.settle()))
        incident.attribution = AttributionState::unattributed;
}

/// The next time at which the clock alone changes what is said of this incident; nothing when it is final.
std::optional<EventTime> Correlator::State::deadline_of(const Incident& incident) const {
    std::optional<EventTime> next;
    const auto consider = [&](EventTime time) { next = next ? std::min(*next, time) : time; };
    if (incident.attribution == AttributionState::pending) consider(incident.onset + causality.settle());
    if (incident.resolved) return next;
    consider(incident.last_seen + settings.resolve_after);
    for (const Remedy& remedy : incident.remedies)
        if (remedy.worked) consider(remedy.signal.time + settings.remedy_grace);
    return next;
}

IncidentDocument Correlator::State::document_of(const Incident& incident) const {
    return {incident.id,
            version(),
            incident.bucket,
            incident.resolved ? "resolved" : "open",
            incident.severity.level,
            to_document(incident, version())};
}

std::vector<Incident> Correlator::State::incidents_of(const ProblemKey& problem) {
    std::vector<Incident> incidents;
    const std::vector<Session> sessions = groups.sessions(problem);
    incidents.reserve(sessions.size());
    for (const Session& session : sessions) incidents.push_back(analyse(sessions, session));
    return incidents;
}

void Correlator::State::revise(const ProblemKey& problem, std::set<std::string>& changed,
                               std::vector<IncidentDocument>& revisions) {
    const std::set<std::string> before = std::exchange(ids[problem], {});
    std::vector<Incident> incidents = incidents_of(problem);
    std::optional<EventTime> deadline;
    for (const std::string& id : before) {
        const Incident& old = held.at(id).incident;
        if (old.attribution != AttributionState::attributed) continue;
        auto group = members.find(old.causes.front().event_id);
        group->second.erase(id);
        changed.insert(group->second.begin(), group->second.end());
        if (group->second.empty()) members.erase(group);
    }
    for (Incident& incident : incidents) {
        ids[problem].insert(incident.id);
        if (incident.attribution == AttributionState::attributed) {
            auto& group = members[incident.causes.front().event_id];
            group.insert(incident.id);
            changed.insert(group.begin(), group.end());
        }
        changed.insert(incident.id);
        if (const auto its = deadline_of(incident)) deadline = deadline ? std::min(*deadline, *its) : *its;
        held[incident.id].incident = std::move(incident);
    }
    if (const auto old = deadline_of_problem.find(problem); old != deadline_of_problem.end()) {
        deadlines.erase({old->second, problem});
        deadline_of_problem.erase(old);
    }
    if (deadline) {
        deadlines.emplace(*deadline, problem);
        deadline_of_problem.emplace(problem, *deadline);
    }
    for (const std::string& id : before) {
        if (ids[problem].contains(id)) continue;
        // Late evidence moved its first symptom or joined it with another: the one that holds its onset now stands for it.
        const Incident old = std::move(held.at(id).incident);
        held.erase(id);
        changed.erase(id);
        std::string heir;
        for (const std::string& other : ids[problem]) {
            const Incident& candidate = held.at(other).incident;
            if (candidate.environment != old.environment && !old.environment.empty()) continue;
            if (heir.empty() || (candidate.onset <= old.last_seen && old.onset <= candidate.last_seen)) heir = other;
        }
        revisions.push_back({old.id, version(), old.bucket, "merged", old.severity.level, merged_document(old, version(), heir)});
    }
}

Correlator::Correlator(CorrelationSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Correlator::~Correlator() = default;

void Correlator::apply(const LogEntry& entry, LogPosition position) {
    state_->position = std::max(state_->position, position);
    std::visit([&](const auto& each) { state_->fold(each); }, entry);
}

std::vector<IncidentDocument> Correlator::revisions() {
    State& state = *state_;
    std::vector<IncidentDocument> revisions;
    if (const auto now = state.watermarks.clock(state.settings.allowed_lateness))
        while (!state.deadlines.empty() && state.deadlines.begin()->first <= *now) {
            state.touched.insert(state.deadlines.begin()->second);
            state.deadline_of_problem.erase(state.deadlines.begin()->second);
            state.deadlines.erase(state.deadlines.begin());
        }
    if (std::exchange(state.all_touched, false))
        for (ProblemKey& problem : state.groups.problems()) state.touched.insert(std::move(problem));
    std::set<std::string> changed;
    for (const ProblemKey& problem : std::exchange(state.touched, {})) state.revise(problem, changed, revisions);

    for (const std::string& id : changed) {
        auto found = state.held.find(id);
        if (found == state.held.end()) continue;
        State::Held& held = found->second;
        Incident& incident = held.incident;
        incident.group.clear();
        incident.related.clear();
        if (incident.attribution == AttributionState::attributed) {
            const auto& group = state.members[incident.causes.front().event_id];
            if (group.size() > 1) {
                incident.group = incident.causes.front().event_id;
                for (const std::string& other : group)
                    if (other != id) incident.related.push_back(other);
            }
        }
        std::string content = to_document(incident, 0);
        if (content == held.content) continue;
        held.content = std::move(content);
        held.document = state.document_of(incident);
        revisions.push_back(held.document);
    }
    std::ranges::sort(revisions, {}, &IncidentDocument::id);
    return revisions;
}

std::vector<IncidentDocument> Correlator::incidents() const {
    std::vector<const State::Held*> all;
    for (const auto& [id, held] : state_->held) all.push_back(&held);
    std::ranges::sort(all, [](const State::Held* a, const State::Held* b) {
        return std::tie(a->incident.onset, a->incident.id) < std::tie(b->incident.onset, b->incident.id);
    });
    std::vector<IncidentDocument> documents;
    documents.reserve(all.size());
    for (const State::Held* held : all) documents.push_back(held->document);
    return documents;
}

std::optional<EventTime> Correlator::watermark() const { return state_->watermarks.clock(state_->settings.allowed_lateness); }

}  // namespace culprit
