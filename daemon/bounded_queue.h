#pragma once
// The one queue between threads, and the one mutex. Many producers, one consumer. Closing it lets the consumer drain what is
// left; pushing into a closed queue is refused.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace culprit {

template <class T>
class BoundedQueue {
   public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits up to `patience` for room. False, and `item` untouched, when there was none or the queue is closed.
    [[nodiscard]] bool push(T& item, std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        if (!room_.wait_for(lock, patience, [&] { return closed_ || items_.size() < capacity_; }) || closed_) return false;
        items_.push_back(std::move(item));
        lock.unlock();
        filled_.notify_one();
        return true;
    }

    /// Waits up to `patience`; nothing when none came, or when the queue is closed and empty.
    std::optional<T> pop(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        filled_.wait_for(lock, patience, [&] { return closed_ || !items_.empty(); });
        if (items_.empty()) return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        lock.unlock();
        room_.notify_one();
        return item;
    }

    void close() {
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
        }
        room_.notify_all();
        filled_.notify_all();
    }

    bool closed_and_empty() const {
        std::lock_guard lock(mutex_);
        return closed_ && items_.empty();
    }
    std::size_t size() const {
        std::lock_guard lock(mutex_);
        return items_.size();
    }

   private:
    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable room_, filled_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace culprit
