#pragma once
// An incident as its Elasticsearch document: INTERFACE.md, "An incident". Keys in a fixed order, numbers rounded, so that equal
// incidents are equal byte for byte.
#include <cstdint>
#include <string>

#include "correlator/incident.h"

namespace culprit {

std::string to_document(const Incident& incident, std::int64_t version);

/// What stands in for an incident that late evidence made part of another.
std::string merged_document(const Incident& incident, std::int64_t version, const std::string& merged_into);

}  // namespace culprit
