#pragma once
// Builds log entries by hand, so that a test reads as a story: what was seen, when, and what culprit then says.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "correlator/correlator.h"
#include "matchers/tally.h"

namespace culprit::testing {

using Json = nlohmann::json;

/// 2026-03-01 10:00:00 UTC and `seconds` later.
inline EventTime at(double seconds) { return from_micros(1772359200'000'000LL + static_cast<std::int64_t>(seconds * 1e6)); }

inline std::int64_t next_offset() {
    static std::int64_t offset = 0;
    return ++offset;
}

inline Signal symptom(double time, std::string kind, DatabaseObject object) {
    Signal signal;
    signal.time = at(time);
    signal.kind = std::move(kind);
    signal.objects = {std::move(object)};
    signal.scope.environment = "production";
    signal.message = "an error";
    signal.source.input = {SourceType::kafka, "logs", 0};
    signal.source.offset = {next_offset()};
    return signal;
}

inline DatabaseObject constraint_on(std::string table, std::string name) {
    DatabaseObject object;
    object.type = "constraint";
    object.name = object.constraint = std::move(name);
    object.table = std::move(table);
    return object;
}

inline DatabaseObject table_named(std::string name) {
    DatabaseObject object;
    object.type = "table";
    object.name = std::move(name);
    return object;
}

inline Signal by_server(Signal signal, std::string database, std::string application = {}) {
    signal.side = Side::server;
    signal.scope.database = std::move(database);
    signal.postgresql.emplace();
    signal.postgresql->application_name = std::move(application);
    return signal;
}

inline Signal by_service(Signal signal, std::string service) {
    signal.side = Side::application;
    signal.scope.service = std::move(service);
    return signal;
}

inline Signal change(double time, std::string kind, std::string operation = {}, std::vector<DatabaseObject> objects = {}) {
    Signal signal = symptom(time, std::move(kind), {});
    signal.family = Family::change;
    signal.operation = std::move(operation);
    signal.objects = std::move(objects);
    signal.phase = Phase::succeeded;
    return signal;
}

/// DDL as the server logs it.
inline Signal ddl(double time, std::string operation, std::vector<DatabaseObject> objects, std::string database,
                  std::string session = "6b00.1", std::string application = "psql") {
    Signal signal = by_server(change(time, "schema_change", std::move(operation), std::move(objects)), std::move(database),
                              std::move(application));
    signal.phase = Phase::started;
    signal.postgresql->session_id = std::move(session);
    return signal;
}

inline Signal deployment(double time, std::string service, std::string release) {
    Signal signal = change(time, "deployment");
    signal.scope.service = std::move(service);
    signal.scope.release = std::move(release);
    return signal;
}

inline Signal sequence_reset(double time, std::vector<DatabaseObject> objects = {}) {
    Signal signal = change(time, "sequence_reset", {}, std::move(objects));
    signal.family = Family::remedy;
    return signal;
}

inline WatermarkUpdate quiet_until(double time) { return {{SourceType::kafka, "logs", 0}, at(time), true, {}}; }

/// Symptoms become tallies, everything else stays what it is.
inline LogEntry entry_of(const Signal& signal) {
    if (signal.family != Family::symptom) return signal;
    TallyTable table;
    table.add(signal);
    return table.drain().front();
}

inline std::vector<LogEntry> entries_of(const std::vector<Signal>& signals) {
    std::vector<LogEntry> entries;
    for (const Signal& signal : signals) entries.push_back(entry_of(signal));
    return entries;
}

/// The incidents at the end, without what depends on the order of arrival: versions.
inline std::vector<Json> fold(const std::vector<LogEntry>& entries, double until, CorrelationSettings settings = {}) {
    Correlator correlator(settings);
    std::int64_t position = 0;
    for (const LogEntry& entry : entries) correlator.apply(entry, {++position});
    correlator.apply(quiet_until(until), {++position});
    correlator.revisions();
    std::vector<Json> incidents;
    for (const IncidentDocument& document : correlator.incidents()) {
        Json json = Json::parse(document.json);
        json["culprit"].erase("version");
        incidents.push_back(std::move(json));
    }
    return incidents;
}

}  // namespace culprit::testing
