#pragma once
// The maintenance windows: those that were announced through the API, as the fold has them, and those of the configuration.
// Thread-safe.
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "correlator/settings.h"
#include "matchers/operator_note.h"

namespace culprit {

class AnnouncedMaintenance {
   public:
    explicit AnnouncedMaintenance(std::vector<MaintenanceWindow> configured = {}) : configured_(std::move(configured)) {}

    static constexpr std::size_t kWindows = 10'000;  // beyond it the one that was announced first goes

    /// Of a note of another kind it takes no notice.
    void add(const OperatorNote& note);
    /// Those that stand, by their beginning.
    std::vector<OperatorNote> list() const;
    std::optional<OperatorNote> find(std::string_view id) const;
    const std::vector<MaintenanceWindow>& configured() const { return configured_; }

   private:
    const std::vector<MaintenanceWindow> configured_;
    mutable std::mutex mutex_;
    std::map<std::string, OperatorNote, std::less<>> windows_;  // the latest note of each, withdrawn ones too
};

}  // namespace culprit
