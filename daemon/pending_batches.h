#pragma once
// Matched batches that wait for the committer's next transaction, at most one an input partition. What says something goes soon:
// in a storm many batches share one transaction, and their symptoms one tally. A batch that only moves a watermark waits, so that
// a quiet stream costs one row a second. Nothing waiting is committed: after a crash it is read again. Pure but for the times it
// is told; owned by one thread.
#include <chrono>
#include <map>
#include <vector>

#include "daemon/sources/source.h"
#include "matchers/log_entry.h"

namespace culprit {

using WallClock = std::chrono::steady_clock;

/// `later` follows `earlier` in the same input partition; both become one.
void merge(CommitRequest& earlier, CommitRequest&& later);

class PendingBatches {
   public:
    static constexpr std::size_t kMost = 8;  // batches taken in since the last transaction; then the next one is due

    /// `spacing`: between two transactions, as long as there is room.
    explicit PendingBatches(WallClock::duration hold, WallClock::duration spacing = {}) : hold_(hold), spacing_(spacing) {}

    /// A batch under another lease than the one that waits replaces it.
    void add(CommitRequest request, WallClock::time_point now);
    /// Those that say something, those that have waited for `hold`, and those that a sender has awaited for a fifth of it.
    std::vector<CommitRequest> take_due(WallClock::time_point now);
    std::vector<CommitRequest> take_all();
    bool empty() const { return waiting_.empty(); }

   private:
    struct Waiting {
        CommitRequest request;
        WallClock::time_point since;
        bool urgent = false;
    };
    const WallClock::duration hold_, spacing_;
    WallClock::time_point taken_{};
    std::size_t added_ = 0;  // since then
    std::map<InputPartition, Waiting> waiting_;
    std::map<InputPartition, bool> idle_;  // as last taken: a change of it is urgent. Bounded by the number of partitions
};

}  // namespace culprit
