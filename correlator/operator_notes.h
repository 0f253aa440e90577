#pragma once
// What people said, by what they said it of. A set: the order of arrival cannot matter. Owned by the fold's thread.
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "correlator/settings.h"
#include "correlator/symptom_groups.h"
#include "matchers/log_entry.h"
#include "matchers/operator_note.h"

namespace culprit {

/// What was said of one incident, as it stands.
struct Notes {
    std::optional<OperatorNote> acknowledged;
    std::optional<EventTime> silenced_until;
    std::vector<OperatorNote> feedback;  // in order of time; the latest kFeedback
};

class OperatorNotes {
   public:
    static constexpr std::size_t kNotes = 10'000;  // beyond it the earliest are let go of
    static constexpr std::size_t kFeedback = 20;

    void add(const OperatorNote& note);

    std::size_t size() const { return all_.size(); }
    Notes of(const Session& session) const;
    /// The windows that were announced and not withdrawn.
    const std::vector<MaintenanceWindow>& maintenance() const { return maintenance_; }

    void for_each(const std::function<void(LogEntry)>& callback) const {
        for (const OperatorNote& note : all_) callback(note);
    }

   private:
    void rebuild_maintenance();

    struct ByTime {
        bool operator()(const OperatorNote& a, const OperatorNote& b) const { return a.time != b.time ? a.time < b.time : a < b; }
    };
    using Said = std::set<OperatorNote, ByTime>;
    std::map<ProblemKey, Said> by_problem_;
    Said windows_, all_;
    std::vector<MaintenanceWindow> maintenance_;
};

}  // namespace culprit
