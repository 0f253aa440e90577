#pragma once
// Installs data views, searches, dashboards and alerting rules in a Kibana. Twice changes nothing: objects have fixed ids and are
// put in place of the earlier ones.
#include <functional>
#include <string>
#include <vector>

#include "daemon/setup/kibana_objects.h"
#include "daemon/setup/server.h"
#include "daemon/setup/settings.h"

namespace culprit {

/// The body of Kibana's import, and the request around it. Pure.
SetupStep import_step(const KibanaSettings& settings, const KibanaObjects& objects);
/// Makes the rule, or (`exists`) puts it in place of the one that is there. Pure.
SetupStep rule_step(const KibanaSettings& settings, const KibanaRule& rule, bool exists);

/// Asks and answers over the network: blocks. `said` hears each step as it is done.
Result<Done> set_kibana_up(const KibanaSettings& settings, const std::string& incidents,
                           const std::function<void(const std::string&)>& said);

}  // namespace culprit
