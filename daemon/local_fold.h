#pragma once
// The fold of one node: it lives on the committer's thread and folds what the committer has just written to the SQLite log.
// Only what is in the log is folded, and only what is folded reaches a sink.
#include <functional>
#include <vector>

#include "correlator/rules_fingerprint.h"
#include "daemon/canary_watch.h"
#include "daemon/fold.h"
#include "daemon/pending_batches.h"
#include "daemon/signal_log/sqlite_signal_log.h"
#include "daemon/telemetry.h"

namespace culprit {

class LocalFold {
   public:
    /// `log`, `sinks` and `telemetry` outlive it. `retention` is in event time: a replayed past is not forgotten because it is
    /// past.
    LocalFold(SqliteSignalLog& log, CorrelationSettings settings, const Sinks& sinks, Telemetry& telemetry, Duration retention)
        : log_(log),
          rules_(rules_fingerprint(settings)),
          fold_(std::move(settings), sinks),
          telemetry_(telemetry),
          canaries_(sinks, telemetry),
          retention_(retention) {}

    /// Told of every note that is folded. Set before `recover`.
    void on_note(std::function<void(const OperatorNote&)> listener) { fold_.on_note(std::move(listener)); }
    /// Takes the snapshot over, folds the log's tail and offers every incident to the sinks again. `seen` is told of every entry.
    Result<Done> recover(const std::function<void(const LogEntry&)>& seen);
    /// Folds what was just appended. The sinks get what it changed at once, or, in a storm, as soon as a fifth of a second has
    /// passed since they got the last: a revision costs the same whether one error changed it or a thousand.
    void fold(const std::vector<LogBatch>& batches, const std::vector<LogPosition>& positions);
    /// Hands on what waits and is due. Between two waits of the committer.
    void keep_up(WallClock::time_point now);
    /// Hands on what waits, due or not: before the sinks are drained.
    void hand_over();
    /// Metrics, snapshots and retention. Once a second.
    void look_after(WallClock::time_point now);
    /// A snapshot, so that the next start has nothing to fold. When all is drained.
    void finish() { save(); }

   private:
    void save();

    SqliteSignalLog& log_;
    const std::string rules_;
    Fold fold_;
    Telemetry& telemetry_;
    CanaryWatch canaries_;
    const Duration retention_;
    LogPosition folded_{0}, saved_{0};
    std::size_t since_saved_ = 0;
    WallClock::time_point next_census_{}, revised_{};
    WallClock::duration pause_{};  // between two revisions
    bool owed_ = false;            // something is folded that no sink has been told of
};

}  // namespace culprit
