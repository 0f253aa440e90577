#pragma once
// Which requests have been taken in, by the key that their sender gave them: a repetition is told so and not counted again.
// Bounded by number and by age; the oldest are forgotten first, and a repetition after that counts as new. Pure but for the times
// that it is told; owned by one thread.
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/request_key.h"
#include "matchers/source_position.h"

namespace culprit {

class AnsweredRequests {
   public:
    static constexpr std::size_t kMost = 200'000;

    AnsweredRequests(std::int64_t keep_seconds, std::size_t most = kMost) : keep_(keep_seconds), most_(most) {}

    /// As the signal log has it; oldest first.
    void restore(const RequestKey& key);

    struct Known {
        bool same_body = true;
        Offset end;  // it is in the signal log once everything below this is
    };
    std::optional<Known> find(std::string_view name, std::uint64_t body) const;

    /// From now on known, and what the signal log has to change for it. `end`: see Known.
    KeyChanges add(RequestKey key, Offset end);
    /// The one that was added last has not been taken in after all.
    void withdraw(const std::string& name);
    std::size_t size() const { return known_.size(); }

   private:
    struct Entry {
        std::uint64_t body;
        std::int64_t taken_at;
        Offset end;
    };
    const std::int64_t keep_;
    const std::size_t most_;
    std::unordered_map<std::string, Entry> known_;
    std::deque<std::string> order_;  // of those that are known, oldest first
};

}  // namespace culprit
