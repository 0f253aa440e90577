#pragma once
// The configuration's `sources`, and what other parts of it share with them.
#include <map>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/yaml_reader.h"

namespace culprit {

using Labels = std::map<std::string, std::string>;

/// All of it throws ConfigError. `labels`: the defaults of all sources.
std::vector<SourceSettings> read_sources(const YamlValue& value, const Labels& labels);
/// The map's key `labels` over `defaults`.
Labels read_labels(YamlMap& map, Labels defaults);
/// librdkafka's properties without those that culprit's promises rest on.
void refuse_reserved(const YamlValue& properties, const std::map<std::string, std::string>& given);
/// The connection is that of the source which reads the topic.
CanarySettings read_canary(const YamlValue& value, const std::vector<SourceSettings>& sources);
/// host:port
std::string read_address(const YamlValue& value, std::string_view expected);

}  // namespace culprit
