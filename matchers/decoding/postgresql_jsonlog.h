#pragma once
// PostgreSQL's jsonlog (15 and later). Included by decoders' .cpp files only. Keys: manual, section 20.8.5.
#include <optional>

#include "matchers/decoding/json_access.h"
#include "matchers/decoding/json_record.h"

namespace culprit::json {

bool is_postgresql_jsonlog(Object object);
DecodedJson decode_postgresql_jsonlog(Object object, std::optional<EventTime> near);

}  // namespace culprit::json
