#include "daemon/commands/stored_incidents.h"

#include <algorithm>

#include "daemon/signal_log/sqlite_signal_log.h"

namespace culprit {

Result<std::vector<IncidentDocument>> stored_incidents(const Config& config, const std::string& prefix) {
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
    std::vector<IncidentDocument> incidents = correlator.incidents();
    std::erase_if(incidents, [&](const IncidentDocument& incident) { return !incident.id.starts_with(prefix); });
    return incidents;
}

std::string no_such_incident(const std::string& prefix, const Config& config) {
    return "no incident's id begins with " + prefix + " in " + config.signal_log.path +
           "; ids are on the page and in each document's culprit.id";
}

}  // namespace culprit
