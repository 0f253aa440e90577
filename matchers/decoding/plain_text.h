#pragma once
// A plain log entry from its lines: the application's or the tool's own text, with what its header says.
#include <optional>
#include <string>
#include <vector>

#include "matchers/record.h"

namespace culprit {

/// Requires at least one line. The message is the whole text, colours taken out; the texts in `key="…"` pairs and JSON tails
/// are unescaped, so that `constraint \"orders_pkey\"` reads as PostgreSQL wrote it.
Record decode_plain_text(const std::vector<std::string>& lines, std::optional<EventTime> near);

}  // namespace culprit
