#include "matchers/log_entry_json.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace culprit {
namespace {

using nlohmann::json;

// Absent means empty: most fields of most entries are.
template <class T>
void put(json& into, const char* name, const T& value) {
    if (value != T{}) into[name] = value;
}

template <class T>
void get(const json& from, const char* name, T& value) {
    if (const auto found = from.find(name); found != from.end()) found->get_to(value);
}

template <class T>
void put(json& into, const char* name, const std::optional<T>& value) {
    if (value) into[name] = *value;
}

template <class T>
void get(const json& from, const char* name, std::optional<T>& value) {
    if (const auto found = from.find(name); found != from.end()) value = found->get<T>();
}

void put_time(json& into, const char* name, EventTime time) { into[name] = to_micros(time); }
EventTime get_time(const json& from, const char* name) { return from_micros(from.at(name).get<std::int64_t>()); }

json position_to_json(const SourcePosition& position) {
    json result{{"input", input_to_json(position.input)}, {"offset", position.offset.value}};
    put(result, "line", position.line);
    return result;
}

SourcePosition position_from_json(const json& from) {
    SourcePosition position{input_from_json(from.at("input")), Offset{from.at("offset").get<std::int64_t>()}, {}};
    get(from, "line", position.line);
    return position;
}

json object_to_json(const DatabaseObject& object) {
    json result = json::object();
    put(result, "type", object.type);
    put(result, "schema", object.schema);
    put(result, "name", object.name);
    put(result, "column", object.column);
    put(result, "constraint", object.constraint);
    put(result, "referenced_table", object.referenced_table);
    put(result, "table", object.table);
    return result;
}

DatabaseObject object_from_json(const json& from) {
    DatabaseObject object;
    get(from, "type", object.type);
    get(from, "schema", object.schema);
    get(from, "name", object.name);
    get(from, "column", object.column);
    get(from, "constraint", object.constraint);
    get(from, "referenced_table", object.referenced_table);
    get(from, "table", object.table);
    return object;
}

json postgresql_to_json(const PostgresqlContext& context) {
    json result = json::object();
    put(result, "pid", context.pid);
    put(result, "session_id", context.session_id);
    put(result, "line_number", context.line_number);
    put(result, "user", context.user);
    put(result, "database", context.database);
    put(result, "application_name", context.application_name);
    put(result, "severity", context.severity);
    put(result, "backend_type", context.backend_type);
    return result;
}

PostgresqlContext postgresql_from_json(const json& from) {
    PostgresqlContext context;
    get(from, "pid", context.pid);
    get(from, "session_id", context.session_id);
    get(from, "line_number", context.line_number);
    get(from, "user", context.user);
    get(from, "database", context.database);
    get(from, "application_name", context.application_name);
    get(from, "severity", context.severity);
    get(from, "backend_type", context.backend_type);
    return context;
}

DistinctSketch sketch_from_json(const json& from, const char* name) {
    DistinctSketch sketch;
    if (const auto found = from.find(name); found != from.end()) {
        for (const auto& hash : *found) sketch.add(hash.get<std::uint64_t>());
    }
    return sketch;
}

json sample_to_json(const Sample& sample) {
    json result{{"hash", sample.hash}, {"source", position_to_json(sample.source)}};
    put_time(result, "time", sample.time);
    put(result, "message", sample.message);
    put(result, "detail", sample.detail);
    put(result, "statement", sample.statement);
    put(result, "service", sample.service);
    put(result, "host", sample.host);
    put(result, "session_id", sample.session_id);
    return result;
}

Sample sample_from_json(const json& from) {
    Sample sample;
    sample.time = get_time(from, "time");
    from.at("hash").get_to(sample.hash);
    get(from, "message", sample.message);
    get(from, "detail", sample.detail);
    get(from, "statement", sample.statement);
    get(from, "service", sample.service);
    get(from, "host", sample.host);
    get(from, "session_id", sample.session_id);
    sample.source = position_from_json(from.at("source"));
    return sample;
}

template <class Enum>
Enum get_enum(const json& from, const char* name, Enum last) {
    const int value = from.at(name).get<int>();
    if (value < 0 || value > static_cast<int>(last))
        throw std::out_of_range(std::string(name) + " has no value " + std::to_string(value));
    return static_cast<Enum>(value);
}

}  // namespace

std::string to_rfc3339(EventTime time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return text.data();
}

json input_to_json(const InputPartition& input) {
    return {{"type", static_cast<int>(input.type)}, {"name", input.name}, {"partition", input.partition}};
}

InputPartition input_from_json(const json& from) {
    return {get_enum(from, "type", SourceType::http), from.at("name").get<std::string>(), from.at("partition").get<int>()};
}

void put_links(json& into, const auto& links) {
    for (const Link& link : links) into["links"].push_back({{"what", link.what}, {"url", link.url}});
}

template <class Take>
void get_links(const json& from, Take take) {
    const auto found = from.find("links");
    if (found == from.end()) return;
    for (const auto& link : *found) take(Link{link.at("what").get<std::string>(), link.at("url").get<std::string>()});
}

json signal_to_json(const Signal& signal) {
    json result{{"family", static_cast<int>(signal.family)},
                {"phase", static_cast<int>(signal.phase)},
                {"side", static_cast<int>(signal.side)},
                {"source", position_to_json(signal.source)}};
    put_time(result, "time", signal.time);
    put(result, "kind", signal.kind);
    put(result, "sqlstate", signal.sqlstate);
    put(result, "operation", signal.operation);
    if (!signal.objects.empty()) {
        for (const auto& object : signal.objects) result["objects"].push_back(object_to_json(object));
    }
    put(result, "environment", signal.scope.environment);
    put(result, "database", signal.scope.database);
    put(result, "service", signal.scope.service);
    put(result, "release", signal.scope.release);
    put(result, "host", signal.scope.host);
    put(result, "tool", signal.tool);
    put(result, "migration", signal.migration);
    put(result, "user", signal.user);
    if (signal.postgresql) result["postgresql"] = postgresql_to_json(*signal.postgresql);
    put(result, "message", signal.message);
    put(result, "detail", signal.detail);
    put(result, "statement", signal.statement);
    put(result, "key_hash", signal.key_hash);
    put(result, "key_columns", signal.key_columns);
    put(result, "key_from_default", signal.key_from_default);
    put_links(result, signal.links);
    put(result, "rule", signal.rule);
    return result;
}

Signal signal_from_json(const json& from) {
    Signal signal;
    signal.time = get_time(from, "time");
    signal.family = get_enum(from, "family", Family::remedy);
    signal.phase = get_enum(from, "phase", Phase::rolled_back);
    signal.side = get_enum(from, "side", Side::server);
    get(from, "kind", signal.kind);
    get(from, "sqlstate", signal.sqlstate);
    get(from, "operation", signal.operation);
    if (const auto objects = from.find("objects"); objects != from.end()) {
        for (const auto& object : *objects) signal.objects.push_back(object_from_json(object));
    }
    get(from, "environment", signal.scope.environment);
    get(from, "database", signal.scope.database);
    get(from, "service", signal.scope.service);
    get(from, "release", signal.scope.release);
    get(from, "host", signal.scope.host);
    get(from, "tool", signal.tool);
    get(from, "migration", signal.migration);
    get(from, "user", signal.user);
    if (const auto found = from.find("postgresql"); found != from.end()) signal.postgresql = postgresql_from_json(*found);
    get(from, "message", signal.message);
    get(from, "detail", signal.detail);
    get(from, "statement", signal.statement);
    get(from, "key_hash", signal.key_hash);
    get(from, "key_columns", signal.key_columns);
    get(from, "key_from_default", signal.key_from_default);
    get_links(from, [&](Link link) { signal.links.push_back(std::move(link)); });
    get(from, "rule", signal.rule);
    signal.source = position_from_json(from.at("source"));
    return signal;
}

json tally_to_json(const Tally& tally) {
    const auto& fingerprint = tally.key.fingerprint;
    json result{{"kind", fingerprint.kind}, {"name", fingerprint.name}, {"side", static_cast<int>(tally.key.side)}};
    put(result, "environment", fingerprint.environment);
    put(result, "database", fingerprint.database);
    put(result, "service", tally.key.service);
    result["second"] = static_cast<std::int64_t>(tally.key.second.time_since_epoch().count());
    result["count"] = tally.count;
    put_time(result, "first", tally.first);
    put_time(result, "last", tally.last);
    put(result, "sqlstate", tally.sqlstate);
    put(result, "schema", tally.schema);
    put(result, "table", tally.table);
    put(result, "column", tally.column);
    put(result, "constraint", tally.constraint);
    put(result, "referenced_table", tally.referenced_table);
    put(result, "key_columns", tally.key_columns);
    put(result, "key_from_default", tally.key_from_default);
    put(result, "key_explicit", tally.key_explicit);
    put(result, "hosts", tally.hosts);
    put(result, "releases", tally.releases);
    put(result, "application_names", tally.application_names);
    put(result, "database_users", tally.database_users);
    put_links(result, tally.links);
    put(result, "users", tally.users.hashes());
    put(result, "keys", tally.keys.hashes());
    put(result, "sessions", tally.sessions.hashes());
    for (const auto& sample : tally.samples) result["samples"].push_back(sample_to_json(sample));
    return result;
}

Tally tally_from_json(const json& from) {
    Tally tally;
    auto& fingerprint = tally.key.fingerprint;
    from.at("kind").get_to(fingerprint.kind);
    from.at("name").get_to(fingerprint.name);
    tally.key.side = get_enum(from, "side", Side::server);
    get(from, "environment", fingerprint.environment);
    get(from, "database", fingerprint.database);
    get(from, "service", tally.key.service);
    tally.key.second = std::chrono::sys_seconds{std::chrono::seconds{from.at("second").get<std::int64_t>()}};
    from.at("count").get_to(tally.count);
    tally.first = get_time(from, "first");
    tally.last = get_time(from, "last");
    get(from, "sqlstate", tally.sqlstate);
    get(from, "schema", tally.schema);
    get(from, "table", tally.table);
    get(from, "column", tally.column);
    get(from, "constraint", tally.constraint);
    get(from, "referenced_table", tally.referenced_table);
    get(from, "key_columns", tally.key_columns);
    get(from, "key_from_default", tally.key_from_default);
    get(from, "key_explicit", tally.key_explicit);
    get(from, "hosts", tally.hosts);
    get(from, "releases", tally.releases);
    get(from, "application_names", tally.application_names);
    get(from, "database_users", tally.database_users);
    get_links(from, [&](Link link) { tally.links.insert(std::move(link)); });
    tally.users = sketch_from_json(from, "users");
    tally.keys = sketch_from_json(from, "keys");
    tally.sessions = sketch_from_json(from, "sessions");
    if (const auto samples = from.find("samples"); samples != from.end()) {
        for (const auto& sample : *samples) tally.samples.push_back(sample_from_json(sample));
    }
    return tally;
}

}  // namespace culprit
