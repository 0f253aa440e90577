#pragma once
// What people say through the API, on its way to the committer, which alone writes the signal log. Thread-safe and bounded.
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "matchers/operator_note.h"

namespace culprit {

class NoteInbox {
   public:
    static constexpr std::size_t kWaiting = 256;

    /// Told once, on the committer's thread or in `put`: what went wrong, or nothing when the note is in the log and folded.
    using Told = std::function<void(const std::string& problem)>;
    struct Said {
        OperatorNote note;
        Told told;
    };

    void put(OperatorNote note, Told told) {
        {
            std::lock_guard lock(mutex_);
            if (!closed_ && waiting_.size() < kWaiting) {
                waiting_.push_back({std::move(note), std::move(told)});
                return;
            }
        }
        told("culprit is stopping or busy; try again");
    }

    std::vector<Said> take() {
        std::lock_guard lock(mutex_);
        return std::exchange(waiting_, {});
    }

    /// From now on nothing is taken in; what waits is told so.
    void close() {
        std::vector<Said> rest;
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
            rest.swap(waiting_);
        }
        for (const Said& said : rest) said.told("culprit is stopping; try again");
    }

   private:
    std::mutex mutex_;
    std::vector<Said> waiting_;
    bool closed_ = false;
};

}  // namespace culprit
