#include "correlator/symptom_groups.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace culprit {

namespace {

/// How far apart the two sides may write down one error.
constexpr std::chrono::seconds kApart{2};

bool are_about_different_tables(const std::map<std::chrono::sys_seconds, Tally>& mine,
                                const std::map<std::chrono::sys_seconds, Tally>& theirs) {
    const std::string &one = mine.begin()->second.table, &other = theirs.begin()->second.table;
    return !one.empty() && !other.empty() && one != other;
}

/// The only element, or nothing.
std::string only(const std::set<std::string>& names) { return names.size() == 1 ? *names.begin() : std::string(); }

}  // namespace

std::uint64_t Session::count(Side side) const {
    std::uint64_t total = 0;
    for (const Tally* tally : tallies)
        if (tally->key.side == side) total += tally->count;
    return total;
}

std::uint64_t Session::count() const { return std::max(count(Side::application), count(Side::server)); }

Tally Session::sum() const {
    Tally total = *tallies.front();
    total.key.fingerprint.name = problem.name;  // an application may have told it under another
    for (auto it = tallies.begin() + 1; it != tallies.end(); ++it) {
        Tally next = **it;
        next.key = total.key;
        total.merge(next);
    }
    return total;
}

ProblemKey SymptomGroups::add(const Tally& tally) {
    const Fingerprint& known = tally.key.fingerprint;
    if (is_rolled_up(tally)) {
        const SeriesKey key{known.environment, known.database, tally.key.service, tally.key.side};
        const Hour hour = std::chrono::floor<std::chrono::hours>(tally.key.second);
        auto [it, inserted] = rolled_up_[{known.kind, known.name}][key].try_emplace(hour, tally);
        if (!inserted) it->second.merge(tally);
        return {known.kind, known.name};
    }
    if (named_ >= kProblems && known.name != kOverflow && !problems_.contains({known.kind, known.name})) {
        Tally other = tally;
        other.key.fingerprint.name = kOverflow;
        for (std::string* name : {&other.schema, &other.table, &other.column, &other.constraint, &other.referenced_table})
            name->clear();
        return add(other);
    }
    const Fingerprint& fingerprint = tally.key.fingerprint;
    ProblemKey problem{fingerprint.kind, fingerprint.name};
    if (tally.key.side == Side::server && !fingerprint.database.empty())
        for (const std::string& application : tally.application_names)
            if (service_databases_[application].insert(fingerprint.database).second) ++service_knowledge_;
    SeriesKey key{fingerprint.environment, fingerprint.database, tally.key.service, tally.key.side};
    const auto [place, is_new] = problems_.try_emplace(problem);
    if (is_new && problem.name != kOverflow) ++named_;
    Problem& held = place->second;
    share(problem, held, tally);
    auto [it, inserted] = held.series[key].try_emplace(tally.key.second, tally);
    if (!inserted) it->second.merge(tally);
    return problem;
}

/// Keeps the index of keys right.
void SymptomGroups::share(const ProblemKey& key, Problem& problem, const Tally& tally) {
    const bool by_server = problem.by_server || tally.key.side == Side::server;
    auto columns = key.name == kOverflow ? SharedKeys::Columns{} : SharedKeys::columns_of(tally);
    const bool less = !columns.empty() && (problem.columns.empty() || columns < problem.columns);
    if (less || by_server != problem.by_server) {
        if (!problem.columns.empty()) {
            const auto& meeting = shared_keys_.meeting(key.kind, problem.columns);
            if (meeting.named.size() + meeting.unnamed.size() > 1) ++service_knowledge_;
            shared_keys_.erase(key, problem.columns, problem.by_server);
        }
        if (less) problem.columns = std::move(columns);
        if (!problem.columns.empty()) shared_keys_.add(key, problem.columns, by_server);
    }
    problem.by_server = by_server;
}

std::vector<ProblemKey> SymptomGroups::problems() const {
    std::vector<ProblemKey> keys;
    keys.reserve(problems_.size());
    for (const auto& [key, problem] : problems_) keys.push_back(key);
    return keys;
}

void SymptomGroups::for_each(const std::function<void(LogEntry)>& callback) const {
    for (const auto& [key, problem] : problems_)
        for (const auto& [series, tallies] : problem.series)
            for (const auto& [second, tally] : tallies) callback(tally);
    for (const auto& [key, problem] : rolled_up_)
        for (const auto& [series, hours] : problem)
            for (const auto& [hour, tally] : hours) callback(tally);
}

/// Does each error of the application's, or nearly, have one of the server's beside it?
bool SymptomGroups::goes_with(const SeriesKey& series, const Series& tallies, const Problem& other) const {
    const auto near = [&](std::chrono::sys_seconds second) {
        return std::ranges::any_of(other.series, [&](const auto& item) {
            const auto& [key, theirs] = item;
            if (key.side != Side::server || are_about_different_tables(tallies, theirs)) return false;
            if (!key.environment.empty() && !series.environment.empty() && key.environment != series.environment) return false;
            if (!key.database.empty() && !series.database.empty() && key.database != series.database) return false;
            const auto at = theirs.lower_bound(second - kApart);
            return at != theirs.end() && at->first <= second + kApart;
        });
    };
    std::size_t met = 0;
    for (const auto& [second, tally] : tallies) met += near(second) ? 1 : 0;
    return met * 2 > tallies.size();
}

/// The one problem that the server told of the same errors; nothing where there is none, or where several go with them.
std::optional<ProblemKey> SymptomGroups::joins(const ProblemKey& key, const Problem& problem, const SeriesKey& series,
                                               const Series& tallies) const {
    if (problem.by_server || problem.columns.empty()) return std::nullopt;
    std::optional<ProblemKey> found;
    for (const ProblemKey& named : shared_keys_.meeting(key.kind, problem.columns).named) {
        if (!goes_with(series, tallies, problems_.at(named))) continue;
        if (found) return std::nullopt;
        found = named;
    }
    return found;
}

SymptomGroups::Members SymptomGroups::members_of(const ProblemKey& key, const Problem& problem) const {
    Members members;
    for (const auto& [series, tallies] : problem.series)
        if (!joins(key, problem, series, tallies)) members.push_back({&series, &tallies});
    if (!problem.by_server || problem.columns.empty()) return members;
    for (const ProblemKey& other : shared_keys_.meeting(key.kind, problem.columns).unnamed) {
        const Problem& told = problems_.at(other);
        for (const auto& [series, tallies] : told.series)
            if (joins(other, told, series, tallies) == key) members.push_back({&series, &tallies});
    }
    return members;
}

bool SymptomGroups::is_told_elsewhere(const ProblemKey& key) const {
    const auto found = problems_.find(key);
    if (found == problems_.end()) return false;
    return std::ranges::all_of(found->second.series,
                               [&](const auto& item) { return joins(key, found->second, item.first, item.second).has_value(); });
}

void SymptomGroups::add_sharing(std::set<ProblemKey>& problems) const {
    std::set<ProblemKey> sharing;
    for (const ProblemKey& key : problems) {
        const auto found = problems_.find(key);
        if (found == problems_.end() || found->second.columns.empty()) continue;
        const auto& meeting = shared_keys_.meeting(key.kind, found->second.columns);
        if (meeting.unnamed.empty() || meeting.named.empty()) continue;
        sharing.insert(meeting.named.begin(), meeting.named.end());
        sharing.insert(meeting.unnamed.begin(), meeting.unnamed.end());
    }
    problems.merge(sharing);
}

std::string SymptomGroups::database_of(const SeriesKey& series, const Members& members) const {
    if (!series.database.empty()) return series.database;
    if (auto it = settings_.database_of_service.find(series.service); it != settings_.database_of_service.end())
        return it->second;
    // Of the databases in which this very problem was seen, the one that this application uses; else the only one there is.
    std::set<std::string> seen, used;
    auto knowledge = service_databases_.find(series.service);
    for (const Member& member : members) {
        const SeriesKey& other = *member.key;
        if (other.database.empty()) continue;
        if (!other.environment.empty() && !series.environment.empty() && other.environment != series.environment) continue;
        seen.insert(other.database);
        if (knowledge != service_databases_.end() && knowledge->second.contains(other.database)) used.insert(other.database);
    }
    if (!used.empty()) return only(used);
    if (knowledge != service_databases_.end()) return only(knowledge->second);
    return only(seen);
}

struct SymptomGroups::Seen {
    std::map<std::string, std::set<std::string>> environments_of_database;
    std::set<std::string> environments;
};

SymptomGroups::Seen SymptomGroups::seen(const Members& members) const {
    Seen seen;
    for (const Member& member : members) {
        const SeriesKey& series = *member.key;
        if (series.environment.empty()) continue;
        seen.environments.insert(series.environment);
        seen.environments_of_database[database_of(series, members)].insert(series.environment);
    }
    return seen;
}

/// The database first; then an unknown environment becomes the one that the same database was seen in, else the only one there
/// is.
std::pair<std::string, std::string> SymptomGroups::scope_of(const SeriesKey& series, const Members& members,
                                                            const Seen& seen) const {
    const std::string database = database_of(series, members);
    std::string environment = series.environment;
    if (const auto of_database = seen.environments_of_database.find(database);
        environment.empty() && of_database != seen.environments_of_database.end())
        environment = only(of_database->second);
    if (environment.empty()) environment = only(seen.environments);
    return {environment, database};
}

/// The larger of the two sides in each hour, as a session's count is.
void SymptomGroups::count_hours(const ProblemKey& key, const Members& members, const Seen& seen,
                                std::vector<Session>& sessions) const {
    using Sides = std::array<HourlyCounts, 2>;
    std::map<std::pair<std::string, std::string>, Sides> scopes;
    for (const Session& session : sessions) {
        Sides& sides = scopes[{session.environment, session.database}];
        for (const Tally* tally : session.tallies)
            sides.at(tally->key.side == Side::server)[std::chrono::floor<std::chrono::hours>(tally->first)] += tally->count;
    }
    if (const auto gone = rolled_up_.find(key); gone != rolled_up_.end())
        for (const auto& [series, hours] : gone->second)
            if (const auto sides = scopes.find(scope_of(series, members, seen)); sides != scopes.end())
                for (const auto& [hour, tally] : hours) sides->second.at(series.side == Side::server)[hour] += tally.count;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const HourlyCounts>> joined;
    for (auto& [scope, sides] : scopes) {
        for (const auto& [hour, count] : sides[1]) {
            std::uint64_t& most = sides[0][hour];
            most = std::max(most, count);
        }
        joined[scope] = std::make_shared<const HourlyCounts>(std::move(sides[0]));
    }
    for (Session& session : sessions) session.hours = joined.at({session.environment, session.database});
}

std::vector<Session> SymptomGroups::sessions(const ProblemKey& key) const {
    std::vector<Session> sessions;
    auto found = problems_.find(key);
    if (found == problems_.end()) return sessions;
    const Members members = members_of(key, found->second);
    const Seen seen = this->seen(members);
    std::map<std::pair<std::string, std::string>, std::vector<const Tally*>> scopes;
    for (const Member& member : members) {
        auto& scope = scopes[scope_of(*member.key, members, seen)];
        for (const auto& [second, tally] : *member.series) scope.push_back(&tally);
    }

    for (auto& [scope, tallies] : scopes) {
        std::ranges::sort(tallies, [](const Tally* a, const Tally* b) {
            return std::tie(a->first, a->last, a->key) < std::tie(b->first, b->last, b->key);
        });
        for (const Tally* tally : tallies) {
            Session* open = sessions.empty() ? nullptr : &sessions.back();
            if (!open || open->environment != scope.first || open->database != scope.second ||
                tally->first - open->last >= settings_.resolve_after) {
                sessions.push_back({key, scope.first, scope.second, true, {}, tally->first, tally->last, {}});
                open = &sessions.back();
            }
            open->tallies.push_back(tally);
            open->last = std::max(open->last, tally->last);
        }
    }
    for (Session& session : sessions)
        session.primary = std::ranges::none_of(sessions, [&](const Session& other) {
            if (other.environment != session.environment || other.database == session.database) return false;
            const bool earlier = std::tie(other.first, other.database) < std::tie(session.first, session.database);
            return earlier && session.first < other.last + settings_.resolve_after;
        });
    count_hours(key, members, seen, sessions);
    return sessions;
}

}  // namespace culprit
