#pragma once
// What documents of incidents and of changes have in common, as JSON. Keys in a fixed order, numbers rounded, so that equal
// values are equal byte for byte.
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "matchers/signal.h"

namespace culprit {

using OrderedJson = nlohmann::ordered_json;

double rounded_to_thousandths(double value);
/// Leaves an empty value out.
void put(OrderedJson& object, const char* key, const std::string& value);
OrderedJson json_of(const std::vector<DatabaseObject>& objects);
OrderedJson json_of(const SourcePosition& source);
OrderedJson json_of(const std::vector<SourcePosition>& sources);
/// `{title, url}` each.
OrderedJson json_of(const std::set<Link>& links);
double seconds_of(Duration duration);

/// What a change is, wherever it is told of: kind, operation, phase, tool, migration, the scope's names, objects; what is not
/// known is left out. `Change` has these by their names; `effect` is the signal of it that counts.
template <class Change>
void put_change(OrderedJson& json, const Change& change, const Signal& effect) {
    json["kind"] = change.kind;
    put(json, "operation", effect.operation);
    if (change.phase != Phase::unknown) json["phase"] = to_string(change.phase);
    put(json, "tool", change.tool);
    put(json, "migration", change.migration);
    put(json, "release", change.scope.release);
    put(json, "service", change.scope.service);
    put(json, "database", change.scope.database);
    if (!effect.objects.empty()) json["objects"] = json_of(effect.objects);
}

/// One line; bytes that are no UTF-8 are replaced.
std::string dumped(const OrderedJson& json);

}  // namespace culprit
