#pragma once
// The signal log of one node: an ordered, durable list of entries, and how far each input partition is counted in it.
// A batch's entries and its input offset are one transaction, so a record is counted once whatever crashes (DESIGN.md, promise
// 1).
//
// Positions come from AUTOINCREMENT and are never reused; what `append` returns is on disk. Owned by one thread. One process
// at a time: the second one is refused.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/signal_log/signal_log.h"
#include "daemon/signal_log/stored_snapshot.h"

namespace culprit {

class SqliteSignalLog final : public SignalLog {
   public:
    /// Opens the log, or makes a new one. Errors say what to do: locked by another process, damaged, of a newer version…
    static Result<std::unique_ptr<SqliteSignalLog>> open(const std::string& path);
    /// For reading beside a daemon that runs: takes no lock, creates nothing, and refuses every `append` and `forget`.
    static Result<std::unique_ptr<SqliteSignalLog>> open_read_only(const std::string& path);
    ~SqliteSignalLog() override;

    /// High bits of every document's version: greater than that of any log that was at this path before.
    std::int64_t epoch() const;

    /// What is wrong with the file, and what to do; empty while nothing has been found. A damaged log is not written any more.
    std::string damage() const;

    Result<std::vector<LogPosition>> append(std::span<const LogBatch> batches) override;
    Result<ResumePoints> offsets() override;
    /// Of the requests that it holds, oldest first.
    Result<std::vector<RequestKey>> request_keys();

    /// Calls back for every entry from `from` on, in order. Stops at an entry that cannot be decoded, and says which.
    Result<Done> read(LogPosition from, const std::function<void(const LogEntry&, LogPosition)>& callback);

    /// Deletes at most `limit` entries that happened before `before`, oldest first; how many they were. The last watermark of
    /// every input partition stays.
    Result<std::size_t> forget(EventTime before, std::size_t limit);

    /// The newest snapshot of this log's fold; nothing when there is none, or none of a format that is known.
    Result<std::optional<StoredSnapshot>> snapshot();
    /// Keeps it instead of older ones. After an Error the older one stands.
    Result<Done> save(const StoredSnapshot& snapshot);
    /// Raises the epoch when the last snapshot was made by other rules: the same entries give other documents from now on.
    Result<Done> adopt_rules(const std::string& rules);

   private:
    struct State;
    explicit SqliteSignalLog(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace culprit
