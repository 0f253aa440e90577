#pragma once
// The configuration's `sinks`, and `kibana`, which shows what they hold.
#include <vector>

#include "daemon/config.h"
#include "daemon/yaml_reader.h"

namespace culprit {

/// Throws ConfigError.
std::vector<SinkSettings> read_sinks(const YamlValue& value);
KibanaSettings read_kibana(const YamlValue& value);

}  // namespace culprit
