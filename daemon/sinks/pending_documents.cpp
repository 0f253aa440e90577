#include "daemon/sinks/pending_documents.h"

#include <utility>

namespace culprit {

void PendingDocuments::offer(const IncidentDocument& document) {
    auto [place, inserted] = waiting_.try_emplace(document.id, document);
    if (!inserted && place->second.version < document.version) place->second = document;
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
        if (!taken.empty() && bytes + next->second.json.size() > max_bytes) break;
        bytes += next->second.json.size();
        last_taken_ = next->first;
        taken.push_back(next->second);
        in_flight_.insert_or_assign(next->first, std::move(next->second));
        next = waiting_.erase(next);
    }
    return taken;
}

void PendingDocuments::settle(const std::string& id) { in_flight_.erase(id); }

void PendingDocuments::give_back(const std::string& id) {
    const auto node = in_flight_.find(id);
    if (node == in_flight_.end()) return;
    offer(node->second);
    in_flight_.erase(node);
}

void PendingDocuments::give_back_all() {
    for (const auto& [id, document] : in_flight_) offer(document);
    in_flight_.clear();
}

std::size_t PendingDocuments::size() const {
    std::size_t count = in_flight_.size();
    for (const auto& [id, document] : waiting_) count += in_flight_.contains(id) ? 0 : 1;
    return count;
}

}  // namespace culprit
