#include "daemon/web/incident_store.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace culprit {
namespace {

bool is_open(const IncidentDocument& document) { return document.status == "open"; }

}  // namespace

IncidentStore::IncidentStore(std::size_t limit)
    : limit_(limit),
      first_revision_(static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count())),
      revision_(first_revision_) {}

void IncidentStore::put(const std::vector<IncidentDocument>& revisions) {
    std::vector<std::shared_ptr<KeptIncident>> fresh;
    for (const IncidentDocument& revision : revisions) {  // read before the lock: readers need not wait for it
        const Incident old = find(revision.id);
        if (old && old->document.version > revision.version) continue;
        fresh.push_back(std::make_shared<KeptIncident>(KeptIncident{revision, summarise(revision), 0}));
    }
    if (fresh.empty()) return;
    {
        std::lock_guard lock(mutex_);
        for (auto& incident : fresh) {
            incident->revision = ++revision_;
            Incident& place = incidents_[incident->document.id];
            if (place) ids_by_revision_.erase(place->revision);
            ids_by_revision_[revision_] = incident->document.id;
            place = std::move(incident);
        }
        if (incidents_.size() > limit_) evict();
        list_ = nullptr;
    }
    if (listener_) listener_();
}

void IncidentStore::offer_changes(const std::vector<IncidentDocument>& revisions) {
    if (!changes_.put(revisions)) return;
    {
        std::lock_guard lock(mutex_);
        ++revision_;
    }
    if (listener_) listener_();
}

void IncidentStore::evict() {
    std::vector<Incident> by_worth;
    by_worth.reserve(incidents_.size());
    for (const auto& [id, incident] : incidents_) by_worth.push_back(incident);
    const auto worth = [](const Incident& incident) {
        const IncidentDocument& document = incident->document;
        return std::tuple(is_open(document), document.bucket, std::string_view(document.id));
    };
    const auto surplus = static_cast<std::ptrdiff_t>(incidents_.size() - limit_);
    std::nth_element(by_worth.begin(), by_worth.begin() + surplus, by_worth.end(),
                     [&](const Incident& a, const Incident& b) { return worth(a) < worth(b); });
    for (auto it = by_worth.begin(); it != by_worth.begin() + surplus; ++it) {
        ids_by_revision_.erase((*it)->revision);
        incidents_.erase((*it)->document.id);
    }
}

IncidentStore::List IncidentStore::list() const {
    std::lock_guard lock(mutex_);
    if (list_) return list_;
    std::vector<Incident> found;
    found.reserve(incidents_.size());
    for (const auto& [id, incident] : incidents_)
        if (incident->document.status != "merged") found.push_back(incident);
    std::stable_sort(found.begin(), found.end(), [](const Incident& a, const Incident& b) {
        return std::tuple(is_open(b->document), b->document.bucket) < std::tuple(is_open(a->document), a->document.bucket);
    });
    list_ = std::make_shared<const std::vector<Incident>>(std::move(found));
    return list_;
}

IncidentStore::Incident IncidentStore::find(std::string_view id) const {
    std::lock_guard lock(mutex_);
    const auto found = incidents_.find(id);
    return found == incidents_.end() ? nullptr : found->second;
}

std::uint64_t IncidentStore::revision() const {
    std::lock_guard lock(mutex_);
    return revision_;
}

std::vector<std::string> IncidentStore::changed_since(std::uint64_t revision) const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (auto it = ids_by_revision_.upper_bound(revision); it != ids_by_revision_.end(); ++it) ids.push_back(it->second);
    return ids;
}

std::size_t IncidentStore::size() const {
    std::lock_guard lock(mutex_);
    return incidents_.size();
}

}  // namespace culprit
