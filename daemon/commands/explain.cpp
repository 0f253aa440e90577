#include <iostream>
#include <utility>

#include "daemon/commands/commands.h"
#include "daemon/commands/stored_incidents.h"

namespace culprit {

int explain(const ExplainOptions& options) {
    const auto config = load_config(options.config);
    if (!config) return fail(kWrongUsage, config.error().message);
    const auto found = stored_incidents(config.value(), options.incident);
    if (!found) return fail(kInputUnreadable, found.error().message);
    if (found.value().empty()) return fail(kWrongUsage, no_such_incident(options.incident, config.value()));
    bool first = true;
    for (const IncidentDocument& incident : found.value())
        std::cout << (std::exchange(first, false) ? "" : "\n") << explain(incident);
    return kDone;
}

}  // namespace culprit
