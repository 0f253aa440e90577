#include "correlator/correlator.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "correlator/change_book.h"
#include "correlator/change_reach.h"
#include "correlator/incident_analysis.h"
#include "correlator/incident_document.h"
#include "correlator/operator_notes.h"
#include "correlator/rule_files.h"

namespace culprit {

struct Correlator::State {
    explicit State(CorrelationSettings given)
        : settings(std::move(given)),
          causality(Causality::load("causality.yaml", rule_table(settings, "causality.yaml"))),
          warnings(ChangeWarnings::load("warnings.yaml", rule_table(settings, "warnings.yaml"))),
          groups(settings),
          watermarks(settings.allowed_lateness),
          claims(causality),
          analysis({settings, causality, changes, evidence, claims, watermarks, notes}),
          reach(causality),
          book(settings, changes, warnings) {}

    struct Held {
        Incident incident;
        std::string content;  // the document with version 0: what revisions are told apart by
        IncidentDocument document;
        std::string release;  // the release, or the change alone, that it is attributed to
        std::optional<EventTime> deadline;
    };

    const CorrelationSettings settings;
    const Causality causality;
    const ChangeWarnings warnings;
    SymptomGroups groups;
    ChangeIndex changes;
    EvidenceFlow evidence;
    Watermarks watermarks;
    Claims claims;
    OperatorNotes notes;
    const IncidentAnalysis analysis;
    const ChangeReach reach;
    ChangeBook book;

    LogPosition position;
    bool begun = false;                                     // something was folded: `position` is the last that was
    std::set<ProblemKey> touched;                           // problems whose symptoms are new
    bool all_touched = false;                               // what all of them are compared with is new
    std::set<std::string> due;                              // incidents to conclude again
    std::set<std::pair<EventTime, std::string>> deadlines;  // when the clock alone changes an incident: the next time of each
    std::map<std::string, Held> held;                       // by id
    std::map<ProblemKey, std::set<std::string>> ids;
    std::map<std::string, std::set<std::string>> members;  // ids by the release that caused them

    void fold(const Tally& tally);
    void fold(const Signal& change);
    void fold(const WatermarkUpdate& update);
    void fold(const OperatorNote& note);

    void touch_by_changes();
    void analyse(const ProblemKey& problem, std::vector<IncidentDocument>& revisions);
    void conclude(const std::string& id, std::set<std::string>& changed);
    void forget(const std::string& id, const ProblemKey& problem, std::vector<IncidentDocument>& revisions);
    void attribute(Held& held, const std::string& id, const std::string& release, std::set<std::string>& changed);
    void relate(const std::string& id, Held& held) const;
    void expect(Held& held, const std::string& id, std::optional<EventTime> deadline);
    std::int64_t version() const { return settings.epoch * (std::int64_t{1} << 40) + position.value; }
    IncidentDocument document_of(const Incident& incident) const;
};

void Correlator::State::fold(const Tally& tally) {
    const std::size_t known = groups.service_knowledge();
    touched.insert(groups.add(tally));
    if (groups.service_knowledge() != known) all_touched = true;
    if (evidence.seen(tally.key.fingerprint.environment, tally.first)) all_touched = true;
}

void Correlator::State::fold(const Signal& change) {
    if (change.family == Family::symptom) return;
    changes.add(change);
    if (evidence.seen(change)) all_touched = true;
}

void Correlator::State::fold(const WatermarkUpdate& update) {
    watermarks.update(update);
    for (const EvidenceSeen& seen : update.evidence)
        if (evidence.seen(seen)) all_touched = true;
}

void Correlator::State::fold(const OperatorNote& note) {
    notes.add(note);
    if (note.kind == NoteKind::maintenance)
        all_touched = true;
    else if (const ProblemKey problem{note.problem_kind, note.problem_name}; ids.contains(problem))
        touched.insert(problem);  // without symptoms there is nothing to say yet; they will find the note
}

IncidentDocument Correlator::State::document_of(const Incident& incident) const {
    return {incident.id,
            version(),
            incident.bucket,
            incident.resolved ? "resolved" : "open",
            incident.severity.level,
            to_document(incident, version()),
            DocumentKind::incident};
}

/// Marks the problems that changes may matter to which are new, or not what they were.
void Correlator::State::touch_by_changes() {
    const ChangeIndex::Changed changed = changes.take_changed();
    if (changed.ids.empty()) return;
    book.changes_came(changed);
    if (all_touched) return;
    for (const auto& [id, each] : held)
        if (!touched.contains(each.incident.problem) && reach.reaches(changed.events, changed.ids, each.incident))
            touched.insert(each.incident.problem);
}

/// What the problem's own symptoms say; marks what has to be concluded from it.
void Correlator::State::analyse(const ProblemKey& problem, std::vector<IncidentDocument>& revisions) {
    const std::set<std::string> before = std::exchange(ids[problem], {});
    const std::vector<Session> sessions = groups.sessions(problem);
    for (const Session& session : sessions) {
        Incident incident = analysis.analyse(sessions, session);
        due.merge(claims.set(incident));
        due.insert(incident.id);
        ids[problem].insert(incident.id);
        held[incident.id].incident = std::move(incident);
    }
    for (const std::string& id : before)
        if (!ids[problem].contains(id)) forget(id, problem, revisions);
}

/// Late evidence moved its first symptom or joined it with another: the one that holds its onset now stands for it.
void Correlator::State::forget(const std::string& id, const ProblemKey& problem, std::vector<IncidentDocument>& revisions) {
    Held& gone = held.at(id);
    attribute(gone, id, {}, due);
    expect(gone, id, std::nullopt);
    due.merge(claims.erase(id));
    book.forget(id);
    due.erase(id);
    const Incident old = std::move(gone.incident);
    held.erase(id);
    std::string heir;
    std::set<ProblemKey> sharing{problem};
    groups.add_sharing(sharing);
    for (const ProblemKey& each : sharing) {
        const auto theirs = ids.find(each);
        if (theirs == ids.end()) continue;
        for (const std::string& other : theirs->second) {
            const Incident& candidate = held.at(other).incident;
            if (candidate.environment != old.environment && !old.environment.empty()) continue;
            const bool meets = candidate.onset <= old.last_seen && old.onset <= candidate.last_seen;
            if (meets || (heir.empty() && each == problem)) heir = other;
        }
    }
    revisions.push_back({old.id, version(), old.bucket, "merged", old.severity.level, merged_document(old, version(), heir),
                         DocumentKind::incident});
}

void Correlator::State::attribute(Held& held, const std::string& id, const std::string& release, std::set<std::string>& changed) {
    if (held.release == release) return;
    for (const std::string& each : {held.release, release}) {
        if (each.empty()) continue;
        std::set<std::string>& group = members[each];
        if (each == release)
            group.insert(id);
        else
            group.erase(id);
        changed.insert(group.begin(), group.end());
        if (group.empty()) members.erase(each);
    }
    held.release = release;
}

void Correlator::State::expect(Held& held, const std::string& id, std::optional<EventTime> deadline) {
    if (held.deadline) deadlines.erase({*held.deadline, id});
    held.deadline = deadline;
    if (deadline) deadlines.emplace(*deadline, id);
}

void Correlator::State::conclude(const std::string& id, std::set<std::string>& changed) {
    const auto found = held.find(id);
    if (found == held.end()) return;
    Incident& incident = found->second.incident;
    analysis.conclude(incident);
    const bool attributed = incident.attribution == AttributionState::attributed;
    attribute(found->second, id, attributed ? incident.causes.front().release_id : std::string(), changed);
    expect(found->second, id, analysis.deadline_of(incident));
    changed.insert(id);
}

void Correlator::State::relate(const std::string& id, Held& held) const {
    held.incident.group.clear();
    held.incident.related.clear();
    if (held.release.empty()) return;
    const std::set<std::string>& group = members.at(held.release);
    if (group.size() < 2) return;
    held.incident.group = held.release;
    for (const std::string& other : group)
        if (other != id) held.incident.related.push_back(other);
}

Correlator::Correlator(CorrelationSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}
Correlator::~Correlator() = default;

void Correlator::apply(const LogEntry& entry, LogPosition position) {
    if (state_->begun && position.value <= state_->position.value) return;
    state_->begun = true;
    state_->position = position;
    std::visit([&](const auto& each) { state_->fold(each); }, entry);
}

std::vector<IncidentDocument> Correlator::revisions() {
    State& state = *state_;
    std::vector<IncidentDocument> revisions;
    if (const auto now = state.watermarks.clock())
        for (const auto& [time, id] : state.deadlines) {
            if (time > *now) break;
            state.due.insert(id);
        }
    state.touch_by_changes();
    if (std::exchange(state.all_touched, false))
        for (ProblemKey& problem : state.groups.problems()) state.touched.insert(std::move(problem));
    state.groups.add_sharing(state.touched);
    // What now belongs to another problem comes last: then that one's incidents are there to be merged into.
    std::set<ProblemKey> told_elsewhere;
    for (const ProblemKey& problem : std::exchange(state.touched, {})) {
        if (state.ids.contains(problem) && state.groups.is_told_elsewhere(problem))
            told_elsewhere.insert(problem);
        else
            state.analyse(problem, revisions);
    }
    for (const ProblemKey& problem : told_elsewhere) state.analyse(problem, revisions);
    std::set<std::string> changed;
    for (const std::string& id : std::exchange(state.due, {})) state.conclude(id, changed);

    for (const std::string& id : changed) {
        const auto found = state.held.find(id);
        if (found == state.held.end()) continue;
        State::Held& held = found->second;
        state.relate(id, held);
        state.book.hold(held.incident, held.release);
        std::string content = to_document(held.incident, 0);
        if (content == held.content) continue;
        held.content = std::move(content);
        held.document = state.document_of(held.incident);
        revisions.push_back(held.document);
    }
    std::ranges::sort(revisions, {}, &IncidentDocument::id);
    return revisions;
}

std::vector<IncidentDocument> Correlator::change_revisions() {
    State& state = *state_;
    return state.book.revisions(state.watermarks.clock(), state.version());
}

std::vector<IncidentDocument> Correlator::changes() const { return state_->book.documents(); }

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

FoldSnapshot Correlator::snapshot() const {
    FoldSnapshot snapshot;
    const auto keep = [&](LogEntry entry) { snapshot.entries.push_back(std::move(entry)); };
    state_->watermarks.for_each(keep);
    state_->evidence.for_each(keep);
    state_->changes.for_each(keep);
    state_->groups.for_each(keep);
    state_->notes.for_each(keep);
    snapshot.position = state_->position;
    snapshot.clock = watermark();
    return snapshot;
}

void Correlator::restore(const FoldSnapshot& snapshot) {
    for (const LogEntry& entry : snapshot.entries) std::visit([&](const auto& each) { state_->fold(each); }, entry);
    // That of an empty log says nothing, and stands before the log's first position.
    state_->begun = std::ranges::any_of(snapshot.entries, [](const LogEntry& entry) {
        const auto* update = std::get_if<WatermarkUpdate>(&entry);
        return !update || update->watermark != EventTime{} || !update->evidence.empty();
    });
    state_->position = std::max(state_->position, snapshot.position);
    state_->watermarks.set_clock(snapshot.clock);
}

std::vector<Correlator::TableSize> Correlator::sizes() const {
    return {{"problems", state_->groups.size(), SymptomGroups::kProblems},
            {"incidents", state_->held.size(), 0},
            {"changes", state_->changes.size(), 0},
            {"notes", state_->notes.size(), OperatorNotes::kNotes}};
}

std::optional<EventTime> Correlator::watermark() const { return state_->watermarks.clock(); }

}  // namespace culprit
