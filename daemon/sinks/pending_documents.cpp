#include "daemon/sinks/pending_documents.h"

#include <algorithm>
#include <utility>

namespace culprit {

void PendingDocuments::offer(const IncidentDocument& document) { offer(Owed{document, std::chrono::steady_clock::now()}); }

void PendingDocuments::offer(Owed owed) {
    const auto place = waiting_.find(owed.document.id);
    if (place == waiting_.end()) {
        std::string id = owed.document.id;
        waiting_.emplace(std::move(id), std::move(owed));
        return;
    }
    Owed& waits = place->second;
    waits.since = std::min(waits.since, owed.since);
    if (waits.document.version < owed.document.version) waits.document = std::move(owed.document);
}

std::vector<IncidentDocument> PendingDocuments::take(std::size_t max_bytes) {
    std::vector<IncidentDocument> taken;
    std::size_t bytes = 0;
    auto next = waiting_.upper_bound(last_taken_);
    for (std::size_t looked_at = 0, all = waiting_.size(); looked_at < all; ++looked_at) {
        if (next == waiting_.end()) next = waiting_.begin();
        if (in_flight_.contains(next->first)) {
            ++next;
            continue;
        }
        const std::size_t size = next->second.document.json.size();
        if (!taken.empty() && bytes + size > max_bytes) break;
        bytes += size;
        last_taken_ = next->first;
        taken.push_back(next->second.document);
        in_flight_.insert_or_assign(next->first, std::move(next->second));
        next = waiting_.erase(next);
    }
    return taken;
}

void PendingDocuments::settle(const std::string& id) { in_flight_.erase(id); }

void PendingDocuments::give_back(const std::string& id) {
    const auto node = in_flight_.find(id);
    if (node == in_flight_.end()) return;
    offer(std::move(node->second));
    in_flight_.erase(node);
}

void PendingDocuments::give_back_all() {
    for (auto& [id, owed] : in_flight_) offer(std::move(owed));
    in_flight_.clear();
}

std::size_t PendingDocuments::size() const {
    std::size_t count = in_flight_.size();
    for (const auto& [id, owed] : waiting_) count += in_flight_.contains(id) ? 0 : 1;
    return count;
}

std::optional<std::chrono::steady_clock::time_point> PendingDocuments::owed_since() const {
    std::optional<std::chrono::steady_clock::time_point> oldest;
    for (const auto* documents : {&waiting_, &in_flight_}) {
        for (const auto& [id, owed] : *documents) oldest = std::min(oldest.value_or(owed.since), owed.since);
    }
    return oldest;
}

}  // namespace culprit
