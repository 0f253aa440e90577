#pragma once
// What can be said of a change before the first error: an import with its own keys that no sequence reset follows, a migration
// left half done, a constraint added NOT VALID and never validated. Texts are data (warnings.yaml). Immutable once loaded.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/change_index.h"

namespace culprit {

struct ChangeWarning {
    std::string rule, summary;
    std::vector<std::string> steps, verify_sql, fix_sql;
    EventTime since{};                     // when it was to be said
    std::optional<EventTime> resolved_at;  // what was missing came later
};

class ChangeWarnings {
   public:
    /// Throws std::runtime_error with file, line and what was expected.
    static ChangeWarnings load(std::string_view file, std::string_view yaml);

    /// Those of `event` at `now`, in the table's order. What was put right in time is never warned of. `next` becomes the earlier
    /// of itself and the time at which one more would have to be said.
    std::vector<ChangeWarning> of(const ChangeEvent& event, const std::vector<ChangeEvent>& events, std::optional<EventTime> now,
                                  std::optional<EventTime>& next) const;
    /// Can there be a warning of it at all? Then later events matter to it.
    bool may_warn(const ChangeEvent& event) const;

   private:
    enum class Detects { import_with_keys, failed_after_steps, not_valid_constraint };
    struct Rule {
        std::string name, summary;
        Detects detects{};
        Duration after{};
        std::vector<std::string> steps, verify_sql, fix_sql;
    };
    /// The line that it is about; null when there is none.
    static const ChangeEffect* detect(Detects what, const ChangeEvent& event);
    /// When what was missing came.
    static std::optional<EventTime> put_right(Detects what, const ChangeEvent& event, const ChangeEffect& effect,
                                              const std::vector<ChangeEvent>& events);
    std::vector<Rule> rules_;
};

}  // namespace culprit
