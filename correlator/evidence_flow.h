#pragma once
// Which kinds of evidence were flowing where and when. "None found" and "could not have seen" are told apart by this.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "matchers/log_entry.h"

namespace culprit {

class EvidenceFlow {
   public:
    /// True when that was news: what `state` says may have changed.
    bool seen(const EvidenceSeen& evidence);
    /// A change is itself proof that its kind of evidence flows.
    bool seen(const Signal& change);

    /// `flowing`: seen within an hour of `time` in this scope; `quiet`: seen at another time; `never_seen`.
    /// An unknown environment or database, on either side, fits any.
    std::string_view state(EvidenceKind kind, std::string_view environment, std::string_view database, EventTime time) const;

    /// Something with this time was read: from the first of them on an environment is looked at.
    /// True when that was news.
    bool seen(const std::string& environment, EventTime time);
    /// Since when; an unknown environment, on either side, fits any. `otherwise` where nothing is known.
    EventTime observed_since(const std::string& environment, EventTime otherwise) const;
    /// All that was seen, as one entry of no input.
    void for_each(const std::function<void(LogEntry)>& callback) const;

   private:
    using Hours = std::set<std::chrono::sys_time<std::chrono::hours>>;
    std::map<std::string, EventTime> since_;  // by environment
    std::map<std::tuple<EvidenceKind, std::string, std::string>, Hours> hours_;
};

}  // namespace culprit
