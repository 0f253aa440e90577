#pragma once
// A matched batch as the signal log takes it: symptoms become tallies, changes and remedies stay signals, the watermark comes
// last. Pure; the daemon and `culprit scan` share it.
#include "daemon/signal_log/signal_log.h"
#include "daemon/sources/source.h"

namespace culprit {

/// All of its entries, and its cut as the offset to resume from.
LogBatch log_batch_of(const CommitRequest& request);

/// Its dead letters, each with where it came from.
std::vector<KeptLetter> kept_letters_of(const CommitRequest& request);

/// The latest time at which one of the entries, watermarks aside, happened.
std::optional<EventTime> latest_event(const std::vector<LogEntry>& entries);

}  // namespace culprit
