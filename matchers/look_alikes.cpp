#include "matchers/look_alikes.h"

#include <algorithm>

namespace culprit {

Ranges look_alikes(const Record& record, const TextSearch& text, const Candidates& candidates, const Catalogue& catalogue) {
    Ranges ranges;
    for (const auto index : candidates) {
        const auto& pattern = catalogue.patterns()[index];
        Captures ignored;
        if (!pattern.says_nothing || !conditions_hold(pattern, record, ignored)) continue;
        if (!pattern.match) return {{0, text.text().size()}};
        for (std::size_t from = 0; from <= text.text().size();) {
            const auto match = text.find(*pattern.match, from);
            if (!match) break;
            ranges.emplace_back(match->begin, match->end);
            from = std::max(match->end, match->begin + 1);
        }
    }
    return ranges;
}

std::optional<PatternMatch> first_genuine(const Expression& expression, const TextSearch& text, const Ranges& look_alikes) {
    for (std::size_t from = 0; from <= text.text().size();) {
        auto match = text.find(expression, from);
        if (!match) return match;
        const auto covering = std::find_if(look_alikes.begin(), look_alikes.end(), [&](const auto& range) {
            return range.first <= match->begin && match->begin < range.second;
        });
        if (covering == look_alikes.end()) return match;
        from = std::max(covering->second, match->begin + 1);
    }
    return std::nullopt;
}

}  // namespace culprit
