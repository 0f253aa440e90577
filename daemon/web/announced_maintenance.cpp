#include "daemon/web/announced_maintenance.h"

#include <algorithm>

namespace culprit {

void AnnouncedMaintenance::add(const OperatorNote& note) {
    if (note.kind != NoteKind::maintenance) return;
    std::lock_guard lock(mutex_);
    OperatorNote& place = windows_[note.id];
    if (place.time <= note.time) place = note;
    if (windows_.size() > kWindows)
        windows_.erase(std::ranges::min_element(windows_, {}, [](const auto& each) { return each.second.time; }));
}

std::vector<OperatorNote> AnnouncedMaintenance::list() const {
    std::vector<OperatorNote> standing;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [id, note] : windows_)
            if (!note.withdrawn) standing.push_back(note);
    }
    std::ranges::sort(standing, {}, [](const OperatorNote& note) { return std::pair(note.from, note.id); });
    return standing;
}

std::optional<OperatorNote> AnnouncedMaintenance::find(std::string_view id) const {
    std::lock_guard lock(mutex_);
    const auto found = windows_.find(id);
    if (found == windows_.end() || found->second.withdrawn) return std::nullopt;
    return found->second;
}

}  // namespace culprit
