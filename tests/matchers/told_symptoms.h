#pragma once
// The symptoms that some lines give, as short as a test wants them.
#include <ostream>
#include <string>
#include <vector>

#include "tests/matchers/recognised_lines.h"

namespace culprit::testing_lines {

struct Told {
    std::int64_t line;  // from 0
    std::string kind, constraint, table;
    bool operator==(const Told&) const = default;
};
using Symptoms = std::vector<Told>;

inline void PrintTo(const Told& told, std::ostream* out) {
    *out << told.line << ' ' << told.kind << " constraint=" << told.constraint << " table=" << told.table;
}

/// Without `arrivals` the records' own times are all there is.
inline Symptoms told(std::vector<std::string> lines, bool arrivals = true) {
    Symptoms all;
    for (const auto& signal : Feed{std::move(lines), arrivals}.all().signals) {
        if (signal.family != Family::symptom) continue;
        Told one{signal.source.offset.value, signal.kind, {}, {}};
        for (const auto& object : signal.objects) {
            if (one.constraint.empty()) one.constraint = object.constraint;
            if (one.table.empty()) one.table = object.type == "table" ? object.name : object.table;
        }
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace culprit::testing_lines
