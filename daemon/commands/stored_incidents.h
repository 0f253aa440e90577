#pragma once
// The incidents of a daemon's signal log, folded anew by a command that runs beside the daemon.
#include <string>
#include <vector>

#include "correlator/correlator.h"
#include "daemon/config.h"

namespace culprit {

/// Those whose ids begin with `prefix`, as they stand at the log's end. Reads only; a daemon may write meanwhile. The error says
/// which file could not be read.
Result<std::vector<IncidentDocument>> stored_incidents(const Config& config, const std::string& prefix);

/// What to say when there is none.
std::string no_such_incident(const std::string& prefix, const Config& config);

}  // namespace culprit
