#include "correlator/change_reach.h"

#include <algorithm>

#include "correlator/relation.h"

namespace culprit {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSlack = 1min;  // clocks that differ, and what the analysis allows for them
constexpr Duration kContext = 1h;  // changes of which only that they were there is of interest

bool asks_for(const std::set<std::string>& names, const std::string& name) { return names.empty() || names.contains(name); }

bool names_objects(const ChangeEvent& event) {
    return std::ranges::any_of(event.effects, [](const ChangeEffect& effect) { return !effect.signal.objects.empty(); });
}

Relation relate(const Incident& incident, const ChangeEvent& event, const Signal& signal) {
    if (signal.objects.empty() && names_objects(event)) return Relation::different;
    return culprit::relate(incident.sum, signal);
}

bool is_of_kind(const std::set<std::string>& kinds, const ChangeEvent& event, const Signal& signal) {
    return kinds.contains(event.kind) || kinds.contains(signal.kind);
}

}  // namespace

bool ChangeReach::may_cause(const ChangeEvent& event, const ChangeEffect& effect, const Incident& incident) const {
    const Relation relation = relate(incident, event, effect.signal);
    return std::ranges::any_of(causality_.rules(), [&](const CausalityRule& rule) {
        if (!rule.symptoms.contains(incident.problem.kind) || !asks_for(rule.operations, effect.signal.operation)) return false;
        const bool its_kind = rule.awaited || is_of_kind(rule.changes, event, effect.signal) ||
                              (rule.changes.contains("migration") && causality_.runs_migrations(event.scope.service));
        return its_kind && satisfies(relation, rule.relation);
    });
}

bool ChangeReach::may_mend(const ChangeEvent& event, const ChangeEffect& effect, const Incident& incident) const {
    const Relation relation = relate(incident, event, effect.signal);
    return std::ranges::any_of(causality_.remedies(), [&](const RemedyRule& rule) {
        return rule.symptoms.contains(incident.problem.kind) && is_of_kind(rule.changes, event, effect.signal) &&
               asks_for(rule.operations, effect.signal.operation) &&
               std::ranges::any_of(rule.relations, [&](RelationAsked asked) { return satisfies(relation, asked); });
    });
}

bool ChangeReach::reaches(const ChangeEvent& event, const Incident& incident) const {
    const EventTime first = std::min(incident.onset, incident.sum.first), last = incident.last_seen;
    if (event.first > last + causality_.look_ahead() + kSlack) return false;
    // Of a release that was there before: however long ago.
    const bool is_release = !event.scope.release.empty() && !event.scope.service.empty();
    if (is_release && std::ranges::any_of(causality_.rules(), [&](const CausalityRule& rule) {
            return rule.new_release && rule.symptoms.contains(incident.problem.kind);
        }))
        return true;
    if (incident.habit.days > 0) return true;  // it may be the same change of an earlier day
    if (event.last + causality_.look_back() + kSlack < first) return false;
    if (event.last + kContext >= first && event.first <= last + kContext) return true;
    // DDL beside a candidate that shows none of its own.
    if (std::ranges::any_of(incident.candidates, [&](const Cause& candidate) {
            return event.first <= candidate.last + kContext && event.last + kContext >= candidate.first;
        }))
        return true;
    return std::ranges::any_of(event.effects, [&](const ChangeEffect& effect) {
        return may_cause(event, effect, incident) || may_mend(event, effect, incident);
    });
}

bool ChangeReach::reaches(const std::vector<const ChangeEvent*>& events, const std::set<std::string>& ids,
                          const Incident& incident) const {
    const auto is_changed = [&](const auto& each) { return ids.contains(each.event_id); };
    if (std::ranges::any_of(incident.candidates, is_changed) || std::ranges::any_of(incident.remedies, is_changed)) return true;
    return std::ranges::any_of(events, [&](const ChangeEvent* event) { return reaches(*event, incident); });
}

}  // namespace culprit
