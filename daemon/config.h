#pragma once
// The configuration file: INTERFACE.md, "Configuration". Values only; validated when loaded.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "correlator/settings.h"
#include "daemon/alerts/settings.h"
#include "daemon/canary_sender.h"
#include "daemon/dead_letters.h"
#include "daemon/setup/settings.h"
#include "daemon/signal_log/settings.h"
#include "daemon/sinks/settings.h"
#include "daemon/sources/settings.h"
#include "daemon/web/settings.h"
#include "daemon/yaml_reader.h"
#include "matchers/redactor.h"
#include "matchers/result.h"

namespace culprit {

using SourceSettings = std::variant<KafkaSourceSettings, FileSourceSettings, HttpSourceSettings>;
using SinkSettings = std::variant<ElasticsearchSettings, KafkaSinkSettings, FileSinkSettings, AlertSettings>;

struct Config {
    std::map<std::string, std::string> labels;
    std::vector<SourceSettings> sources;
    SignalLogSettings signal_log;
    CorrelationSettings correlation;  // with `services` and `maintenance`; the epoch comes from the signal log
    RedactionPolicy redaction;        // an empty key: none was configured
    std::vector<SinkSettings> sinks;
    DeadLetterSettings dead_letter;
    std::optional<HttpSettings> http;
    std::optional<CanarySettings> canary;
    std::optional<KibanaSettings> kibana;  // for `culprit setup kibana`
    std::vector<std::filesystem::path> catalogues;
};

/// Errors read `culprit.yaml:12: sources[0].kafka.topics: expected a list of topics, each {name: …}`.
Result<Config> load_config(const std::filesystem::path& path);
/// The same from a text; `file` is what errors call it.
Result<Config> parse_config(const std::string& text, const std::string& file, const Environment& environment);

/// The contents of a folder of rules, by name: configuration key `rules`.
Result<std::map<std::string, std::string>> read_rules(const std::filesystem::path& folder);

/// The labels that a record may be given.
bool is_label(std::string_view name);
inline constexpr std::string_view kLabels = "environment, database, service, release, host";

}  // namespace culprit
