#pragma once
// What a sender calls one of its requests by (`Idempotency-Key`). It is written in the transaction that holds what the request
// said, so that a repetition is known whatever crashed in between. Values.
#include <cstdint>
#include <string>
#include <vector>

namespace culprit {

struct RequestKey {
    std::string name;           // 16 bytes: a hash of the address and of what the sender wrote
    std::uint64_t body = 0;     // a hash of what came with it: a key that comes again with something else is a sender's mistake
    std::int64_t taken_at = 0;  // seconds since 1970, by the daemon's clock
};

/// What one batch changes of the keys that the signal log remembers.
struct KeyChanges {
    std::vector<RequestKey> added;
    std::vector<std::string> forgotten;  // names
    bool empty() const { return added.empty() && forgotten.empty(); }
};

}  // namespace culprit
