#pragma once
// Where records come from. One of the two virtual seams (the other is Sink).
//
// A source owns its threads. Each thread owns some input partitions from poll to matched batch (a Matcher per partition, nothing
// shared) and pushes what it matched into the one bounded queue; when that is full it stops draining and keeps polling.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/bounded_queue.h"
#include "daemon/group_lease.h"
#include "daemon/kept_letter.h"
#include "daemon/request_key.h"
#include "matchers/matcher.h"

namespace culprit {

/// A matched batch on its way to the committer.
struct CommitRequest {
    MatchedBatch batch;
    std::string identity;   // of a file: inode and fingerprint of its first bytes; empty for Kafka
    bool finished = false;  // the partition will give nothing more (scan: end of file)
    bool opening = false;  // the partition is about to be read: from now on it holds the fold's clock back. Carries `batch.input`
                           // and `batch.next`, so that where a first start began is known after a crash
    std::map<Offset, RecordOrigin> origins = {};  // of the dead letters' records, where they are to be kept
    std::shared_ptr<GroupLease> lease = {};       // many nodes: the hold under which it was read; once lost, the batch is dropped
    KeyChanges keys = {};                         // of requests over HTTP
    bool awaited = false;                         // a sender waits for its commit
};

/// Where to go on: what the signal log has committed for a partition.
struct ResumePoint {
    Offset next;
    std::string identity;
};
using ResumePoints = std::map<InputPartition, ResumePoint>;

class Source {
   public:
    virtual ~Source() = default;
    virtual std::string_view name() const = 0;
    /// Starts the source's threads. `queue` outlives the source.
    virtual void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) = 0;
    /// Asks the threads to finish what they hold and waits for them. After it nothing more is pushed.
    virtual void stop() = 0;
    /// True when every partition has been read to its end and will not grow (scan). Any thread.
    virtual bool exhausted() const = 0;
    /// Empty when all is well, else what is wrong, for /readyz. Any thread.
    virtual std::string trouble() const = 0;
    /// Why the source has given up and the daemon must stop; empty while it goes on. Any thread.
    virtual std::string failure() const { return {}; }
    /// Everything below `next` is in the signal log. Called by the fold's thread; must not block.
    virtual void committed(const InputPartition&, Offset /*next*/) {}
};

}  // namespace culprit
