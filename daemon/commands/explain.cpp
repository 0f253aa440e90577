#include <iostream>

#include "correlator/correlator.h"
#include "daemon/commands/commands.h"
#include "daemon/config.h"
#include "daemon/signal_log/sqlite_signal_log.h"

namespace culprit {

int explain(const ExplainOptions& options) {
    auto loaded = load_config(options.config);
    if (!loaded) return fail(kWrongUsage, loaded.error().message);
    Config config = std::move(loaded).value();
    const auto log = SqliteSignalLog::open_read_only(config.signal_log.path);
    if (!log) return fail(kInputUnreadable, log.error().message);
    config.correlation.epoch = log.value()->epoch();
    Correlator correlator(config.correlation);
    const auto read = log.value()->read(LogPosition{0},
                                        [&](const LogEntry& entry, LogPosition position) { correlator.apply(entry, position); });
    if (!read) return fail(kInputUnreadable, read.error().message);
    correlator.revisions();
    std::size_t found = 0;
    for (const IncidentDocument& incident : correlator.incidents()) {
        if (!incident.id.starts_with(options.incident)) continue;
        std::cout << (found++ > 0 ? "\n" : "") << explain(incident);
    }
    if (found == 0)
        return fail(kWrongUsage, "no incident's id begins with " + options.incident + " in " + config.signal_log.path +
                                     "; ids are on the page and in each document's culprit.id");
    return kDone;
}

}  // namespace culprit
