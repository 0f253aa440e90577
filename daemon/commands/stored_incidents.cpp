#include "daemon/commands/stored_incidents.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "daemon/kafka_partition.h"
#include "daemon/signal_log/snapshot_topic.h"
#include "daemon/signal_log/sqlite_signal_log.h"

namespace culprit {

namespace {

Result<std::vector<IncidentDocument>> in_sqlite(const Config& config) {
    const auto log = SqliteSignalLog::open_read_only(config.signal_log.path);
    if (!log) return log.error();
    CorrelationSettings settings = config.correlation;
    settings.epoch = log.value()->epoch();
    Correlator correlator(settings);
    const auto snapshot = log.value()->snapshot();
    if (!snapshot) return snapshot.error();
    LogPosition from{0};
    if (snapshot.value()) {
        correlator.restore(snapshot.value()->fold);
        from.value = snapshot.value()->fold.position.value + 1;
    }
    const auto read =
        log.value()->read(from, [&](const LogEntry& entry, LogPosition position) { correlator.apply(entry, position); });
    if (!read) return read.error();
    correlator.revisions();
    return correlator.incidents();
}

/// One partition's: those that lie behind its snapshot are folded on top of it.
Result<std::vector<IncidentDocument>> in_partition(const Config& config, int partition) {
    const KafkaLogSettings& log = *config.signal_log.kafka;
    auto snapshot = SnapshotTopic(log).read(partition);
    if (!snapshot) return snapshot.error();
    CorrelationSettings settings = config.correlation;
    std::int64_t folded = -1;
    if (snapshot.value()) {
        settings.epoch = snapshot.value()->epoch;
        folded = snapshot.value()->fold.position.value;
    }
    Correlator correlator(settings);
    if (snapshot.value()) correlator.restore(snapshot.value()->fold);
    std::optional<Error> undecodable;
    const auto read = read_partition(
        log.brokers, log.properties, log.topic, partition, [&](std::string_view, std::string_view value, std::int64_t offset) {
            if (offset <= folded || undecodable) return;
            const auto entry = decode_log_entry(value);
            if (!entry)
                undecodable = Error{log.topic + "[" + std::to_string(partition) + "], position " + std::to_string(offset) +
                                    ", cannot be decoded: " + entry.error().message};
            else
                correlator.apply(entry.value(), LogPosition{offset});
        });
    if (!read) return read.error();
    if (undecodable) return *undecodable;
    correlator.revisions();
    return correlator.incidents();
}

Result<std::vector<IncidentDocument>> in_kafka(const Config& config) {
    const KafkaLogSettings& log = *config.signal_log.kafka;
    const auto count = partition_count(log.brokers, log.properties, log.topic);
    if (!count) return count.error();
    if (count.value() == 0) return Error{"the signal log's topic " + log.topic + " does not exist"};
    std::vector<IncidentDocument> incidents;
    for (int partition = 0; partition < count.value(); ++partition) {
        auto its = in_partition(config, partition);
        if (!its) return its.error();
        std::ranges::move(its.value(), std::back_inserter(incidents));
    }
    return incidents;
}

}  // namespace

Result<std::vector<IncidentDocument>> stored_incidents(const Config& config, const std::string& prefix) {
    auto found = config.signal_log.kafka ? in_kafka(config) : in_sqlite(config);
    if (!found) return found;
    std::vector<IncidentDocument> incidents = std::move(found).value();
    std::erase_if(incidents, [&](const IncidentDocument& incident) { return !incident.id.starts_with(prefix); });
    return incidents;
}

Result<std::vector<IncidentDocument>> incidents_in_file(const std::string& path, const std::string& prefix) {
    std::ifstream file;
    if (path != "-") file.open(path);
    if (path != "-" && !file)
        return Error{path + ": cannot be read; expected incidents as culprit scan --format ndjson prints them"};
    std::istream& lines = path == "-" ? std::cin : file;
    std::vector<IncidentDocument> found;
    std::string line;
    while (std::getline(lines, line)) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (!json.is_object() || !json.contains("culprit") || !json["culprit"].is_object()) continue;
        IncidentDocument incident;
        incident.id = json["culprit"].value("id", "");
        incident.json = line;
        if (!incident.id.starts_with(prefix)) continue;
        std::erase_if(found, [&](const IncidentDocument& earlier) { return earlier.id == incident.id; });
        found.push_back(std::move(incident));
    }
    return found;
}

std::string no_such_incident(const std::string& prefix, const Config& config) {
    return "no incident's id begins with " + prefix + " in " +
           (config.signal_log.kafka ? "the topic " + config.signal_log.kafka->topic : config.signal_log.path) +
           "; ids are on the page and in each document's culprit.id";
}

}  // namespace culprit
