#pragma once
// The committer's side of the signal log: where matched batches become durable. SQLite on one node (sqlite_signal_log.h), a Kafka
// topic on many (kafka_signal_log.h). Reading is each log's own: on one node by the committer itself, on many by correlators.
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/group_lease.h"
#include "daemon/sources/source.h"
#include "matchers/log_entry.h"
#include "matchers/result.h"

namespace culprit {

/// What one input partition adds to the log.
struct LogBatch {
    std::vector<LogEntry> entries;
    InputPartition input;
    std::optional<Offset> next;  // none: the input's offset stays as it is
    std::string identity;
    std::shared_ptr<GroupLease> lease = {};  // under which a consumer group's member read it; null where there is no group
    std::vector<KeptLetter> dead_letters = {};
    KeyChanges keys = {};  // one node only: with the log in Kafka no source takes requests
};

/// Owned by one thread.
class SignalLog {
   public:
    virtual ~SignalLog() = default;

    /// Appends all batches in one transaction. The positions of all entries, in order; none where they are not known to the
    /// writer (Kafka). After an Error nothing was written, and the same call may be tried again.
    virtual Result<std::vector<LogPosition>> append(std::span<const LogBatch> batches) = 0;

    /// How far each input partition is counted; of Kafka inputs on many nodes the consumer group itself knows.
    virtual Result<ResumePoints> offsets() = 0;

    /// True when a batch's dead letters are written by `append`, in its transaction.
    virtual bool takes_dead_letters() const { return false; }
};

}  // namespace culprit
