#pragma once
// Where incidents go. One of the two virtual seams (the other is Source).
//
// The fold hands every sink the same revisions; a sink keeps the newest of each incident until it is safe, so a storm of
// revisions costs one write per incident and flush. After a restart the whole log is folded again and every incident is
// offered again: sinks are idempotent by id and version, or say where they are not.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"

namespace culprit {

/// What /readyz says of a sink.
struct SinkHealth {
    bool ready = true;
    std::string state;  // "ok", or what is wrong and what is done about it
};

class Sink {
   public:
    virtual ~Sink() = default;
    virtual std::string_view name() const = 0;

    /// Takes revisions over; never blocks on the network. Called by the fold's thread only.
    virtual void offer(const std::vector<IncidentDocument>& revisions) = 0;

    /// The same of documents of changes (docs/changes.md). A sink that has no use for them leaves them.
    virtual void offer_changes(const std::vector<IncidentDocument>& /*revisions*/) {}

    /// How many documents are not safe yet. Any thread.
    virtual std::size_t pending() const = 0;
    /// Since when the oldest of them has waited; nothing when all is safe. Any thread.
    virtual std::optional<std::chrono::steady_clock::time_point> owed_since() const {
        if (pending() == 0) return std::nullopt;
        return std::chrono::steady_clock::time_point::min();  // it does not know
    }
    virtual SinkHealth health() const = 0;

    /// Stops after what is pending is safe, or after `patience`. Returns how many were not.
    virtual std::size_t drain(std::chrono::milliseconds patience) = 0;
};

}  // namespace culprit
