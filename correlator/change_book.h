#pragma once
// What became of each change: its watch (which errors are held against it), its warnings, and the incidents of its release as one
// group. docs/changes.md says what the documents look like.
//
// Documents are functions of the set of changes, of the incidents as they stand, and of the clock. Owned by the fold.
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "correlator/change_warnings.h"
#include "correlator/correlator.h"
#include "correlator/incident.h"

namespace culprit {

enum class WatchVerdict { open, clean, dirty };

std::string_view to_string(WatchVerdict verdict);

/// What a change has to know of an incident.
struct HeldIncident {
    std::string id, environment, database, severity;
    std::string change, group;  // the change that it is attributed to; that change's release
    std::set<std::string> services;
    std::uint64_t users = 0;
    EventTime onset{}, last_seen{};
    bool resolved = false;
    bool unexplained = false;  // new errors, and no cause found
    bool operator==(const HeldIncident&) const = default;
};

/// One change with all that its document says.
struct ChangeRecord {
    const ChangeEvent* event = nullptr;
    WatchVerdict verdict = WatchVerdict::open;
    EventTime until{};
    std::vector<const HeldIncident*> incidents;  // held against it, by onset
    std::vector<ChangeWarning> warnings;
    std::vector<const HeldIncident*> group;  // of its release, by onset; empty unless there are several
    std::vector<std::string> group_changes;  // ids of the changes of that release
};

class ChangeBook {
   public:
    /// All of it outlives the book.
    ChangeBook(const CorrelationSettings& settings, const ChangeIndex& changes, const ChangeWarnings& warnings)
        : settings_(settings), changes_(changes), warnings_(warnings) {}

    /// The incident as it stands now.
    void hold(const Incident& incident, const std::string& group);
    void forget(const std::string& incident);
    /// These changes are new, gone, or not what they were.
    void changes_came(const ChangeIndex::Changed& changed) { changed_.insert(changed.ids.begin(), changed.ids.end()); }

    /// The documents that differ from what the last call said of them, ordered by id. A change that late evidence made part of
    /// another comes once more, as `merged`.
    std::vector<IncidentDocument> revisions(std::optional<EventTime> now, std::int64_t version);
    /// All of them, by time and id.
    std::vector<IncidentDocument> documents() const;

   private:
    struct Held {
        std::string content;  // the document with version 0
        IncidentDocument document;
        EventTime time{};
        SourcePosition source;  // of its first line
        std::optional<EventTime> deadline;
    };
    void touch(const HeldIncident& incident);
    void take_changed(std::vector<IncidentDocument>& revisions, std::int64_t version);
    ChangeRecord record_of(const ChangeEvent& event, std::optional<EventTime> now, std::optional<EventTime>& next) const;
    bool holds_against(const ChangeEvent& event, const HeldIncident& incident) const;

    const CorrelationSettings& settings_;
    const ChangeIndex& changes_;
    const ChangeWarnings& warnings_;
    std::map<std::string, HeldIncident> incidents_;
    std::map<std::string, std::set<std::string>> caused_, groups_;  // incidents by change, by release
    std::set<std::pair<EventTime, std::string>> unexplained_;       // incidents by onset
    std::map<std::string, Held> held_;                              // by change
    std::set<std::pair<EventTime, std::string>> deadlines_;
    std::set<std::string> touched_;       // changes to look at again
    std::set<EventTime> touched_onsets_;  // and those whose watch covers one of these
    std::set<std::string> changed_;       // ids: new, gone, or not what they were
    std::set<std::string> warnable_;      // changes that may be warned of: later ones matter to them
};

}  // namespace culprit
