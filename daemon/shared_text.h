#pragma once
// One line that one thread writes and any thread reads: what /readyz says of a part.
//
// A mutex, and not std::atomic<std::shared_ptr>: libstdc++ 12 lets go of that one's lock with relaxed order after a load,
// which ThreadSanitizer rightly reports as a race with the next store.
#include <mutex>
#include <string>
#include <utility>

namespace culprit {

class SharedText {
   public:
    void set(std::string text) {
        const std::lock_guard lock(mutex_);
        text_ = std::move(text);
    }
    std::string get() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

   private:
    mutable std::mutex mutex_;
    std::string text_;
};

}  // namespace culprit
