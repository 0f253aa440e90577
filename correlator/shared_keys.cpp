#include "correlator/shared_keys.h"

#include <algorithm>

#include "correlator/symptom_groups.h"

namespace culprit {

SharedKeys::Columns SharedKeys::columns_of(const Tally& tally) {
    if (tally.key.side == Side::application && !tally.constraint.empty()) return {};
    Columns columns = tally.key_columns;
    if (columns.empty() && !tally.column.empty()) columns.push_back(tally.column);
    std::ranges::sort(columns);
    return columns;
}

void SharedKeys::add(const ProblemKey& problem, const Columns& columns, bool by_server) {
    Meeting& meeting = meetings_[{problem.kind, columns}];
    (by_server ? meeting.named : meeting.unnamed).insert(problem);
}

void SharedKeys::erase(const ProblemKey& problem, const Columns& columns, bool by_server) {
    const auto found = meetings_.find({problem.kind, columns});
    if (found == meetings_.end()) return;
    (by_server ? found->second.named : found->second.unnamed).erase(problem);
    if (found->second.named.empty() && found->second.unnamed.empty()) meetings_.erase(found);
}

const SharedKeys::Meeting& SharedKeys::meeting(const std::string& kind, const Columns& columns) const {
    static const Meeting nobody;
    const auto found = meetings_.find({kind, columns});
    return found == meetings_.end() ? nobody : found->second;
}

}  // namespace culprit
