#pragma once
// The configuration's `sinks`, and `kibana`, which shows what they hold.
#include <vector>

#include "daemon/config.h"
#include "daemon/yaml_reader.h"

namespace culprit {

/// Throws ConfigError. `near` is the Kafka cluster that a Kafka sink writes to unless it names its own.
std::vector<SinkSettings> read_sinks(const YamlValue& value, const KafkaSinkSettings& near);
KibanaSettings read_kibana(const YamlValue& value);

}  // namespace culprit
