#pragma once
// What a sink still owes: for each incident the newest document, waiting or on its way. Bounded by the number of incidents,
// however many revisions come. Not thread-safe.
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "correlator/correlator.h"

namespace culprit {

class PendingDocuments {
   public:
    /// Keeps the document unless one at least as new waits already. One that is on its way is not disturbed: what comes
    /// meanwhile waits for the next flush.
    void offer(const IncidentDocument& document);

    /// The next documents to send, as many as fit into `max_bytes` and at least one if any waits; they are on their way until
    /// they are settled or given back. Goes round: where one call stops the next goes on, so that no id starves another.
    /// A document whose older revision is still on its way stays behind it.
    std::vector<IncidentDocument> take(std::size_t max_bytes);

    /// The document is safe, or has been handed to the dead letters.
    void settle(const std::string& id);

    /// It is not safe and waits again, unless a newer revision has come meanwhile.
    void give_back(const std::string& id);

    /// All that is on its way waits again: nobody knows what became of it.
    void give_back_all();

    std::size_t size() const;
    /// When the oldest that is not safe was offered; a newer revision of it changes nothing about that.
    std::optional<std::chrono::steady_clock::time_point> owed_since() const;
    bool waiting() const { return !waiting_.empty(); }

   private:
    struct Owed {
        IncidentDocument document;
        std::chrono::steady_clock::time_point since;
    };
    void offer(Owed owed);

    std::map<std::string, Owed> waiting_;
    std::map<std::string, Owed> in_flight_;
    std::string last_taken_;
};

}  // namespace culprit
