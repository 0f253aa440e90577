#pragma once
// The fold of many nodes: a member of the correlators' consumer group reads the partitions of the Kafka signal log that are its
// own, folds each of them, and keeps snapshots in the compacted topic beside the log.
//
//   assigned ──> newest snapshot ──> tail of the log ──> every incident to the sinks again ──> goes on, a snapshot a minute
//   revoked  ──> snapshot, so that the next owner has little to fold
//
// What is older than the log's retention is let go of, as on one node. Of inputs that nobody writes of any more it says so in
// the log (silent_inputs.h): the one thing that a correlator writes there.
//
// Nothing fences two owners of one partition during a hand-over, and nothing has to: both say what the same log says, with its
// positions as versions (epoch × 2^40 + position), so that sinks keep the newer one whoever wrote it. A new rule set, and a log
// that was made anew, raise the epoch, which is kept with the snapshots.
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/fold.h"
#include "daemon/signal_log/settings.h"
#include "daemon/telemetry.h"

namespace culprit {

class KafkaFold {
   public:
    /// `sinks` and `telemetry` outlive it.
    KafkaFold(const SignalLogSettings& log, CorrelationSettings correlation, const Sinks& sinks, Telemetry& telemetry);
    ~KafkaFold();

    /// Told of every note that is folded. Before `run`.
    void on_note(std::function<void(const OperatorNote&)> listener);

    /// Works on the calling thread until `stop`. An Error when it cannot go on: an entry of a newer version, a client that ended.
    Result<Done> run(std::stop_token stop);

    /// Empty when all is well, else what is wrong or awaited, for /readyz. Any thread.
    std::string trouble() const;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What a correlator finds when a partition becomes its own.
struct FoldStart {
    std::int64_t epoch = 0;
    std::int64_t first = 0;  // the position to read from
    bool anew = false;       // positions begin again: the snapshot's means nothing any more
    std::string warning;     // what was lost, for a person; empty when nothing
};

/// Pure. `stored` is the snapshot's epoch, position and rules, where there is one; [low, high) is what the log holds; `now` is
/// the epoch that a log made now would have.
struct StoredPlace {
    std::int64_t epoch = 0, position = 0;
    std::string rules;
};
FoldStart fold_start(const std::optional<StoredPlace>& stored, std::string_view rules, std::int64_t low, std::int64_t high,
                     std::int64_t now);

}  // namespace culprit
