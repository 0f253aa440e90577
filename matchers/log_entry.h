#pragma once
// What the signal log holds, in order: tallies, changes and remedies, how far each input partition has come, and what
// people said.
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "matchers/operator_note.h"
#include "matchers/result.h"
#include "matchers/signal.h"
#include "matchers/tally.h"

namespace culprit {

/// A kind of evidence was seen to flow in a scope, whether or not it said anything of interest.
struct EvidenceSeen {
    EvidenceKind kind = EvidenceKind::server_log;
    std::string environment, database, service;  // empty: not known
    EventTime first{}, last{};
    auto operator<=>(const EvidenceSeen&) const = default;
};

/// How far one input partition has come in event time. Wall-clock decisions (idle) are taken in the daemon and become data
/// here, so that a replay needs no clock.
struct WatermarkUpdate {
    InputPartition input;
    EventTime watermark{};  // the latest event time seen; never goes back for one partition
    bool idle = false;      // at its end and quiet: does not hold the fold's clock back
    std::vector<EvidenceSeen> evidence;
    std::optional<EventTime> canary = {};  // when the newest canary record of the batch was produced (canary.h); the fold
                                           // passes it over, whoever watches the pipeline does not
};

/// A change or a remedy is written as its Signal; symptoms only as tallies.
using LogEntry = std::variant<Tally, Signal, WatermarkUpdate, OperatorNote>;

/// One JSON object, with a version of its own in "v". `decode` accepts what this version and the one before wrote.
std::string encode(const LogEntry& entry);
Result<LogEntry> decode_log_entry(std::string_view json);

/// A signal as users see it: INTERFACE.md, "A signal". Absent fields are left out. One line, no line break at its end.
std::string to_json_line(const Signal& signal);

}  // namespace culprit
