#pragma once
// What documents of incidents and of changes have in common, as JSON. Keys in a fixed order, numbers rounded, so that equal
// values are equal byte for byte.
#include <nlohmann/json.hpp>
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
double seconds_of(Duration duration);
/// One line; bytes that are no UTF-8 are replaced.
std::string dumped(const OrderedJson& json);

}  // namespace culprit
