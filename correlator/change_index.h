#pragma once
// Changes and remedies, linked into events: a migration is its tool's own lines and the DDL that the server logged meanwhile;
// a deployment is its start and its end. One event is one candidate cause, so that its parts do not compete with each other.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "matchers/log_entry.h"
#include "matchers/signal.h"

namespace culprit {

/// One thing that an event did, as one log line tells it.
struct ChangeEffect {
    EventTime time{};
    Signal signal;
};

struct ChangeEvent {
    std::string id;    // hash of the first effect: stable while nothing earlier arrives
    std::string kind;  // deployment, migration, rollback, schema_change, import, restore, sequence_reset…
    std::string tool, migration;
    Scope scope;  // the union of what its signals know; empty where they disagree
    Phase phase = Phase::unknown;
    EventTime time{};  // of its effect: the last step that succeeded, else the first sign of it
    EventTime first{}, last{};
    std::string release_id;             // id of the first event of the same release of the same service; else its own
    bool remedy = false;                // every signal of it is a remedy (setval, …)
    std::vector<ChangeEffect> effects;  // by time
};

class ChangeIndex {
   public:
    /// Adding the same signal twice is adding it once.
    void add(const Signal& change);

    /// All events by time. Rebuilt when signals have come since, in about linear time; valid until the next add.
    const std::vector<ChangeEvent>& events() const;
    /// By its id; null when there is none. Valid as long as events().
    const ChangeEvent* find(const std::string& id) const;
    /// Ids of the events of one release, by time; empty for a release_id that there is not.
    const std::vector<std::string>& of_release(const std::string& release_id) const;

    /// Which events are new, are gone, or are not what they were when this was asked last.
    struct Changed {
        std::vector<const ChangeEvent*> events;  // those that are there, by time; valid as long as events()
        std::set<std::string> ids;               // of these, and of those that are gone
    };
    Changed take_changed();

    void for_each(const std::function<void(LogEntry)>& callback) const {
        for (const Signal& signal : signals_) callback(signal);
    }
    std::size_t size() const { return signals_.size(); }

   private:
    struct ByTime {
        bool operator()(const Signal& a, const Signal& b) const;
    };
    std::set<Signal, ByTime> signals_;
    mutable std::vector<ChangeEvent> events_;
    mutable std::unordered_map<std::string, std::size_t> places_;  // in events_, by id
    mutable std::unordered_map<std::string, std::vector<std::string>> releases_;
    mutable bool current_ = true;
    std::map<std::string, std::uint64_t> told_;  // by id, a hash of what it was when take_changed() told of it
    bool all_told_ = true;
};

}  // namespace culprit
