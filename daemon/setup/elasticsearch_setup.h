#pragma once
// Installs in Elasticsearch or OpenSearch what the sink's monthly indices need: their templates, and the deletion of the old
// ones. Twice changes nothing: what stands already is left as it is.
#include <functional>
#include <string>

#include "daemon/setup/server.h"
#include "daemon/sinks/settings.h"
#include "matchers/result.h"

namespace culprit {

/// What deletes old indices. `ilm`: Elasticsearch's index lifecycle management. `ism`: OpenSearch's index state management.
enum class Lifecycle { ilm, ism, none };

/// An index is as old as its first day, and a month of documents long.
std::string deleted_after(Duration retention);
/// The body of `PUT _ilm/policy/…` or `PUT _plugins/_ism/policies/…`. `incidents` is the name of the incidents' alias. Pure.
nlohmann::json lifecycle_policy(Lifecycle lifecycle, const std::string& incidents, Duration retention);

/// Asks and answers over the network: blocks. `said` hears what was done, or that it stands already.
Result<Done> set_elasticsearch_up(const Ask& server, const ElasticsearchSettings& settings,
                                  const std::function<void(const std::string&)>& said);

/// A server that is only read: what would change it goes to `told` instead, and is answered as if it were done. With no server
/// to read from, an Elasticsearch that has nothing yet.
Ask only_told(std::function<void(const HttpRequest&)> told, Ask server);
Ask nothing_there_yet();

}  // namespace culprit
