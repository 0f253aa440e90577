#pragma once
// PostgreSQL's log entries as operators and clouds write them in JSON: CloudNativePG (`{"logger":"postgres","record":{…}}`, the
// columns of csvlog by name) and Azure's diagnostic settings (`{"category":"PostgreSQLLogs","properties":{"sqlerrcode":…}}`).
#include <optional>

#include "matchers/decoding/json_access.h"
#include "matchers/decoding/json_record.h"

namespace culprit::json {

/// Nothing when the object is neither.
std::optional<DecodedJson> decode_cloud_postgresql(Object object, std::optional<EventTime> near);

}  // namespace culprit::json
