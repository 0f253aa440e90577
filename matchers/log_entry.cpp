#include "matchers/log_entry.h"

#include <nlohmann/json.hpp>

#include "matchers/compact_tally.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

/// Strings come from repaired UTF-8; should one not be valid all the same, it is written with replacement characters.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json watermark_to_json(const WatermarkUpdate& update) {
    json result{{"input", input_to_json(update.input)}, {"watermark", to_micros(update.watermark)}, {"idle", update.idle}};
    for (const auto& seen : update.evidence) {
        result["evidence"].push_back({{"kind", static_cast<int>(seen.kind)},
                                      {"environment", seen.environment},
                                      {"database", seen.database},
                                      {"service", seen.service},
                                      {"first", to_micros(seen.first)},
                                      {"last", to_micros(seen.last)}});
    }
    if (update.canary) result["canary"] = to_micros(*update.canary);
    return result;
}

WatermarkUpdate watermark_from_json(const json& from) {
    WatermarkUpdate update;
    update.input = input_from_json(from.at("input"));
    update.watermark = from_micros(from.at("watermark").get<std::int64_t>());
    update.idle = from.at("idle").get<bool>();
    if (const auto evidence = from.find("evidence"); evidence != from.end()) {
        for (const auto& seen : *evidence) {
            const int kind = seen.at("kind").get<int>();
            if (kind < 0 || kind > static_cast<int>(EvidenceKind::server_log))
                throw std::out_of_range("evidence of an unknown kind");
            update.evidence.push_back({static_cast<EvidenceKind>(kind), seen.at("environment").get<std::string>(),
                                       seen.at("database").get<std::string>(), seen.at("service").get<std::string>(),
                                       from_micros(seen.at("first").get<std::int64_t>()),
                                       from_micros(seen.at("last").get<std::int64_t>())});
        }
    }
    if (const auto canary = from.find("canary"); canary != from.end()) update.canary = from_micros(canary->get<std::int64_t>());
    return update;
}

template <class... Cases>
struct Visitor : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Visitor(Cases...) -> Visitor<Cases...>;  // clang 14 asks for it

void put(json& into, const char* name, const std::string& value) {
    if (!value.empty()) into[name] = value;
}

json object_as_shown(const DatabaseObject& object) {
    json result = json::object();
    put(result, "type", object.type);
    put(result, "schema", object.schema);
    put(result, "name", object.name);
    put(result, "table", object.table);
    put(result, "column", object.column);
    put(result, "constraint", object.constraint);
    put(result, "referenced_table", object.referenced_table);
    return result;
}

bool holds_columns(const DatabaseObject& object) {
    return object.type == "table" || object.type == "relation" || object.type == "view";
}

json postgresql_as_shown(const PostgresqlContext& context) {
    json result = json::object();
    if (context.pid) result["pid"] = *context.pid;
    put(result, "session_id", context.session_id);
    if (context.line_number) result["line_number"] = *context.line_number;
    put(result, "user", context.user);
    put(result, "database", context.database);
    put(result, "application_name", context.application_name);
    put(result, "severity", context.severity);
    put(result, "backend_type", context.backend_type);
    return result;
}

}  // namespace

json source_as_shown(const SourcePosition& source) {
    json result{{"type", to_string(source.input.type)}, {"name", source.input.name}, {"offset", source.offset.value}};
    if (source.input.type == SourceType::kafka) result["partition"] = source.input.partition;
    if (source.line) result["line"] = *source.line;
    return result;
}

std::string encode(const LogEntry& entry) {
    json result;
    std::visit(Visitor{[&](const Tally& tally) {
                           result = {{"v", kVersion}, {"tally", tally_to_json(tally)}};
                       },
                       [&](const Signal& signal) {
                           result = {{"v", kVersion}, {"signal", signal_to_json(signal)}};
                       },
                       [&](const WatermarkUpdate& update) {
                           result = {{"v", kVersion}, {"watermark", watermark_to_json(update)}};
                       },
                       [&](const OperatorNote& note) {
                           result = {{"v", kVersion}, {"note", note_to_json(note)}};
                       }},
               entry);
    return dump(result);
}

std::string encode_compact(const LogEntry& entry) {
    const auto* tally = std::get_if<Tally>(&entry);
    // Links are rare (Sentry's webhooks), and not in the compact form: what read it before reads it still.
    return tally != nullptr && tally->links.empty() ? compact(*tally) : encode(entry);
}

Result<LogEntry> decode_log_entry(std::string_view text) {
    if (is_compact_tally(text)) {
        if (auto tally = read_compact_tally(text)) return LogEntry{std::move(*tally)};
        return Error{
            "a signal log entry cannot be read: a tally that is cut, or of a later version: run the version that wrote it, or "
            "start a new signal log"};
    }
    try {
        const json parsed = json::parse(text);
        if (const int version = parsed.at("v").get<int>(); version != kVersion) {
            return Error{"a signal log entry has version " + std::to_string(version) + ", this culprit reads " +
                         std::to_string(kVersion) + ": run the version that wrote it, or start a new signal log"};
        }
        if (const auto tally = parsed.find("tally"); tally != parsed.end()) return LogEntry{tally_from_json(*tally)};
        if (const auto signal = parsed.find("signal"); signal != parsed.end()) return LogEntry{signal_from_json(*signal)};
        if (const auto note = parsed.find("note"); note != parsed.end()) return LogEntry{note_from_json(*note)};
        return LogEntry{watermark_from_json(parsed.at("watermark"))};
    } catch (const std::exception& problem) {
        return Error{std::string("a signal log entry cannot be read: ") + problem.what()};
    }
}

std::string to_json_line(const Signal& signal) {
    json result{{"time", to_rfc3339(signal.time)}, {"family", to_string(signal.family)}, {"side", to_string(signal.side)}};
    put(result, "kind", signal.kind);
    put(result, "sqlstate", signal.sqlstate);
    put(result, "operation", signal.operation);
    if (signal.phase != Phase::unknown) result["phase"] = to_string(signal.phase);
    for (const auto& object : signal.objects) result["objects"].push_back(object_as_shown(object));
    // Of the first object that names it.
    DatabaseObject named;
    for (const auto& object : signal.objects) {
        const auto take = [](std::string& mine, const std::string& theirs) {
            if (mine.empty()) mine = theirs;
        };
        take(named.schema, object.type == "schema" ? object.name : object.schema);
        take(named.table, holds_columns(object) ? object.name : object.table);
        take(named.column, object.type == "column" && object.column.empty() ? object.name : object.column);
        take(named.constraint, object.type == "constraint" ? object.name : object.constraint);
    }
    put(result, "schema", named.schema);
    put(result, "table", named.table);
    put(result, "column", named.column);
    put(result, "constraint", named.constraint);
    put(result, "environment", signal.scope.environment);
    put(result, "service", signal.scope.service);
    put(result, "database", signal.scope.database);
    put(result, "release", signal.scope.release);
    put(result, "host", signal.scope.host);
    put(result, "tool", signal.tool);
    put(result, "migration", signal.migration);
    put(result, "user", signal.user);
    if (signal.postgresql) result["postgresql"] = postgresql_as_shown(*signal.postgresql);
    put(result, "message", signal.message);
    put(result, "detail", signal.detail);
    put(result, "statement", signal.statement);
    put(result, "key_hash", signal.key_hash);
    if (!signal.key_columns.empty()) result["key_columns"] = signal.key_columns;
    if (signal.key_from_default) result["key_from_default"] = *signal.key_from_default;
    for (const Link& link : signal.links) result["links"].push_back({{"what", link.what}, {"url", link.url}});
    put(result, "rule", signal.rule);
    result["source"] = source_as_shown(signal.source);
    return dump(result);
}

}  // namespace culprit
