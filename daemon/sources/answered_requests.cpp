#include "daemon/sources/answered_requests.h"

namespace culprit {

void AnsweredRequests::restore(const RequestKey& key) {
    if (known_.try_emplace(key.name, Entry{key.body, key.taken_at, Offset{0}}).second) order_.push_back(key.name);
}

std::optional<AnsweredRequests::Known> AnsweredRequests::find(std::string_view name, std::uint64_t body) const {
    const auto found = known_.find(std::string(name));
    if (found == known_.end()) return std::nullopt;
    return Known{found->second.body == body, found->second.end};
}

KeyChanges AnsweredRequests::add(RequestKey key, Offset end) {
    KeyChanges changes;
    while (!order_.empty()) {
        const auto oldest = known_.find(order_.front());
        const bool stays = oldest != known_.end() && known_.size() < most_ && oldest->second.taken_at + keep_ >= key.taken_at;
        if (stays) break;
        if (oldest != known_.end()) {
            changes.forgotten.push_back(oldest->first);
            known_.erase(oldest);
        }
        order_.pop_front();
    }
    known_[key.name] = Entry{key.body, key.taken_at, end};
    order_.push_back(key.name);
    changes.added.push_back(std::move(key));
    return changes;
}

void AnsweredRequests::withdraw(const std::string& name) {
    known_.erase(name);
    if (!order_.empty() && order_.back() == name) order_.pop_back();
}

}  // namespace culprit
