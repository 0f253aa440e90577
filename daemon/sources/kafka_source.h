#pragma once
// Reads Kafka topics. One thread polls the main queue (membership, assignments, errors); a worker for each group of partitions
// drains them.
//
//   start ──> Kafka answers? ──> subscribe ──> assigned: start offsets, openings, workers ──> poll …
//                                          └─> revoked: workers end, what they matched is committed, or lost with the lease
//
// On one node the SQLite log's offsets are the truth, and the group's are committed afterwards, for lag monitors only. The group
// is refused to others: two daemons would split the evidence between them and neither would see a cause. On many nodes matchers
// share the group; its offsets are the truth, written by the signal log in the transaction that holds what they cover.
#include <memory>
#include <string>
#include <thread>

#include "daemon/sources/settings.h"
#include "daemon/sources/source.h"
#include "daemon/telemetry.h"

namespace culprit {

class KafkaSource final : public Source {
   public:
    enum class Group { own, shared };

    /// `recognition` and `telemetry` outlive the source.
    KafkaSource(const Recognition& recognition, KafkaSourceSettings settings, Telemetry& telemetry, Group group = Group::own);
    ~KafkaSource() override;

    std::string_view name() const override { return "kafka"; }
    void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) override;
    void stop() override;
    bool exhausted() const override { return false; }
    std::string trouble() const override;
    std::string failure() const override;
    void committed(const InputPartition& input, Offset next) override;

   private:
    struct State;
    std::unique_ptr<State> state_;  // before the thread that uses it
    std::jthread thread_;
};

}  // namespace culprit
