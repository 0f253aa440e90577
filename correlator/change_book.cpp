#include "correlator/change_book.h"

#include <algorithm>
#include <tuple>

#include "correlator/change_document.h"
#include "correlator/names.h"

namespace culprit {

namespace {

/// So many times the rate of before, or of other days at this hour, are new errors.
constexpr double kNew = 3.0;

/// A restart that is no release, and what only mends, change nothing that errors could be held against.
bool is_watched(const ChangeEvent& event) { return !event.remedy; }

bool by_onset(const HeldIncident* a, const HeldIncident* b) { return std::tie(a->onset, a->id) < std::tie(b->onset, b->id); }

void drop(std::map<std::string, std::set<std::string>>& index, const std::string& key, const std::string& id) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    found->second.erase(id);
    if (found->second.empty()) index.erase(found);
}

}  // namespace

std::string_view to_string(WatchVerdict verdict) {
    switch (verdict) {
        case WatchVerdict::open:
            return "open";
        case WatchVerdict::clean:
            return "clean";
        case WatchVerdict::dirty:
            return "dirty";
    }
    return "open";
}

void ChangeBook::touch(const HeldIncident& incident) {
    if (!incident.change.empty()) touched_.insert(incident.change);
    if (!incident.group.empty()) touched_.insert(incident.group);
    if (incident.unexplained) touched_onsets_.insert(incident.onset);
}

void ChangeBook::forget(const std::string& id) {
    const auto found = incidents_.find(id);
    if (found == incidents_.end()) return;
    touch(found->second);
    drop(caused_, found->second.change, id);
    drop(groups_, found->second.group, id);
    unexplained_.erase({found->second.onset, id});
    incidents_.erase(found);
}

void ChangeBook::hold(const Incident& incident, const std::string& group) {
    HeldIncident now{incident.id,
                     incident.environment,
                     incident.database,
                     incident.severity.level,
                     {},
                     group,
                     incident.services,
                     incident.sum.users.estimate(),
                     incident.onset,
                     incident.last_seen,
                     incident.resolved,
                     false};
    if (incident.attribution == AttributionState::attributed) now.change = incident.causes.front().event_id;
    now.unexplained =
        incident.attribution == AttributionState::unattributed && incident.rate_per_minute >= kNew * incident.baseline_per_minute;
    const auto found = incidents_.find(incident.id);
    if (found != incidents_.end() && found->second == now) return;
    forget(incident.id);
    if (!now.change.empty()) caused_[now.change].insert(now.id);
    if (!now.group.empty()) groups_[now.group].insert(now.id);
    if (now.unexplained) unexplained_.emplace(now.onset, now.id);
    touch(now);
    incidents_.emplace(now.id, std::move(now));
}

bool ChangeBook::holds_against(const ChangeEvent& event, const HeldIncident& incident) const {
    const Scope& scope = event.scope;
    if (!scope.environment.empty() && !incident.environment.empty() && scope.environment != incident.environment) return false;
    if (!scope.database.empty() && !incident.database.empty()) return scope.database == incident.database;
    return !scope.service.empty() && std::ranges::any_of(incident.services, [&](const std::string& service) {
        return same_service(service, scope.service);
    });
}

ChangeRecord ChangeBook::record_of(const ChangeEvent& event, std::optional<EventTime> now, std::optional<EventTime>& next) const {
    ChangeRecord record;
    record.event = &event;
    record.until = event.time + settings_.watch;
    std::set<std::string> ids;
    if (const auto caused = caused_.find(event.id); caused != caused_.end()) ids = caused->second;
    for (auto it = unexplained_.lower_bound({event.time, {}}); it != unexplained_.end() && it->first <= record.until; ++it)
        if (holds_against(event, incidents_.at(it->second))) ids.insert(it->second);
    for (const std::string& id : ids) record.incidents.push_back(&incidents_.at(id));
    std::ranges::sort(record.incidents, by_onset);
    if (!record.incidents.empty())
        record.verdict = WatchVerdict::dirty;
    else if (now && *now >= record.until)
        record.verdict = WatchVerdict::clean;
    else
        next = record.until;
    record.warnings = warnings_.of(event, changes_.events(), now, next);

    const auto group = groups_.find(event.id);
    if (group == groups_.end() || group->second.size() < 2) return record;
    for (const std::string& id : group->second) record.group.push_back(&incidents_.at(id));
    std::ranges::sort(record.group, by_onset);
    record.group_changes = changes_.of_release(event.id);
    return record;
}

/// Marks what is new or has grown; what is gone has become part of another change.
void ChangeBook::take_changed(std::vector<IncidentDocument>& revisions, std::int64_t version) {
    std::map<SourcePosition, std::string> gone;  // by the first line
    for (const std::string& id : std::exchange(changed_, {})) {
        const ChangeEvent* event = changes_.find(id);
        if (event && is_watched(*event)) {
            touched_.insert(id);
            if (warnings_.may_warn(*event))
                warnable_.insert(id);
            else
                warnable_.erase(id);
        } else if (const auto held = held_.find(id); held != held_.end()) {
            gone.emplace(held->second.source, id);
        }
    }
    touched_.insert(warnable_.begin(), warnable_.end());
    if (gone.empty()) return;
    std::map<std::string, std::string> heirs;  // by who is gone
    for (const ChangeEvent& event : changes_.events())
        for (const ChangeEffect& effect : event.effects)
            if (const auto found = gone.find(effect.signal.source); found != gone.end()) heirs.emplace(found->second, event.id);
    for (const auto& [source, id] : gone) {
        const auto held = held_.find(id);
        IncidentDocument document = held->second.document;
        document.version = version;
        document.status = "merged";
        document.json = merged_change_document(id, version, held->second.time, heirs[id]);
        revisions.push_back(std::move(document));
        if (held->second.deadline) deadlines_.erase({*held->second.deadline, id});
        held_.erase(held);
        warnable_.erase(id);
        touched_.erase(id);
    }
}

std::vector<IncidentDocument> ChangeBook::revisions(std::optional<EventTime> now, std::int64_t version) {
    std::vector<IncidentDocument> revisions;
    if (!changed_.empty()) take_changed(revisions, version);
    for (const auto& [time, id] : deadlines_) {
        if (!now || time > *now) break;
        touched_.insert(id);
    }
    const std::vector<ChangeEvent>& events = changes_.events();
    for (const EventTime onset : std::exchange(touched_onsets_, {}))
        for (auto it = std::ranges::lower_bound(events, onset - settings_.watch, {}, &ChangeEvent::time);
             it != events.end() && it->time <= onset; ++it)
            touched_.insert(it->id);
    for (const std::string& id : std::exchange(touched_, {})) {
        const ChangeEvent* found = changes_.find(id);
        if (!found || !is_watched(*found)) continue;
        const ChangeEvent& event = *found;
        Held& held = held_[event.id];
        if (held.deadline) deadlines_.erase({*held.deadline, event.id});
        held.deadline.reset();
        const ChangeRecord record = record_of(event, now, held.deadline);
        if (held.deadline) deadlines_.emplace(*held.deadline, event.id);
        held.time = event.time;
        held.source = event.effects.front().signal.source;
        std::string content = to_document(record, 0);
        if (content == held.content) continue;
        held.content = std::move(content);
        held.document = {event.id,
                         version,
                         event.time,
                         std::string(to_string(record.verdict)),
                         {},
                         to_document(record, version),
                         DocumentKind::change};
        revisions.push_back(held.document);
    }
    std::ranges::sort(revisions, {}, &IncidentDocument::id);
    return revisions;
}

std::vector<IncidentDocument> ChangeBook::documents() const {
    std::vector<const Held*> all;
    for (const auto& [id, held] : held_) all.push_back(&held);
    std::ranges::sort(
        all, [](const Held* a, const Held* b) { return std::tie(a->time, a->document.id) < std::tie(b->time, b->document.id); });
    std::vector<IncidentDocument> documents;
    for (const Held* held : all) documents.push_back(held->document);
    return documents;
}

}  // namespace culprit
