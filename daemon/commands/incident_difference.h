#pragma once
// How two folds of the same signals differ: `culprit replay`. Pure.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "correlator/correlator.h"

namespace culprit {

struct IncidentDifference {
    enum class What { added, gone, changed };
    What what = What::changed;
    std::string id;
    std::string title;  // of the later fold, where it has one
    /// Of a changed one: what it says now and said before, by field; "" where it is absent. Only what a person acts on: status,
    /// severity, attribution, the first cause with its confidence, the diagnosis, counts, times, what it was merged into.
    std::map<std::string, std::pair<std::string, std::string>> fields;  // before, after
};

struct FoldDifference {
    std::size_t before = 0, after = 0, same = 0;
    std::vector<IncidentDifference> incidents;  // ordered by id
};

/// Superseded (`merged`) documents count as absent.
FoldDifference difference(const std::vector<IncidentDocument>& before, const std::vector<IncidentDocument>& after);

}  // namespace culprit
