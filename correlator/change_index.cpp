#include "correlator/change_index.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

namespace culprit {

namespace {

using namespace std::chrono_literals;

/// Steps of one server session that are farther apart are different changes.
constexpr Duration kSessionPause = 60s;
/// How far a tool's own line may lie from the DDL that it caused: Alembic prints before, Knex after all of it.
constexpr Duration kToolSlack = 2s;
/// A migration's or a deployment's lines belong together within this time.
constexpr Duration kRunLength = 30min;

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
            unite(event.scope.environment, signal.scope.environment);
            unite(event.scope.database, signal.scope.database);
            unite(event.scope.service, signal.scope.service);
            unite(event.scope.release, signal.scope.release);
            unite(event.scope.host, signal.scope.host);
        }
        if (signal.family != Family::remedy) event.remedy = false;
        if (is_tool_line(signal) || event.tool.empty()) event.tool = signal.tool.empty() ? event.tool : signal.tool;
        if (event.migration.empty()) event.migration = signal.migration;
        if (signal.phase == Phase::succeeded && !succeeded) succeeded = effect.time;
    }
    event.kind = first.kind;
    for (const ChangeEffect& effect : event.effects)
        if (is_tool_line(effect.signal) || effect.signal.kind == "deployment") {
            event.kind = effect.signal.kind;
            break;
        }
    event.phase = phase_of(event);
    event.time = succeeded ? *succeeded : event.first;
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

std::string run_key(const Signal& signal) {
    if (signal.kind == "deployment" || signal.kind == "rollback")
        return signal.kind + '\n' + signal.scope.environment + '\n' + signal.scope.service + '\n' + signal.scope.release + '\n' +
               signal.tool + '\n' + signal.migration;
    if (signal.kind == "migration" && !signal.migration.empty())
        return signal.kind + '\n' + signal.tool + '\n' + signal.migration + '\n' + signal.scope.environment + '\n' +
               signal.scope.database;
    return {};
}

}  // namespace

bool ChangeIndex::ByTime::operator()(const Signal& a, const Signal& b) const {
    return std::tie(a.time, a.source, a.family, a.kind, a.operation, a.phase, a.objects, a.migration, a.statement) <
           std::tie(b.time, b.source, b.family, b.kind, b.operation, b.phase, b.objects, b.migration, b.statement);
}

void ChangeIndex::add(const Signal& change) {
    if (signals_.insert(change).second) current_ = false;
}

const std::vector<ChangeEvent>& ChangeIndex::events() const {
    if (current_) return events_;
    // First the lines that belong together by name: one server session's statements, one revision's or one release's lines.
    std::vector<ChangeEvent> events;
    std::map<std::string, std::size_t> open;
    for (const Signal& signal : signals_) {
        const bool in_session = signal.kind != "deployment" && !session_key(signal).empty();
        const std::string key = in_session ? "session\n" + session_key(signal) : run_key(signal);
        if (!key.empty())
            if (auto it = open.find(key); it != open.end()) {
                ChangeEvent& event = events[it->second];
                const Duration pause = signal.time - event.effects.back().time;
                if (pause <= (in_session ? kSessionPause : kRunLength)) {
                    event.effects.push_back({signal.time, signal});
                    continue;
                }
            }
        if (!key.empty()) open[key] = events.size();
        ChangeEvent& event = events.emplace_back();
        event.effects.push_back({signal.time, signal});
    }
    for (ChangeEvent& event : events) finish(event);
    // Then a tool's lines and the server session that ran meanwhile: by the application's name, else the only one close by.
    std::vector<bool> absorbed(events.size(), false);
    for (std::size_t tool = 0; tool < events.size(); ++tool) {
        const Signal& line = events[tool].effects.front().signal;
        if (line.postgresql || line.kind == "deployment" || (!is_tool_line(line) && line.tool.empty())) continue;
        std::vector<std::size_t> named, close;
        for (std::size_t session = 0; session < events.size(); ++session) {
            const ChangeEvent& candidate = events[session];
            if (session == tool || absorbed[session] || !candidate.effects.front().signal.postgresql) continue;
            if (candidate.first > events[tool].last + kToolSlack || candidate.last + kToolSlack < events[tool].first) continue;
            if (!fits(candidate.scope, events[tool].scope)) continue;
            close.push_back(session);
            if (session_of_tool(candidate.effects.front().signal, line.tool)) named.push_back(session);
        }
        if (named.empty() && close.size() == 1 && is_tool_line(line)) named = close;
        std::set<std::string> databases;
        for (std::size_t session : named) databases.insert(events[session].scope.database);
        if (databases.size() > 1) continue;  // whose DDL it was cannot be told
        for (std::size_t session : named) {
            absorbed[session] = true;
            for (ChangeEffect& effect : events[session].effects) events[tool].effects.push_back(std::move(effect));
        }
        if (!named.empty()) finish(events[tool]);
    }
    events_.clear();
    for (std::size_t i = 0; i < events.size(); ++i)
        if (!absorbed[i]) events_.push_back(std::move(events[i]));
    std::ranges::stable_sort(
        events_, [](const ChangeEvent& a, const ChangeEvent& b) { return std::tie(a.time, a.id) < std::tie(b.time, b.id); });
    current_ = true;
    return events_;
}

}  // namespace culprit
