#pragma once
// The incidents as they stand, and the changes, in memory, for the web page and the API. A sink like the others, and safe at
// once.
//
// One thread puts; any thread reads, and what it reads never changes under it.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/sink.h"
#include "daemon/web/change_store.h"
#include "daemon/web/incident_summary.h"

namespace culprit {

/// An incident with what lists need of it, and the store's revision that brought it.
struct KeptIncident {
    IncidentDocument document;
    IncidentSummary summary;
    std::uint64_t revision = 0;
};

class IncidentStore final : public Sink {
   public:
    /// Beyond `limit` the oldest (by their ids' time bucket) go, those that are over before those that are open.
    explicit IncidentStore(std::size_t limit = 10'000);

    /// Keeps the newest revision of each.
    void put(const std::vector<IncidentDocument>& revisions);

    using Incident = std::shared_ptr<const KeptIncident>;  // shared by the lists that readers hold
    using List = std::shared_ptr<const std::vector<Incident>>;
    /// Open ones first, then the latest bucket first. Without the merged ones.
    List list() const;
    /// Also a merged one; nothing when there is none.
    Incident find(std::string_view id) const;

    /// Grows with every put that changes something, and from one process to the next: it begins at the wall clock's microseconds.
    std::uint64_t revision() const;
    /// Before the first put.
    std::uint64_t first_revision() const { return first_revision_; }
    /// The ids of what has changed after `revision`, merged ones too.
    std::vector<std::string> changed_since(std::uint64_t revision) const;
    const ChangeStore& changes() const { return changes_; }
    /// The revision grows with changes, too, without an id.
    void offer_changes(const std::vector<IncidentDocument>& revisions) override;

    /// Called after a change, on the putting thread. Set before the first put.
    void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

    std::size_t size() const;
    std::size_t limit() const { return limit_; }

    std::string_view name() const override { return "web"; }
    void offer(const std::vector<IncidentDocument>& revisions) override { put(revisions); }
    std::size_t pending() const override { return 0; }
    SinkHealth health() const override { return {true, "ok"}; }
    std::size_t drain(std::chrono::milliseconds) override { return 0; }

   private:
    void evict();

    const std::size_t limit_;
    const std::uint64_t first_revision_;
    std::function<void()> listener_;
    ChangeStore changes_;
    mutable std::mutex mutex_;  // of what follows
    std::map<std::string, Incident, std::less<>> incidents_;
    std::map<std::uint64_t, std::string> ids_by_revision_;  // each incident's last one
    std::uint64_t revision_;
    mutable List list_;  // made when it is asked for; null after a change
};

}  // namespace culprit
