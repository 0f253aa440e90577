#pragma once
// A change as its document in `culprit-changes`: docs/changes.md. Keys in a fixed order.
#include <cstdint>
#include <string>

#include "correlator/change_book.h"

namespace culprit {

std::string to_document(const ChangeRecord& record, std::int64_t version);

/// What stands in for a change that late evidence made part of another.
std::string merged_change_document(const std::string& id, std::int64_t version, EventTime time, const std::string& merged_into);

}  // namespace culprit
