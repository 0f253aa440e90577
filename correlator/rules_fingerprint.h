#pragma once
// Whether two folds are made by the same rules. Pure.
#include <string>

#include "correlator/settings.h"

namespace culprit {

/// A hash over the causality table, the severity tree, the playbooks and the settings, the epoch aside. Where it differs, the
/// same log gives other documents, and the epoch has to grow.
std::string rules_fingerprint(const CorrelationSettings& settings);

}  // namespace culprit
