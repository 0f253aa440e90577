#include "correlator/attribution.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "correlator/relation.h"

namespace culprit {

namespace {

using namespace std::chrono_literals;

/// Both sides of one error are logged within milliseconds; a symptom this short after a remedy was under way when it came.
constexpr Duration kUnderWay = 1s;

/// A tool that finds its own table missing creates it within this time.
constexpr Duration kProbe = 2s;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Scores are compared between runs and platforms: three decimals are kept.
double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

std::string span(Duration duration) {
    const auto s = std::chrono::duration_cast<std::chrono::seconds>(duration < 0s ? -duration : duration).count();
    if (s < 120) return std::to_string(s) + " s";
    if (s < 7200) return std::to_string(s / 60) + " min";
    return std::to_string(s / 3600) + " h";
}

std::string distance(Duration offset) {
    if (offset > -1s && offset < 1s) return "at the onset";
    return span(offset) + (offset < 0s ? " before the onset" : " after the onset");
}

bool asks_for(const std::set<std::string>& names, const std::string& name) { return names.empty() || names.contains(name); }

std::uint64_t symptoms_before(const Session& session, EventTime time) {
    std::uint64_t by_side[2] = {0, 0};
    for (const Tally* tally : session.tallies)
        if (tally->last < time) by_side[tally->key.side == Side::server] += tally->count;
    return std::max(by_side[0], by_side[1]);
}

bool names_objects(const ChangeEvent& event) {
    return std::ranges::any_of(event.effects, [](const ChangeEffect& effect) { return !effect.signal.objects.empty(); });
}

bool scopes_fit(const Session& session, const Scope& scope) {
    return (scope.environment.empty() || session.environment.empty() || scope.environment == session.environment) &&
           (scope.database.empty() || session.database.empty() || scope.database == session.database);
}

/// The relation of one line, seen as part of its event: a tool's line without a name does not count as unknown when its DDL is
/// known.
Relation relate(const Problem& problem, const ChangeEvent& event, const Signal& signal) {
    if (signal.objects.empty() && names_objects(event)) return Relation::different;
    return culprit::relate(problem.sum, problem.session->problem.kind, signal);
}

struct Weighing {
    const Causality& causality;
    Cause& cause;
    void add(const std::string& term, double share, std::string detail) {
        const double weight = rounded(causality.weight(term) * share);
        cause.evidence.push_back({term, weight, std::move(detail)});
        cause.score += weight;
    }
};

/// `billing` and `billing-prod`: one name continues the other behind a separator.
bool related_service(const std::set<std::string>& services, const std::string& service) {
    return std::ranges::any_of(services, [&](const std::string& other) {
        const auto& [shorter, longer] =
            std::minmax(service, other, [](const auto& a, const auto& b) { return a.size() < b.size(); });
        return !shorter.empty() && longer.size() > shorter.size() && longer.starts_with(shorter) &&
               std::string_view("-_.").find(longer[shorter.size()]) != std::string_view::npos;
    });
}

void weigh_scope(Weighing& weighing, const Problem& problem, const ChangeEvent& event) {
    const Session& session = *problem.session;
    if (!event.scope.database.empty() && !session.database.empty()) {
        if (event.scope.database == session.database)
            weighing.add("same_database", 1, "both in database " + session.database);
        else
            weighing.add("different_database", 1, "change in " + event.scope.database + ", errors in " + session.database);
    }
    if (!event.scope.environment.empty() && !session.environment.empty() && event.scope.environment != session.environment)
        weighing.add("different_environment", 1, "change in " + event.scope.environment + ", errors in " + session.environment);
    if (event.kind == "deployment" || event.kind == "rollback") {
        if (!event.scope.service.empty() && !problem.services.empty()) {
            if (problem.services.contains(event.scope.service))
                weighing.add("same_service", 1, "errors are " + event.scope.service + "'s");
            else if (related_service(problem.services, event.scope.service))
                weighing.add("related_service", 1, "errors are " + *problem.services.begin() + "'s");
            else if (event.kind == "deployment")
                weighing.add("different_service", 1, "deployment of " + event.scope.service);
        }
    }
}

void weigh_surge(Weighing& weighing, const Problem& problem, EventTime time) {
    const Session& session = *problem.session;
    const std::uint64_t inside = symptoms_before(session, time - 2s);
    const std::uint64_t before = inside + problem.before;
    const std::uint64_t total = session.count();
    if (before == 0) {
        weighing.add("surge", std::min(1.0, static_cast<double>(total) / 4.0),
                     std::to_string(total) + " since, none in the 24 hours before");
        return;
    }
    const EventTime since = problem.before > 0 ? problem.first_before : session.first;
    const double rate_before = static_cast<double>(before) / std::max(1.0, seconds(time - since));
    const double rate_after = static_cast<double>(total - inside + 1) / std::max(1.0, seconds(session.last - time));
    const double alike = std::min(1.0, rate_before / rate_after);
    weighing.add("errors_before", alike, std::to_string(before) + " of these errors came before it");
}

void weigh_sequence(Weighing& weighing, const Problem& problem) {
    const Tally& sum = problem.sum;
    const double told = static_cast<double>(sum.key_from_default + sum.key_explicit);
    if (told > 0) {
        const double share = static_cast<double>(sum.key_from_default) / told;
        if (share > 0.5)
            weighing.add("key_from_default", share, "the inserts leave the key to its sequence");
        else
            weighing.add("key_explicit", 1 - share, "the inserts give the key themselves");
    }
    if (sum.constraint.empty()) return;
    if (sum.constraint.ends_with("_pkey") || sum.key_from_default > 0)
        weighing.add("primary_key", 1, sum.constraint + " guards the key");
    else if (told == 0)
        weighing.add("not_primary_key", 1, sum.constraint + " does not look like a primary key");
}

bool is_failed(const ChangeEvent& event, const Signal& signal) {
    if (signal.phase == Phase::failed) return true;
    return std::ranges::any_of(event.effects, [&](const ChangeEffect& effect) {
        return effect.signal.phase == Phase::failed && effect.time >= signal.time &&
               effect.signal.operation == signal.operation && effect.signal.objects == signal.objects;
    });
}

/// Confidence is the share of exp(score) among all candidates and "none of these", which has score 0.
void share_confidence(std::vector<Cause>& causes) {
    double greatest = 0;
    for (const Cause& cause : causes) greatest = std::max(greatest, cause.score);
    double total = std::exp(-greatest);
    std::vector<double> shares;
    for (const Cause& cause : causes) total += shares.emplace_back(std::exp(cause.score - greatest));
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
            remedies.push_back({effect.signal, event.id, rule->sequence, session.last <= effect.time + kUnderWay});
        }
    }
    std::ranges::stable_sort(remedies, {}, [](const Remedy& remedy) { return remedy.signal.time; });
    return remedies;
}

std::optional<Cause> Attribution::weigh(const Problem& problem, const CausalityRule& rule, const ChangeEvent& event,
                                        const std::vector<ChangeEvent>& events, const std::vector<Remedy>& remedies) const {
    const Session& session = *problem.session;
    // The line of the event that fits best, and of equals the first.
    const ChangeEffect* best = nullptr;
    Relation relation = Relation::different;
    for (const ChangeEffect& effect : event.effects) {
        if (!rule.changes.contains(effect.signal.kind) && !rule.changes.contains(event.kind)) continue;
        if (!asks_for(rule.operations, effect.signal.operation)) continue;
        if (!rule.phases.empty() && !rule.phases.contains(effect.signal.phase) && !rule.phases.contains(event.phase)) continue;
        const EventTime time = rule.relation == RelationAsked::none ? event.time : effect.time;
        const Duration offset = time - problem.onset;
        if (-offset > rule.look_back || offset > rule.look_ahead || (rule.awaited && offset < 0s)) continue;
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
    const EventTime time = rule.relation == RelationAsked::none ? event.time : best->time;
    cause.effect.time = time;
    cause.offset = time - problem.onset;
    for (const ChangeEffect& effect : event.effects) cause.sources.push_back(effect.signal.source);
    cause.score = rule.prior;
    cause.evidence.push_back({"prior", rule.prior, rule.story});

    Weighing weighing{causality_, cause};
    if (rule.relation != RelationAsked::none) {
        std::string object = best->signal.objects.empty() ? std::string("names no object") : best->signal.objects.front().name;
        weighing.add(term_of(relation), 1, std::move(object));
    }
    weigh_scope(weighing, problem, event);
    const double distance_in_half_lives = std::abs(seconds(cause.offset)) / std::max(1.0, seconds(rule.half_life));
    const double least = causality_.weight("proximity_least") / causality_.weight("proximity");
    weighing.add("proximity", std::max(least, 1.0 - distance_in_half_lives), distance(cause.offset));
    if (!rule.awaited) weigh_surge(weighing, problem, time);
    if (rule.sequence) weigh_sequence(weighing, problem);
    if (rule.awaited && session.count() <= 2 && session.count(Side::application) == 0 && cause.offset < kProbe)
        weighing.add("probe", 1, "asked for once, by no application, and created at once");
    if (!rule.failed && is_failed(event, best->signal)) weighing.add("failed_change", 1, "the change failed");

    for (const Remedy& remedy : remedies) {
        if (remedy.sequence != rule.sequence || remedy.signal.time < time || (remedy.event_id == event.id && !rule.awaited))
            continue;
        if (remedy.worked)
            weighing.add(
                "cessation", 1,
                "no more errors after " + (remedy.signal.operation.empty() ? remedy.signal.kind : remedy.signal.operation));
        else
            weighing.add(
                "continued_after", 1,
                "errors went on after " + (remedy.signal.operation.empty() ? remedy.signal.kind : remedy.signal.operation));
        break;
    }

    // A release that went live ahead of its migration: what it lacked came later, and then the errors ended.
    const bool ours = event.scope.service.empty() || problem.services.contains(event.scope.service) ||
                      related_service(problem.services, event.scope.service);
    if (event.kind == "deployment" && rule.relation == RelationAsked::none && ours) {
        for (const ChangeEvent& later : events) {
            if (cause.awaited) break;
            if (later.id == event.id || !scopes_fit(session, later.scope)) continue;
            for (const ChangeEffect& effect : later.effects) {
                if (effect.time <= problem.onset || effect.time > session.last + causality_.look_ahead() ||
                    is_failed(later, effect.signal))
                    continue;
                const bool awaits = std::ranges::any_of(causality_.rules(), [&](const CausalityRule& other) {
                    return other.awaited && other.symptoms.contains(session.problem.kind) &&
                           asks_for(other.operations, effect.signal.operation);
                });
                if (!awaits || relate(problem, later, effect.signal) != Relation::same_object) continue;
                cause.awaited = effect.signal;
                cause.awaited_offset = effect.time - problem.onset;
                weighing.add("awaited_migration", 1,
                             effect.signal.operation + " " + effect.signal.objects.front().name + " came " +
                                 distance(cause.awaited_offset));
                for (const ChangeEffect& source : later.effects) cause.sources.push_back(source.signal.source);
                break;
            }
        }
    }
    cause.score = rounded(cause.score);
    return cause;
}

std::vector<Cause> Attribution::causes(const Problem& problem, const std::vector<ChangeEvent>& events,
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
    // What a deployment was waiting for is part of its story, not its rival.
    std::set<std::string> told;
    for (const Cause& cause : causes)
        for (const Cause& other : causes)
            if (cause.is_awaited && other.awaited && other.score >= cause.score && other.awaited->source == cause.effect.source)
                told.insert(cause.event_id);
    std::erase_if(causes, [&](const Cause& cause) { return told.contains(cause.event_id); });
    share_confidence(causes);
    std::ranges::stable_sort(causes, [](const Cause& a, const Cause& b) {
        return std::tie(b.score, b.effect.time, a.event_id) < std::tie(a.score, a.effect.time, b.event_id);
    });
    return causes;
}

}  // namespace culprit
