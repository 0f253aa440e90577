#pragma once
// The incidents as they stand, in memory, for the web page and the API. A sink like the others, and safe at once.
//
// One thread puts; any thread reads, and what it reads never changes under it.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/sink.h"

namespace culprit {

class IncidentStore final : public Sink {
   public:
    /// Beyond `limit` the oldest (by their ids' time bucket) go, those that are over before those that are open.
    explicit IncidentStore(std::size_t limit = 10'000) : limit_(limit) {}

    /// Keeps the newest revision of each.
    void put(const std::vector<IncidentDocument>& revisions);

    using Incident = std::shared_ptr<const IncidentDocument>;  // shared by the snapshots that readers hold
    /// Open ones first, then the latest bucket first. Without the merged ones.
    std::vector<Incident> list() const;
    /// Also a merged one; nothing when there is none.
    Incident find(std::string_view id) const;

    std::size_t size() const;
    std::size_t limit() const { return limit_; }

    std::string_view name() const override { return "web"; }
    void offer(const std::vector<IncidentDocument>& revisions) override { put(revisions); }
    std::size_t pending() const override { return 0; }
    SinkHealth health() const override { return {true, "ok"}; }
    std::size_t drain(std::chrono::milliseconds) override { return 0; }

   private:
    using Snapshot = std::map<std::string, Incident, std::less<>>;
    std::shared_ptr<const Snapshot> snapshot() const;

    const std::size_t limit_;
    mutable std::mutex mutex_;  // of the pointer alone
    std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace culprit
