#include "correlator/change_linking.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include "correlator/names.h"

namespace culprit {

namespace {

using namespace std::chrono_literals;

/// Steps of one server session that are farther apart are different changes.
constexpr Duration kSessionPause = 60s;
/// How far a tool's own line may lie from the DDL that it caused: Alembic prints before, Knex after all of it.
constexpr Duration kToolSlack = 2s;
/// The same by clocks that differ, where the session says by its application_name whose it is.
constexpr Duration kSkewedSlack = 35s;
/// A migration's or a deployment's lines belong together within this time.
constexpr Duration kRunLength = 30min;
/// From a deployment's first line to the last of its instances' start.
constexpr Duration kRollout = 15min;
/// Lines of one run of a tool that name nothing come within this time of each other.
constexpr Duration kRunPause = 2min;

std::string hex(std::uint64_t hash) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

bool same_or_unknown(const std::string& a, const std::string& b) { return a.empty() || b.empty() || a == b; }

bool fits(const Scope& a, const Scope& b) {
    return same_or_unknown(a.environment, b.environment) && same_or_unknown(a.database, b.database);
}

/// `into` takes what only `from` knows; where the two differ nobody knows.
void unite(std::string& into, const std::string& from) {
    if (into.empty())
        into = from;
    else if (!from.empty() && from != into)
        into.clear();
}

bool is_tool_line(const Signal& signal) { return signal.kind == "migration" || signal.kind == "rollback"; }

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    return text;
}

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Does the server's session look like the tool's? Tools that set application_name use their own name.
bool session_of_tool(const Signal& ddl, const std::string& tool) {
    if (!ddl.postgresql || tool.empty()) return false;
    const std::string application = lower(ddl.postgresql->application_name);
    return !application.empty() && (application.find(tool) != std::string::npos || tool.find(application) != std::string::npos);
}

Phase phase_of(const ChangeEvent& event) {
    Phase phase = Phase::unknown;
    for (const ChangeEffect& effect : event.effects) {
        const Phase its = effect.signal.phase;
        if (its == Phase::failed || its == Phase::rolled_back) return its;
        if (its == Phase::succeeded || phase == Phase::unknown) phase = its;
    }
    return phase;
}

void finish(ChangeEvent& event) {
    std::ranges::stable_sort(event.effects, {}, &ChangeEffect::time);
    const Signal& first = event.effects.front().signal;
    event.first = event.effects.front().time;
    event.last = event.effects.back().time;
    event.scope = first.scope;
    event.remedy = true;
    std::optional<EventTime> succeeded;
    std::string text;
    for (const ChangeEffect& effect : event.effects) {
        const Signal& signal = effect.signal;
        if (&signal != &first) {
            // `checkout-staging` may start what was deployed as `checkout`, somewhere.
            if (signal.kind != "restart" || signal.scope.service == event.scope.service)
                unite(event.scope.environment, signal.scope.environment);
            unite(event.scope.database, signal.scope.database);
            unite(event.scope.release, signal.scope.release);
            unite(event.scope.host, signal.scope.host);
            // An instance may call its service by a longer name than the pipeline does.
            if (!same_service(event.scope.service, signal.scope.service) || event.scope.service.empty())
                unite(event.scope.service, signal.scope.service);
            else if (signal.kind == "deployment")
                event.scope.service = signal.scope.service;
        }
        if (signal.family != Family::remedy) event.remedy = false;
        if (is_tool_line(signal) || event.tool.empty()) event.tool = signal.tool.empty() ? event.tool : signal.tool;
        if (event.migration.empty()) event.migration = signal.migration;
        if (signal.phase == Phase::succeeded && !succeeded) succeeded = effect.time;
    }
    event.kind = first.kind;
    for (const ChangeEffect& effect : event.effects)
        if (is_tool_line(effect.signal) || effect.signal.kind == "deployment" || effect.signal.kind == "failover") {
            event.kind = effect.signal.kind;
            break;
        }
    event.phase = phase_of(event);
    // A server does its harm when it goes down; that it is up again is the end of it.
    const bool harms_at_once = event.kind == "restart" || event.kind == "failover";
    event.time = succeeded && !harms_at_once ? *succeeded : event.first;
    const std::string identity = event.kind + '\n' + event.tool + '\n' + event.migration + '\n' + event.scope.service + '\n' +
                                 std::to_string(to_micros(event.first)) + '\n' + std::to_string(first.source.offset.value) +
                                 '\n' + first.source.input.name;
    event.id = hex(XXH3_64bits(identity.data(), identity.size()));
}

/// DDL of one server session, in bursts; the session is told by its id, else by pid and database.
std::string session_key(const Signal& signal) {
    if (!signal.postgresql) return {};
    const auto& pg = *signal.postgresql;
    if (!pg.session_id.empty()) return pg.session_id;
    return pg.pid ? std::to_string(*pg.pid) + '@' + signal.scope.database : std::string();
}

/// Lines that name the same revision or release.
std::string named_key(const Signal& signal) {
    const Scope& scope = signal.scope;
    if (signal.kind == "rollback")
        return signal.kind + '\n' + scope.environment + '\n' + scope.service + '\n' + scope.release + '\n' + signal.tool + '\n' +
               signal.migration;
    // Said again with each request.
    if (signal.kind == "pending_migration")
        return signal.kind + '\n' + signal.tool + '\n' + scope.environment + '\n' + scope.service + '\n' + scope.database;
    // Applied and undone are two events, however close.
    if (signal.kind == "migration" && !signal.migration.empty())
        return signal.kind + '\n' + signal.tool + '\n' + signal.migration + '\n' + scope.environment + '\n' + scope.database +
               (signal.phase == Phase::rolled_back ? "\nundone" : "");
    return {};
}

/// What stands before the first separator, where it holds a digit: `48` of "48 - step two", `20260524` of "20260524_rename.sql".
std::string_view version_of(std::string_view migration) {
    const auto end = std::ranges::find_if_not(migration, is_alphanumeric);
    const std::string_view version = migration.substr(0, static_cast<std::size_t>(end - migration.begin()));
    return std::ranges::any_of(version, [](char c) { return c >= '0' && c <= '9'; }) ? version : migration;
}

/// One tool often calls one migration by its version here and by its file there.
bool same_migration(const std::string& a, const std::string& b) { return a == b || version_of(a) == version_of(b); }

bool is_undoing(const Signal& signal) { return signal.kind == "rollback" || signal.phase == Phase::rolled_back; }

/// One run of one tool, whatever its lines name.
std::string run_key(const Signal& signal) {
    return signal.tool + '\n' + signal.scope.host + '\n' + signal.scope.environment + '\n' + signal.scope.database;
}

bool is_over(Phase phase) { return phase == Phase::succeeded || phase == Phase::failed; }

/// Puts lines that belong together by name into one event: a server session's statements, a revision's or a release's lines, and
/// the lines of a tool's run that name nothing ("Migrations complete!").
class Linker {
   public:
    void take(const Signal& signal) {
        // A server that stops, starts and stands by does one thing.
        if (signal.side == Side::server && (signal.kind == "restart" || signal.kind == "failover"))
            return into("server\n" + signal.scope.environment + '\n' + signal.scope.host, kSessionPause, signal);
        const bool in_session = signal.kind != "deployment" && !session_key(signal).empty();
        if (in_session) return into("session\n" + session_key(signal), kSessionPause, signal);
        if (signal.kind == "deployment" && !signal.scope.service.empty()) return take_deployment(signal);
        if (signal.kind == "schema_change" && !signal.tool.empty()) return take_step(signal);
        if (signal.kind != "migration" || signal.tool.empty()) return into(named_key(signal), kRunLength, signal);
        take_migration(signal);
    }
    std::vector<ChangeEvent> events;

   private:
    struct Run {
        std::size_t event = 0;
        bool named = false, over = false;
    };

    /// Start and end of one deployment; the start often does not know the release yet.
    void take_deployment(const Signal& signal) {
        const std::string key = "deployment\n" + signal.scope.environment + '\n' + signal.scope.service + '\n' + signal.tool;
        if (const auto it = open_.find(key); it != open_.end()) {
            const auto& effects = events[it->second].effects;
            const bool ended =
                std::ranges::any_of(effects, [](const ChangeEffect& effect) { return is_over(effect.signal.phase); });
            const bool other_release = std::ranges::any_of(effects, [&](const ChangeEffect& effect) {
                return !same_or_unknown(effect.signal.scope.release, signal.scope.release);
            });
            if (other_release || (ended && signal.phase == Phase::started)) open_.erase(it);
        }
        into(key, kRunLength, signal);
    }

    void take_migration(const Signal& signal) {
        const bool named = !signal.migration.empty();
        auto [it, begins] = runs_.try_emplace(run_key(signal));
        Run& run = it->second;
        const bool goes_on = !begins && !run.over && signal.time - events[run.event].effects.back().time <= kRunPause;
        // A line without a name joins the run, unless it begins one; a line with a name joins a run that has none yet, or this
        // one.
        if (goes_on && (named ? !run.named || continues(events[run.event], signal) : signal.phase != Phase::started)) {
            events[run.event].effects.push_back({signal.time, signal});
            if (named) open_[named_key(signal)] = run.event;
        } else {
            into(named_key(signal), kRunLength, signal);
            run.event = last_;
        }
        run.named = named || (goes_on && run.named);
        run.over = !named && is_over(signal.phase);
    }

    /// A statement that a tool printed is a step of its run.
    void take_step(const Signal& signal) {
        const auto run = runs_.find(run_key(signal));
        if (run == runs_.end() || signal.time - events[run->second.event].effects.back().time > kToolSlack)
            return into("steps\n" + run_key(signal), kToolSlack, signal);
        events[run->second.event].effects.push_back({signal.time, signal});
    }

    static bool continues(const ChangeEvent& event, const Signal& signal) {
        return std::ranges::any_of(event.effects, [&](const ChangeEffect& effect) {
            return same_migration(effect.signal.migration, signal.migration) && is_undoing(effect.signal) == is_undoing(signal);
        });
    }

    void into(const std::string& key, Duration pause, const Signal& signal) {
        const auto it = key.empty() ? open_.end() : open_.find(key);
        if (it != open_.end() && signal.time - events[it->second].effects.back().time <= pause) {
            last_ = it->second;
        } else {
            last_ = events.size();
            events.emplace_back();
            if (!key.empty()) open_[key] = last_;
        }
        events[last_].effects.push_back({signal.time, signal});
    }

    std::map<std::string, std::size_t> open_;
    std::map<std::string, Run> runs_;
    std::size_t last_ = 0;  // the event that the last line went into
};

/// Did both do the same thing to the same object?
bool shares_step(const ChangeEvent& a, const ChangeEvent& b) {
    return std::ranges::any_of(a.effects, [&](const ChangeEffect& mine) {
        if (mine.signal.objects.empty()) return false;
        return std::ranges::any_of(b.effects, [&](const ChangeEffect& other) {
            return mine.signal.operation == other.signal.operation && mine.signal.objects == other.signal.objects;
        });
    });
}

/// Events by their first line, as they were linked by name, and how long the longest lasts: what may be close to a time is found
/// without asking all of them. What one event takes in from another moves its ends by no more than that.
struct Neighbours {
    std::vector<EventTime> firsts;
    Duration longest{};

    explicit Neighbours(const std::vector<ChangeEvent>& events) {
        for (const ChangeEvent& event : events) {
            firsts.push_back(event.first);
            longest = std::max(longest, event.last - event.first);
        }
    }
    /// Places of all that may lie within [from, until], perhaps of more.
    std::pair<std::size_t, std::size_t> between(EventTime from, EventTime until) const {
        const Duration margin = 3 * (longest + kSkewedSlack);
        const auto begin = std::ranges::lower_bound(firsts, from - margin),
                   end = std::ranges::upper_bound(firsts, until + margin);
        return {static_cast<std::size_t>(begin - firsts.begin()), static_cast<std::size_t>(end - firsts.begin())};
    }
};

/// The server sessions that a tool's lines speak of: by the application's name, else the only one close by.
std::vector<std::size_t> sessions_of(const std::vector<ChangeEvent>& events, const Neighbours& neighbours,
                                     const std::vector<bool>& absorbed, std::size_t tool) {
    const Signal& line = events[tool].effects.front().signal;
    if (line.postgresql || line.kind == "deployment" || (!is_tool_line(line) && line.tool.empty())) return {};
    std::vector<std::size_t> named, skewed, close;
    const auto [begin, end] = neighbours.between(events[tool].first - kSkewedSlack, events[tool].last + kSkewedSlack);
    for (std::size_t session = begin; session < end; ++session) {
        const ChangeEvent& candidate = events[session];
        if (session == tool || absorbed[session] || !candidate.effects.front().signal.postgresql) continue;
        const auto within = [&](Duration slack) {
            return candidate.first <= events[tool].last + slack && candidate.last + slack >= events[tool].first;
        };
        if (!within(kSkewedSlack) || !fits(candidate.scope, events[tool].scope)) continue;
        const bool its = session_of_tool(candidate.effects.front().signal, line.tool);
        if (within(kToolSlack)) {
            close.push_back(session);
            if (its) named.push_back(session);
        } else if ((its && is_tool_line(line)) || shares_step(candidate, events[tool])) {
            skewed.push_back(session);
        }
    }
    if (named.empty() && close.size() == 1 && is_tool_line(line)) named = close;
    if (named.empty()) named = skewed;
    std::set<std::string> databases;
    for (std::size_t session : named) databases.insert(events[session].scope.database);
    if (databases.size() > 1) return {};  // whose DDL it was cannot be told
    return named;
}

/// The deployment whose release an application says it starts as: of its very name and environment first, then the nearest.
std::optional<std::size_t> deployment_of(const std::vector<ChangeEvent>& events, const Neighbours& neighbours,
                                         std::size_t start) {
    const ChangeEvent& event = events[start];
    if (event.kind != "restart" || event.scope.release.empty() || event.scope.service.empty()) return std::nullopt;
    std::optional<std::size_t> best;
    std::tuple<bool, bool, Duration> least;
    const auto [begin, end] = neighbours.between(event.first - kRollout, event.first + kSkewedSlack);
    for (std::size_t i = begin; i < end; ++i) {
        const ChangeEvent& deployment = events[i];
        if (deployment.kind != "deployment" || deployment.scope.release != event.scope.release ||
            !same_or_unknown(deployment.scope.environment, event.scope.environment) ||
            !same_service(deployment.scope.service, event.scope.service))
            continue;
        const Duration early = deployment.first - event.first, late = event.first - deployment.first;
        if (early > kSkewedSlack || late > kRollout) continue;
        const std::tuple distance{deployment.scope.service != event.scope.service,
                                  deployment.scope.environment != event.scope.environment, std::max(early, late)};
        if (best && distance >= least) continue;
        best = i;
        least = distance;
    }
    return best;
}

}  // namespace

std::vector<ChangeEvent> linked(const std::vector<const Signal*>& lines) {
    Linker linker;
    for (const Signal* line : lines) linker.take(*line);
    std::vector<ChangeEvent> events = std::move(linker.events);
    for (ChangeEvent& event : events) finish(event);
    const Neighbours neighbours(events);
    std::vector<bool> absorbed(events.size(), false);
    for (std::size_t tool = 0; tool < events.size(); ++tool) {
        const std::vector<std::size_t> sessions = sessions_of(events, neighbours, absorbed, tool);
        for (std::size_t session : sessions) {
            absorbed[session] = true;
            for (ChangeEffect& effect : events[session].effects) events[tool].effects.push_back(std::move(effect));
        }
        if (!sessions.empty()) finish(events[tool]);
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto deployment = deployment_of(events, neighbours, i);
        if (!deployment) continue;
        absorbed[i] = true;
        for (ChangeEffect& effect : events[i].effects) events[*deployment].effects.push_back(std::move(effect));
        finish(events[*deployment]);
    }
    std::vector<ChangeEvent> kept;
    for (std::size_t i = 0; i < events.size(); ++i)
        if (!absorbed[i]) kept.push_back(std::move(events[i]));
    return kept;
}

}  // namespace culprit
