#include "correlator/change_summary.h"

#include <algorithm>

#include "correlator/incident.h"

namespace culprit {

const ChangeEffect& main_effect(const ChangeEvent& event) {
    const auto named =
        std::ranges::find_if(event.effects, [](const ChangeEffect& effect) { return !effect.signal.objects.empty(); });
    return named == event.effects.end() ? event.effects.front() : *named;
}

std::string summary_of(const ChangeEvent& event) {
    Cause cause;
    cause.kind = event.kind;
    cause.tool = event.tool;
    cause.migration = event.migration;
    cause.scope = event.scope;
    cause.effect = main_effect(event).signal;
    return summary_of(cause);
}

std::set<Link> links_of(const ChangeEvent& event) {
    std::set<Link> links;
    for (const ChangeEffect& effect : event.effects) links.insert(effect.signal.links.begin(), effect.signal.links.end());
    return links;
}

}  // namespace culprit
