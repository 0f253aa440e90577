#pragma once
// From matched batches to the signal log, and on one node to incidents: the committer, on one thread.
//
//   sources ──> bounded queue ──> pending batches ──> dead letters ──> signal log ──> (one node) LocalFold ──> sinks
//               (full: sources      (quiet ones         (safe before     (one commit
//                stop draining)      wait a second)      the commit)      for all)
//
// While the log cannot be written, nothing is taken from the queue and nothing is dropped: the same transaction is tried again
// until it works. On many nodes correlators read the log back (kafka_fold.h), and there is no fold here.
#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/dead_letters.h"
#include "daemon/input_clocks.h"
#include "daemon/local_fold.h"
#include "daemon/note_inbox.h"
#include "daemon/pending_batches.h"
#include "daemon/shared_text.h"
#include "daemon/signal_log/signal_log.h"
#include "daemon/sinks/sink.h"
#include "daemon/sources/source.h"
#include "daemon/telemetry.h"
#include "daemon/web/settings.h"

namespace culprit {

struct PipelineSettings {
    Duration quiet_horizon = std::chrono::hours{2};   // see InputClocks
    std::chrono::milliseconds hold{1'000};            // see PendingBatches
    std::chrono::milliseconds spacing{50};            // the same
    std::chrono::milliseconds retry{1'000};           // between two tries to write the signal log
    std::chrono::milliseconds stop_patience{15'000};  // for sinks, and for a log that cannot be written
    std::chrono::milliseconds abandon_after{60'000};  // an input of the log's that no source has opened by then is let go of
    std::size_t queue = 16;
};

class Pipeline {
   public:
    /// What it works on; all of it outlives the pipeline.
    struct Parts {
        SignalLog& log;
        LocalFold* fold;  // null on many nodes
        DeadLetters& dead_letters;
        Telemetry& telemetry;
        std::vector<std::unique_ptr<Source>>& sources;
        Sinks& sinks;
    };
    Pipeline(Parts parts, PipelineSettings settings);

    /// One node: folds the whole log and offers every incident to the sinks again.
    Result<Done> recover();

    /// Starts the sources and works until `stop`, then drains in the order of the flow. An Error when a source gave up, or when
    /// the log could not be written to the end.
    Result<Done> run(std::stop_token stop);

    /// Any thread.
    Readiness readiness() const;
    /// Any thread: brings what a person said into the signal log, like everything else that changes an incident.
    void submit(OperatorNote note, NoteInbox::Told told) { notes_.put(std::move(note), std::move(told)); }

   private:
    void take_in();
    bool commit(std::vector<CommitRequest> due, std::stop_token stop);
    std::vector<LogBatch> log_batches_of(const std::vector<CommitRequest>& due);
    bool persist_dead_letters(std::vector<CommitRequest>& due, std::stop_token stop);
    bool retry_after(const std::string& problem, std::stop_token stop);
    void fold(const std::vector<LogBatch>& batches, const std::vector<LogPosition>& positions);
    void commit_notes();
    void step_quiet(std::stop_token stop);
    void write_watermark(const WatermarkUpdate& update, std::stop_token stop);
    void look_after(WallClock::time_point now);
    std::string failed_source() const;

    Parts parts_;
    const PipelineSettings settings_;
    BoundedQueue<CommitRequest> queue_;
    PendingBatches pending_;
    InputClocks clocks_;
    NoteInbox notes_;
    WallClock::time_point next_metrics_{}, abandon_at_{};
    std::optional<WallClock::time_point> give_up_at_;  // set when stopping
    std::atomic<bool> running_ = false;
    SharedText trouble_;  // for readiness(), which any thread may ask; empty: none
};

}  // namespace culprit
