#pragma once
// Incidents for commands that run beside a daemon: its signal log folded anew under a configuration, or documents in a file.
#include <string>
#include <vector>

#include "correlator/correlator.h"
#include "daemon/config.h"

namespace culprit {

/// Those whose ids begin with `prefix`, as they stand at the end of the signal log (SQLite, or all partitions of the Kafka topic)
/// by the rules and settings of this program. Reads only; a daemon may write meanwhile. The error says what could not be read.
Result<std::vector<IncidentDocument>> stored_incidents(const Config& config, const std::string& prefix);

/// Those among newline-delimited documents: what `culprit scan` or `replay --format ndjson` printed, or a file sink wrote. Of
/// several revisions of one incident the last. `-` is stdin.
Result<std::vector<IncidentDocument>> incidents_in_file(const std::string& path, const std::string& prefix);

/// What to say when there is none.
std::string no_such_incident(const std::string& prefix, const Config& config);

}  // namespace culprit
