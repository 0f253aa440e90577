#pragma once
// What every source shares: pushing into the queue without losing anything, and saying what is wrong to other threads.
#include <stop_token>

#include "daemon/shared_text.h"
#include "daemon/sources/source.h"

namespace culprit {

/// Waits for room, for as long as it takes; once stopping is asked for, a few seconds. What could not be pushed by then has not
/// been committed, and is read again at the next start. False then.
inline bool push_or_stop(BoundedQueue<CommitRequest>& queue, CommitRequest& request, std::stop_token stop) {
    for (int tries_left = 50; tries_left > 0; tries_left -= stop.stop_requested() ? 1 : 0) {
        if (queue.push(request, std::chrono::milliseconds{100})) return true;
    }
    return false;
}

}  // namespace culprit
