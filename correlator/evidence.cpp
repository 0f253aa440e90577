#include "correlator/evidence.h"

#include <algorithm>
#include <cmath>

#include "correlator/names.h"

namespace culprit {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSkew = 30s;      // between hosts' clocks
constexpr Duration kSameClock = 2s;  // the server writes DDL before it runs
constexpr double kTelling = 3.0;     // expected errors that did not come: one in twenty by chance
constexpr Duration kNearby = 10min;  // in which a server that logs DDL would have shown some

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string span(Duration duration) {
    const auto s = std::chrono::duration_cast<std::chrono::seconds>(duration < 0s ? -duration : duration).count();
    if (s < 120) return std::to_string(s) + " s";
    if (s < 7200) return std::to_string(s / 60) + " min";
    return std::to_string(s / 3600) + " h";
}

/// Symptoms before `time`: of the server's alone where that is the clock, else of the side that saw more.
std::uint64_t symptoms_before(const Session& session, EventTime time, bool server_only) {
    std::uint64_t by_side[2] = {0, 0};
    for (const Tally* tally : session.tallies)
        if (tally->last < time) by_side[tally->key.side == Side::server] += tally->count;
    return server_only ? by_side[1] : std::max(by_side[0], by_side[1]);
}

/// Was `earlier` the same thing, done at the same time of an earlier day?
bool is_earlier_run(const ChangeEvent& earlier, const ChangeEvent& event) {
    if (earlier.kind != event.kind || earlier.tool != event.tool || earlier.scope.release != event.scope.release ||
        !same_service(earlier.scope.service, event.scope.service) || !is_same_time_of_day(earlier.first, event.first))
        return false;
    const Signal &its = earlier.effects.front().signal, &now = event.effects.front().signal;
    return its.operation == now.operation && its.objects == now.objects;
}

std::string name_of(const Signal& signal) { return signal.operation.empty() ? signal.kind : signal.operation; }

}  // namespace

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

std::string distance(Duration offset) {
    if (offset > -1s && offset < 1s) return "at the onset";
    return span(offset) + (offset < 0s ? " before the onset" : " after the onset");
}

void Weighing::add(const std::string& term, double share, std::string detail) {
    const double weight = rounded(causality.weight(term) * share);
    cause.evidence.push_back({term, weight, std::move(detail)});
    cause.score += weight;
}

bool related_service(const std::set<std::string>& services, const std::string& service) {
    return std::ranges::any_of(services, [&](const std::string& other) { return same_service(other, service); });
}

Clocks clocks_between(const Problem& problem, const Signal& change) {
    const bool surged_later = problem.onset > problem.session->first;
    if (change.side == Side::server && problem.server_first)
        return {surged_later ? problem.onset : *problem.server_first, true, kSameClock};
    return {problem.onset, false, kSkew};
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
    static const std::set<std::string, std::less<>> kOfAService{"deployment", "rollback", "restart", "code_change",
                                                                "pending_migration"};
    const bool of_a_service = kOfAService.contains(event.kind);
    if (!of_a_service || event.scope.service.empty()) return;
    if (weighing.cause.is_job)
        weighing.add("migration_service", 1, event.scope.service + " runs migrations");
    else if (problem.services.empty())
        weighing.add("unknown_service", 1, "whose errors these are is not known");
    else if (problem.services.contains(event.scope.service))
        weighing.add("same_service", 1, "errors are " + event.scope.service + "'s");
    else if (related_service(problem.services, event.scope.service))
        weighing.add("related_service", 1, "errors are " + *problem.services.begin() + "'s");
    else if (event.migration.empty())
        weighing.add("different_service", 1, event.kind + " of " + event.scope.service);
}

void weigh_pending(Weighing& weighing, const Problem& problem, const ChangeEvent& event, const std::vector<ChangeEvent>& events) {
    if (!problem.session->problem.kind.starts_with("undefined_")) return;
    for (const ChangeEvent& pending : events) {
        if (pending.kind != "pending_migration" || pending.last < event.first - kSkew || pending.first > problem.session->last)
            continue;
        const Scope &its = pending.scope, &own = event.scope;
        const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
        if (differ(its.environment, own.environment) || its.service.empty() || !same_service(its.service, own.service)) continue;
        weighing.add("pending_migration", 1, its.service + " says that migrations were not applied");
        for (const ChangeEffect& effect : pending.effects) weighing.cause.sources.push_back(effect.signal.source);
        return;
    }
}

void weigh_proximity(Weighing& weighing, Duration half_life) {
    const double half_lives = std::abs(seconds(weighing.cause.clock_offset)) / std::max(1.0, seconds(half_life));
    const double least = weighing.causality.weight("proximity_least") / weighing.causality.weight("proximity");
    // Delays are spread over orders of magnitude: each doubling counts the same.
    weighing.add("proximity", std::max(least, 1.0 - std::log2(1.0 + half_lives)), distance(weighing.cause.offset));
}

void weigh_surge(Weighing& weighing, const Problem& problem, EventTime time, const Clocks& clocks, double habitual) {
    const Session& session = *problem.session;
    const std::uint64_t inside = symptoms_before(session, time - clocks.slack, clocks.shared);
    // Of earlier sessions, too; but what a change of last week caused yesterday did not come before it.
    std::uint64_t before = inside;
    for (const Occurrences& each : problem.before)
        if (each.time < time) before += each.count;
    const std::uint64_t total = clocks.shared ? session.count(Side::server) : session.count();
    if (before == 0) {
        // One error is no surge.
        if (total <= 1) {
            weighing.add("single_error", 1, "only one error so far");
        } else {
            // How many of them were to be expected before the first, had they come at this rate all along? The logs may begin
            // late.
            const double lasted = std::max(1.0, seconds(session.last - problem.onset));
            const double quiet = seconds(std::min<Duration>(problem.onset - problem.observed_since, 24h));
            const double expected = static_cast<double>(total) / lasted * quiet;
            const double telling = std::min(1.0, expected / kTelling);
            if (telling < 1) weighing.add("short_view", 1 - telling, "the logs begin too shortly before to tell that it is new");
            const double share = std::min(1.0, static_cast<double>(total - 1) / 3.0) * telling * (1 - habitual);
            if (habitual < 1)
                weighing.add(
                    "surge", share,
                    std::to_string(total) + " since, none in the " + span(problem.onset - problem.observed_since) + " before");
        }
        if (weighing.cause.clock_offset > 0s && !clocks.shared)
            weighing.add("after_onset", 1, "only differing clocks would put it before the errors");
        return;
    }
    const EventTime since = before > inside ? problem.before.front().time : session.first;
    // What came after is given at least the time in which one more was to be expected: two errors close together are no new rate.
    const double time_before = std::max(1.0, seconds(time - since));
    const double rate_before = static_cast<double>(before) / time_before;
    const double time_after = std::max(seconds(session.last - time), 1.0 / rate_before);
    const double rate_after = static_cast<double>(total - std::min(total, inside)) / time_after;
    const double alike = std::clamp((4.0 - rate_after / rate_before) / 3.0, 0.0, 1.0) * (before == 1 ? 0.5 : 1.0);
    if (alike > 0) weighing.add("errors_before", alike, std::to_string(before) + " of these errors came before it");
}

double weigh_habit(Weighing& weighing, const Problem& problem, const ChangeEvent& event, const std::vector<ChangeEvent>& events) {
    const Session& session = *problem.session;
    const Habit habit = habit_of(*session.hours, session.first, session.last, problem.observed_since, event.first);
    const double likeness = habit.likeness();
    if (likeness == 0 || std::ranges::any_of(events, [&](const ChangeEvent& other) { return is_earlier_run(other, event); }))
        return 0;
    weighing.add("habit", likeness,
                 "came at this hour on " + std::to_string(habit.days) + " of the " + std::to_string(habit.of_days) +
                     (habit.weekly ? " same weekdays" : " days") + " before it");
    return likeness;
}

void weigh_ending(Weighing& weighing, const Problem& problem, EventTime time) {
    if (problem.session->last <= time + kSameClock)
        weighing.add("cessation", 1, "the errors ended as it ended");
    else if (problem.session->last > time + kSkew)
        weighing.add("continued_after", 1, "errors went on after it had ended");
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

void weigh_silence(Weighing& weighing, const ChangeEvent& event, const std::vector<ChangeEvent>& events) {
    if (event.kind != "migration" && event.kind != "rollback" && !weighing.cause.is_job) return;  // imports are not DDL
    const bool logs_ddl = std::ranges::any_of(events, [&](const ChangeEvent& other) {
        if (other.id == event.id || other.first > event.last + kNearby || other.last + kNearby < event.first) return false;
        return std::ranges::any_of(other.effects, [](const ChangeEffect& effect) {
            return effect.signal.kind == "schema_change" && effect.signal.side == Side::server;
        });
    });
    if (logs_ddl) weighing.add("ddl_elsewhere", 1, "the server logs DDL, and none of this change's");
}

bool in_session_of(const Problem& problem, const ChangeEvent& event) {
    return std::ranges::any_of(problem.sum.samples, [&](const Sample& sample) {
        return std::ranges::any_of(event.effects, [&](const ChangeEffect& effect) {
            const auto& session = effect.signal.postgresql;
            return effect.signal.source == sample.source ||
                   (session && !sample.session_id.empty() && session->session_id == sample.session_id);
        });
    });
}

void weigh_name(Weighing& weighing, const Problem& problem, const ChangeEvent& event) {
    if (event.migration.empty()) return;
    const bool is_silent =
        std::ranges::any_of(weighing.cause.evidence, [](const EvidenceTerm& term) { return term.name == "ddl_elsewhere"; });
    if (is_silent) return;
    const Tally& sum = problem.sum;
    for (const std::string& name :
         {sum.table, sum.referenced_table, sum.table.empty() ? problem.session->problem.name : std::string()})
        if (!name.empty() && mentions(event.migration, name)) {
            weighing.add("name_mentions", 1, "its name speaks of " + name);
            return;
        }
    if (!sum.column.empty() && mentions(event.migration, sum.column))
        weighing.add("name_mentions", 0.5, "its name speaks of " + sum.column);
    else if (is_descriptive(event.migration))
        weighing.add("name_of_other", 1, "its name speaks of something else");
}

void weigh_remedies(Weighing& weighing, const std::vector<Remedy>& remedies, const std::string& event_id, EventTime time,
                    bool awaited) {
    for (const Remedy& remedy : remedies) {
        if (remedy.sequence != weighing.cause.sequence || remedy.signal.time < time || (remedy.event_id == event_id && !awaited))
            continue;
        if (remedy.worked)
            weighing.add("cessation", 1, "no more errors after " + name_of(remedy.signal));
        else
            weighing.add("continued_after", 1, "errors went on after " + name_of(remedy.signal));
        return;
    }
}

}  // namespace culprit
