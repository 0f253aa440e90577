#include "correlator/attribution.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "correlator/change_summary.h"
#include "correlator/evidence.h"
#include "correlator/relation.h"

namespace culprit {

namespace {

using namespace std::chrono_literals;

/// Both sides of one error are logged within milliseconds; a symptom this short after a remedy was under way when it came.
constexpr Duration kUnderWay = 1s;

/// A tool that finds its own table missing creates it within this time.
constexpr Duration kProbe = 2s;

/// A release that ran ahead of its migration is the better story, even where the migration alone weighs a little more.
constexpr double kStory = 2.0;

/// A job's own lines and its tool's may come from clocks that differ a little.
constexpr Duration kJobSlack = 3s;

bool asks_for(const std::set<std::string>& names, const std::string& name) { return names.empty() || names.contains(name); }

bool names_objects(const ChangeEvent& event) {
    return std::ranges::any_of(event.effects, [](const ChangeEffect& effect) { return !effect.signal.objects.empty(); });
}

bool scopes_fit(const Session& session, const Scope& scope) {
    return (scope.environment.empty() || session.environment.empty() || scope.environment == session.environment) &&
           (scope.database.empty() || session.database.empty() || scope.database == session.database);
}

bool scopes_agree(const Scope& a, const Scope& b) {
    return (a.environment.empty() || b.environment.empty() || a.environment == b.environment) &&
           (a.database.empty() || b.database.empty() || a.database == b.database);
}

/// The relation of one line, seen as part of its event: a tool's line without a name does not count as unknown when its DDL is
/// known.
Relation relate(const Problem& problem, const ChangeEvent& event, const Signal& signal) {
    if (signal.objects.empty() && names_objects(event)) return Relation::different;
    return culprit::relate(problem.sum, signal);
}

/// Is it the first sign of a release of its service, after signs of another one? A mere restart changes nothing.
bool begins_release(const ChangeEvent& event, const std::vector<ChangeEvent>& events) {
    const Scope& scope = event.scope;
    if (scope.service.empty() || scope.release.empty()) return false;
    bool another = false;
    for (const ChangeEvent& earlier : events) {
        if (earlier.time >= event.time) break;
        if (earlier.scope.service != scope.service || earlier.scope.release.empty()) continue;
        if (earlier.scope.release == scope.release) return false;
        another = true;
    }
    return another;
}

bool is_failed(const ChangeEvent& event, const Signal& signal) {
    if (signal.phase == Phase::failed) return true;
    return std::ranges::any_of(event.effects, [&](const ChangeEffect& effect) {
        return effect.signal.phase == Phase::failed && effect.time >= signal.time &&
               effect.signal.operation == signal.operation && effect.signal.objects == signal.objects;
    });
}

/// Confidence is the share of exp(sharpness x score) among all candidates and "none of these".
void share_confidence(std::vector<Cause>& causes, const Causality& causality) {
    const double sharpness = causality.sharpness();
    double greatest = causality.none();
    for (const Cause& cause : causes) greatest = std::max(greatest, cause.score);
    double total = std::exp(sharpness * (causality.none() - greatest));
    std::vector<double> shares;
    for (const Cause& cause : causes) total += shares.emplace_back(std::exp(sharpness * (cause.score - greatest)));
    for (std::size_t i = 0; i < causes.size(); ++i) {
        causes[i].score = rounded(causes[i].score);
        causes[i].confidence = std::min(0.99, rounded(shares[i] / total));
    }
}

}  // namespace

std::vector<Remedy> Attribution::remedies(const Problem& problem, const std::vector<ChangeEvent>& events) const {
    const Session& session = *problem.session;
    std::vector<Remedy> remedies;
    for (const ChangeEvent& event : events) {
        if (!scopes_fit(session, event.scope)) continue;
        for (const ChangeEffect& effect : event.effects) {
            if (effect.time <= session.first || effect.time > session.last + causality_.look_ahead() ||
                is_failed(event, effect.signal))
                continue;
            const Relation relation = relate(problem, event, effect.signal);
            const auto rule = std::ranges::find_if(causality_.remedies(), [&](const RemedyRule& rule) {
                return rule.symptoms.contains(session.problem.kind) &&
                       (rule.changes.contains(effect.signal.kind) || rule.changes.contains(event.kind)) &&
                       asks_for(rule.operations, effect.signal.operation) &&
                       std::ranges::any_of(rule.relations, [&](RelationAsked asked) { return satisfies(relation, asked); });
            });
            if (rule == causality_.remedies().end()) continue;
            // A reset that names no sequence is held to be this one's only where the keys did come from a sequence.
            if (rule->sequence && relation == Relation::unknown && problem.sum.key_from_default <= problem.sum.key_explicit)
                continue;
            const bool worked = session.last <= effect.time + kUnderWay;
            if (rule->may_miss && !worked) continue;
            remedies.push_back({effect.signal, event.id, rule->sequence, worked});
        }
    }
    std::ranges::stable_sort(remedies, {}, [](const Remedy& remedy) { return remedy.signal.time; });
    return remedies;
}

std::pair<const ChangeEvent*, const ChangeEffect*> Attribution::awaited_change(const Problem& problem, const ChangeEvent& event,
                                                                               const std::vector<ChangeEvent>& events) const {
    const Session& session = *problem.session;
    const auto is_awaited = [&](const ChangeEvent& later, const ChangeEffect& effect) {
        if (effect.time < problem.onset || effect.time > session.last + causality_.look_ahead() ||
            is_failed(later, effect.signal))
            return false;
        const bool awaits = std::ranges::any_of(causality_.rules(), [&](const CausalityRule& rule) {
            return rule.awaited && rule.symptoms.contains(session.problem.kind) &&
                   asks_for(rule.operations, effect.signal.operation);
        });
        return awaits && relate(problem, later, effect.signal) == Relation::same_object;
    };
    for (const ChangeEvent& later : events) {
        if (later.id == event.id || !scopes_fit(session, later.scope)) continue;
        for (const ChangeEffect& effect : later.effects)
            if (is_awaited(later, effect)) return {&later, &effect};
    }
    return {nullptr, nullptr};
}

std::optional<Cause> Attribution::weigh(const Problem& problem, const CausalityRule& rule, const ChangeEvent& event,
                                        const std::vector<ChangeEvent>& events, const std::vector<Remedy>& remedies) const {
    const Session& session = *problem.session;
    if (rule.new_release && !begins_release(event, events)) return std::nullopt;
    // The line of the event that fits best, and of equals the first.
    const ChangeEffect* best = nullptr;
    Relation relation = Relation::different;
    const bool is_job = event.kind == "deployment" && causality_.runs_migrations(event.scope.service);
    for (const ChangeEffect& effect : event.effects) {
        // A deployment of a service that runs migrations is a migration of which nothing else is known.
        const bool is_its_kind = is_job ? rule.changes.contains("migration")
                                        : rule.changes.contains(effect.signal.kind) || rule.changes.contains(event.kind);
        if (!is_its_kind || (rule.side && effect.signal.side != *rule.side)) continue;
        if (!asks_for(rule.operations, effect.signal.operation)) continue;
        if (!rule.phases.empty() && !rule.phases.contains(effect.signal.phase) && !rule.phases.contains(event.phase)) continue;
        const EventTime time = rule.relation == RelationAsked::none ? event.time : effect.time;
        const Clocks clocks = clocks_between(problem, effect.signal);
        const Duration offset = time - clocks.onset;
        const Duration look_ahead = rule.look_ahead + (clocks.shared || rule.awaited ? Duration{} : clocks.slack);
        if (-offset > rule.look_back || offset > look_ahead || (rule.awaited && offset < 0s)) continue;
        const Relation its = relate(problem, event, effect.signal);
        if (!satisfies(its, rule.relation)) continue;
        if (!best || its < relation) {
            best = &effect;
            relation = its;
        }
    }
    if (!best) return std::nullopt;

    Cause cause;
    cause.event_id = event.id;
    cause.release_id = event.release_id;
    cause.kind = event.kind;
    cause.tool = event.tool;
    cause.migration = event.migration;
    cause.story = rule.story;
    cause.scope = event.scope;
    cause.phase = event.phase;
    cause.effect = best->signal;
    cause.sequence = rule.sequence;
    cause.failed = rule.failed;
    cause.is_awaited = rule.awaited;
    cause.is_job = is_job;
    cause.first = event.first;
    cause.last = event.last;
    const EventTime time = rule.relation == RelationAsked::none ? event.time : best->time;
    cause.effect.time = time;
    const Clocks clocks = clocks_between(problem, best->signal);
    cause.offset = time - problem.onset;
    cause.clock_offset = time - clocks.onset;
    for (const ChangeEffect& effect : event.effects) cause.sources.push_back(effect.signal.source);
    cause.links = links_of(event);
    cause.score = rule.prior;
    cause.evidence.push_back({"prior", rule.prior, rule.story});

    Weighing weighing{causality_, cause};
    if (rule.relation != RelationAsked::none) {
        std::string object = best->signal.objects.empty() ? std::string("names no object") : best->signal.objects.front().name;
        weighing.add(term_of(relation), 1, std::move(object));
    }
    weigh_scope(weighing, problem, event);
    weigh_proximity(weighing, rule.half_life);
    const bool own_error = in_session_of(problem, event);
    const double habitual = rule.awaited || own_error ? 0 : weigh_habit(weighing, problem, event, events);
    if (!rule.awaited && !rule.lasting) weigh_surge(weighing, problem, time, clocks, habitual);
    if (rule.lasting && session.first < time) weigh_ending(weighing, problem, time);
    if (rule.relation == RelationAsked::unknown && best->signal.objects.empty()) weigh_silence(weighing, event, events);
    if (rule.sequence) weigh_sequence(weighing, problem);
    if (problem.probe) weighing.add("probe", 1, "asked for once, by no application, and created at once");
    if (!rule.awaited && own_error) weighing.add("same_session", 1, "raised in its own session");
    if (!names_objects(event) && event.kind != "deployment" && event.kind != "restart") weigh_name(weighing, problem, event);
    if (!rule.failed && !rule.may_fail && is_failed(event, best->signal)) weighing.add("failed_change", 1, "the change failed");

    weigh_remedies(weighing, remedies, event.id, time, rule.awaited);

    if ((event.kind == "deployment" || event.kind == "restart") && rule.relation == RelationAsked::none)
        weigh_pending(weighing, problem, event, events);

    // A release that went live ahead of its migration: what it lacked came later, and then the errors ended.
    const bool ours = event.scope.service.empty() || problem.services.empty() || problem.services.contains(event.scope.service) ||
                      related_service(problem.services, event.scope.service);
    if (event.kind == "deployment" && rule.relation == RelationAsked::none && ours) {
        if (const auto [later, effect] = awaited_change(problem, event, events); effect) {
            cause.awaited = effect->signal;
            cause.awaited_offset = effect->time - problem.onset;
            weighing.add(
                "awaited_migration", 1,
                effect->signal.operation + " " + effect->signal.objects.front().name + " came " + distance(cause.awaited_offset));
            for (const ChangeEffect& source : later->effects) cause.sources.push_back(source.signal.source);
        }
    }
    cause.score = rounded(cause.score);
    return cause;
}

bool Attribution::is_probe(const Problem& problem, const std::vector<ChangeEvent>& events) const {
    const Session& session = *problem.session;
    if (session.count() > 2 || session.count(Side::application) > 0) return false;
    const ChangeEvent nothing;
    const auto [event, effect] = awaited_change(problem, nothing, events);
    return effect && (effect->time - problem.onset < kProbe || in_session_of(problem, *event));
}

std::vector<Cause> Attribution::candidates(const Problem& problem, const std::vector<ChangeEvent>& events,
                                           const std::vector<Remedy>& remedies) const {
    std::vector<Cause> causes;
    for (const ChangeEvent& event : events) {
        if (event.last < problem.onset - causality_.look_back() || event.first > problem.onset + causality_.look_ahead())
            continue;
        if (event.remedy) continue;
        std::optional<Cause> best;
        for (const CausalityRule& rule : causality_.rules()) {
            if (!rule.symptoms.contains(problem.session->problem.kind)) continue;
            std::optional<Cause> cause = weigh(problem, rule, event, events, remedies);
            if (cause && (!best || cause->score > best->score)) best = std::move(cause);
        }
        if (best) causes.push_back(std::move(*best));
    }
    // What a deployment was waiting for is part of its story, not its rival; and what ran inside a job is that job. Code is part
    // of the release that brought it, or of the migration that it holds; and what an application says is pending, of what it was
    // started by.
    std::set<std::string> told;
    for (Cause& cause : causes)
        for (const Cause& other : causes) {
            if (cause.event_id == other.event_id) continue;
            if (cause.kind == "pending_migration" && std::ranges::find(other.sources, cause.effect.source) != other.sources.end())
                told.insert(cause.event_id);
            if (cause.kind == "code_change" && other.kind != "code_change" &&
                (cause.release_id == other.release_id ||
                 (!other.migration.empty() && cause.migration.find(other.migration) != std::string::npos)))
                told.insert(cause.event_id);
            if (cause.is_awaited && other.awaited && other.score + kStory >= cause.score &&
                other.awaited->source == cause.effect.source)
                told.insert(cause.event_id);
            if (other.is_job && !cause.is_job && cause.kind == "migration" && cause.first >= other.first - kJobSlack &&
                cause.last <= other.last + kJobSlack && scopes_agree(cause.scope, other.scope)) {
                told.insert(other.event_id);
                cause.sources.insert(cause.sources.end(), other.sources.begin(), other.sources.end());
            }
        }
    std::erase_if(causes, [&](const Cause& cause) { return told.contains(cause.event_id); });
    return causes;
}

void Attribution::compete(std::vector<Cause>& causes) const {
    share_confidence(causes, causality_);
    std::ranges::stable_sort(causes, [](const Cause& a, const Cause& b) {
        return std::tie(b.score, b.effect.time, a.event_id) < std::tie(a.score, a.effect.time, b.event_id);
    });
}

}  // namespace culprit
