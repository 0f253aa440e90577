#pragma once
// The signal log of one node: an ordered, durable list of entries, and how far each input partition is counted in it.
// A batch's entries and its input offset are one transaction, so a record is counted once whatever crashes (DESIGN.md, promise
// 1).
//
// Positions come from AUTOINCREMENT and are never reused; what `append` returns is on disk. Owned by one thread. One process
// at a time: the second one is refused.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
};

class SqliteSignalLog {
   public:
    /// Opens the log, or makes a new one. Errors say what to do: locked by another process, damaged, of a newer version…
    static Result<std::unique_ptr<SqliteSignalLog>> open(const std::string& path);
    /// For reading beside a daemon that runs: takes no lock, creates nothing, and refuses every `append` and `forget`.
    static Result<std::unique_ptr<SqliteSignalLog>> open_read_only(const std::string& path);
    ~SqliteSignalLog();

    /// High bits of every document's version: greater than that of any log that was at this path before.
    std::int64_t epoch() const;

    /// Appends all batches in one transaction; the positions of all entries, in order. After an Error nothing was written,
    /// and the same call may be tried again.
    Result<std::vector<LogPosition>> append(std::span<const LogBatch> batches);

    Result<ResumePoints> offsets();

    /// Calls back for every entry from `from` on, in order. Stops at an entry that cannot be decoded, and says which.
    Result<Done> read(LogPosition from, const std::function<void(const LogEntry&, LogPosition)>& callback);

    /// Deletes at most `limit` entries that happened before `before`, oldest first; how many they were. The last watermark of
    /// every input partition stays.
    Result<std::size_t> forget(EventTime before, std::size_t limit);

   private:
    struct State;
    explicit SqliteSignalLog(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace culprit
