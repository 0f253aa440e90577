#pragma once
// The rules of a fold: the tables and playbooks embedded at build time, and what an operator puts in their place. Pure.
#include <string_view>
#include <vector>

#include "correlator/settings.h"
#include "matchers/embedded_file.h"

namespace culprit {

/// `causality.yaml`, `severity.yaml` or `warnings.yaml`. Lives as long as `settings`.
std::string_view rule_table(const CorrelationSettings& settings, std::string_view name);

/// Embedded ones unless replaced, then the operator's own, each by its name without a folder. They live as long as `settings`.
std::vector<EmbeddedFile> playbook_files(const CorrelationSettings& settings);

/// May an operator's folder of rules hold a file of this name (`causality.yaml`, `playbooks/a.yaml`)?
bool is_rule_file(std::string_view name);

}  // namespace culprit
