#pragma once
// The incidents topic, read by every node that serves a page, so that it shows all incidents whoever folded them: into the
// store at the start, and on from there. A thread of its own; it belongs to no consumer group and commits nothing.
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "daemon/shared_text.h"
#include "daemon/sinks/settings.h"
#include "daemon/web/incident_store.h"

namespace culprit {

class IncidentFeed {
   public:
    /// Told of documents whose last record in the topic is an older revision than one before it: they want to be written again.
    using Outdated = std::function<void(const std::vector<IncidentDocument>&)>;

    using Noted = std::function<void(const OperatorNote&)>;

    /// `store` outlives the feed, which alone puts into it. `outdated` may be empty; it and `noted`, which is told of the notes
    /// in the topic, are called on the feed's thread.
    IncidentFeed(KafkaSinkSettings settings, IncidentStore& store, Outdated outdated, Noted noted);
    /// Stops and joins.
    ~IncidentFeed() = default;

    /// Empty when the page shows all that the topic holds, else what is awaited. Any thread.
    std::string trouble() const { return trouble_.get(); }

   private:
    void run(std::stop_token stop);
    Result<Done> follow(std::stop_token stop);

    const KafkaSinkSettings settings_;
    IncidentStore& store_;
    const Outdated outdated_;
    const Noted noted_;
    SharedText trouble_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace culprit
