#pragma once
// A correlator and what becomes of its revisions: one fold of one log (on many nodes, of one of its partitions). Owned by one
// thread.
//
//   entry, position ──> Correlator ──> revisions ──> every sink
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "correlator/correlator.h"
#include "daemon/signal_log/stored_snapshot.h"
#include "daemon/sinks/sink.h"

namespace culprit {

using Sinks = std::vector<std::unique_ptr<Sink>>;

class Fold {
   public:
    /// `sinks` outlive the fold and may be shared by several.
    Fold(CorrelationSettings settings, const Sinks& sinks)
        : settings_(std::move(settings)), correlator_(std::make_unique<Correlator>(settings_)), sinks_(sinks) {}

    void apply(const LogEntry& entry, LogPosition position);
    /// Told of every note that is folded. Set before the first entry.
    void on_note(std::function<void(const OperatorNote&)> listener) { note_listener_ = std::move(listener); }
    /// Hands the sinks what has changed.
    void offer_revisions();
    /// Hands the sinks every incident and every change again: after a restart nobody knows what they have.
    void offer_all();

    /// What it remembers, and which documents were superseded of late; without epoch and rules.
    StoredSnapshot snapshot() const;
    /// Takes a snapshot over, in a new fold; offers nothing yet but what was superseded.
    void restore(const StoredSnapshot& snapshot);

    /// Lets go of what happened before `before`: of changes, and of problems that have been quiet since; of a problem that goes
    /// on, what is older than twice that age. Incidents that are gone are not revised any more. Costs a fold of what stays.
    void forget(EventTime before, Duration age);
    /// The same of what is older than `retention`, each time that event time has gone on by a twenty-fourth of it: what is kept
    /// is bounded however fast a past is read, and the cost is spread.
    void forget_when_due(Duration retention);

    /// Counts incidents by status anew: those that the fold has let go of are not counted for ever.
    void take_census();
    /// Adds its incidents to `counts`, by status.
    void count(std::map<std::string, std::size_t>& counts) const;
    /// Adds up how full its tables are.
    void measure(std::map<std::string, Correlator::TableSize>& sizes) const;
    std::optional<EventTime> watermark() const { return correlator_->watermark(); }

   private:
    void offer(const std::vector<IncidentDocument>& revisions);
    void offer_changes(const std::vector<IncidentDocument>& revisions);

    const CorrelationSettings settings_;
    std::unique_ptr<Correlator> correlator_;
    const Sinks& sinks_;
    std::function<void(const OperatorNote&)> note_listener_;
    std::unordered_map<std::string, std::string> status_of_incident_;
    std::optional<EventTime> forgotten_;   // the clock's time at the last forget_when_due() that did something
    std::deque<IncidentDocument> merged_;  // the latest few: after a crash nobody knows whether the sinks have them
};

}  // namespace culprit
