#include "daemon/web/incident_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace culprit {
namespace {

bool is_open(const IncidentDocument& document) { return document.status == "open"; }

}  // namespace

void IncidentStore::put(const std::vector<IncidentDocument>& revisions) {
    if (revisions.empty()) return;
    Snapshot next = *snapshot();  // copies pointers, not documents
    for (const IncidentDocument& revision : revisions) {
        Incident& place = next[revision.id];
        if (!place || place->version <= revision.version) place = std::make_shared<const IncidentDocument>(revision);
    }
    if (next.size() > limit_) {
        std::vector<Incident> by_worth;
        for (const auto& [id, incident] : next) by_worth.push_back(incident);
        std::sort(by_worth.begin(), by_worth.end(), [](const Incident& a, const Incident& b) {
            return std::tuple(is_open(*a), a->bucket, std::string_view(a->id)) <
                   std::tuple(is_open(*b), b->bucket, std::string_view(b->id));
        });
        for (std::size_t at = 0; at < by_worth.size() - limit_; ++at) next.erase(by_worth[at]->id);
    }
    auto made = std::make_shared<const Snapshot>(std::move(next));
    std::lock_guard lock(mutex_);
    snapshot_.swap(made);  // the old one, if nobody holds it, dies after the lock
}

std::shared_ptr<const IncidentStore::Snapshot> IncidentStore::snapshot() const {
    std::lock_guard lock(mutex_);
    return snapshot_;
}

std::vector<IncidentStore::Incident> IncidentStore::list() const {
    const auto all = snapshot();  // held for the loop: a range-for keeps no temporary inside its range alive (before C++23)
    std::vector<Incident> found;
    for (const auto& [id, incident] : *all)
        if (incident->status != "merged") found.push_back(incident);
    std::stable_sort(found.begin(), found.end(), [](const Incident& a, const Incident& b) {
        return std::tuple(is_open(*b), b->bucket) < std::tuple(is_open(*a), a->bucket);
    });
    return found;
}

IncidentStore::Incident IncidentStore::find(std::string_view id) const {
    const auto all = snapshot();
    const auto found = all->find(id);
    return found == all->end() ? nullptr : found->second;
}

std::size_t IncidentStore::size() const { return snapshot()->size(); }

}  // namespace culprit
