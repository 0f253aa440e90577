#pragma once
// Looks a large SQLite file over while the daemon works already: reading a gigabyte from a cold disk takes a minute, and a start
// must not grow with the history. On a connection and a thread of its own.
#include <stop_token>
#include <string>
#include <thread>

#include "daemon/shared_text.h"

namespace culprit {

/// What is said of a damaged log: what was found, and what to do.
std::string damage_text(const std::string& found);

class IntegrityCheck {
   public:
    /// Begins at once. `path` is a database that is open already.
    explicit IntegrityCheck(std::string path);
    /// Interrupts the check and waits for it.
    ~IntegrityCheck() = default;

    /// What is wrong and what to do; empty while nothing has been found. Any thread.
    std::string damage() const { return damage_.get(); }
    /// Waits until all has been looked at.
    void finish() { thread_.join(); }

   private:
    void run(std::stop_token stop);

    const std::string path_;
    SharedText damage_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace culprit
