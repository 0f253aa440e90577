#pragma once
// The JSON shapes that the signal log's codec and the users' view of a signal share.
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "matchers/event_time.h"
#include "matchers/operator_note.h"
#include "matchers/result.h"
#include "matchers/signal.h"
#include "matchers/tally.h"

namespace culprit {

/// RFC 3339 in UTC with six digits of a second: `2026-11-20T12:20:45.135000Z`.
std::string to_rfc3339(EventTime time);

nlohmann::json signal_to_json(const Signal& signal);
nlohmann::json tally_to_json(const Tally& tally);
/// Throw nlohmann's exceptions on a wrong shape.
Signal signal_from_json(const nlohmann::json& json);
Tally tally_from_json(const nlohmann::json& json);

nlohmann::json note_to_json(const OperatorNote& note);
OperatorNote note_from_json(const nlohmann::json& json);

/// Where an entry lies, as users see it.
nlohmann::json source_as_shown(const SourcePosition& source);

nlohmann::json input_to_json(const InputPartition& input);
InputPartition input_from_json(const nlohmann::json& json);

}  // namespace culprit
