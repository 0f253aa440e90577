#pragma once
// An incident's document, or a change's, as a record of the incidents topic: its id is the key, the document is the value, and
// headers tell what the document does not: `kind` (incident, change, note), `version`, `bucket` (microseconds since the epoch),
// `status` and `severity`. Pure.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "correlator/correlator.h"
#include "daemon/kafka_writer.h"

namespace culprit {

KafkaRecord to_record(const IncidentDocument& document);

/// Nothing when it is none of culprit's: a tombstone, or without the headers.
std::optional<IncidentDocument> to_document(std::string_view key, std::string_view value,
                                            const std::map<std::string, std::string>& headers);

/// A maintenance window that was announced, or withdrawn, beside them: for the pages of nodes that fold nothing. Kind `note`.
KafkaRecord to_record(const OperatorNote& note);
std::optional<OperatorNote> to_note(std::string_view value, const std::map<std::string, std::string>& headers);

}  // namespace culprit
