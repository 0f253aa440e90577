#pragma once
// Incidents into a file or onto standard output: NDJSON, one document a line and revision, or text for people.
//
// NOT idempotent: a file keeps every revision, and after a restart the whole log is folded and offered again. So a document is
// passed over when it equals, but for `culprit.version`, the last one written for its id. NDJSON reads that from the last
// gigabyte of the file it appends to (what was last said further back is said once more); text and standard output only know what
// this process has written, and repeat themselves after a restart.
#include <memory>

#include "daemon/sinks/settings.h"
#include "daemon/sinks/sink.h"
#include "daemon/telemetry.h"
#include "matchers/result.h"

namespace culprit {

/// Opens (creates, appends to) the file. Each offer is written and flushed before it returns; what could not be written (disk
/// full) is kept, the newest of each incident, and tried again with the next offer and by `drain`. Colour on a terminal, unless
/// NO_COLOR is set. Used by one thread, but for `pending` and `health`.
Result<std::unique_ptr<Sink>> make_file_sink(FileSinkSettings settings, Telemetry& telemetry);

}  // namespace culprit
