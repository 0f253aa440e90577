#pragma once
// `culprit run` with the signal log in Kafka: this process' share of the work.
//
//   --role matcher     sources ──> Pipeline ──> KafkaSignalLog
//   --role correlator                           KafkaFold ──> sinks
//   --role all         both, on a thread each; they meet in Kafka alone
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "daemon/commands/commands.h"
#include "daemon/config.h"
#include "daemon/dead_letters.h"
#include "daemon/fold.h"
#include "daemon/note_inbox.h"
#include "daemon/sources/source.h"
#include "daemon/telemetry.h"
#include "daemon/web/settings.h"

namespace culprit {

/// All of it outlives the Nodes.
struct NodeParts {
    DeadLetters& dead_letters;
    Telemetry& telemetry;
    std::vector<std::unique_ptr<Source>>& sources;
    Sinks& sinks;
    Duration quiet_horizon;
};

class Nodes {
   public:
    Nodes(Role role, const Config& config, NodeParts parts);
    ~Nodes();

    /// Works until `stop`, then drains in the order of the flow. Asks `stop` itself when a half cannot go on.
    Result<Done> run(std::stop_source& stop);
    /// Told of every note that is folded here. Before `run`; on the fold's thread.
    void on_note(std::function<void(const OperatorNote&)> listener);
    /// Any thread. A correlator writes nothing into the log: notes go to a matcher, or to a process of all roles.
    void submit(OperatorNote note, NoteInbox::Told told);
    /// Any thread.
    Readiness readiness() const;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace culprit
