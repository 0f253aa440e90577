#pragma once
// Why an entry that looks like an error says nothing: for `culprit scan --explain-unmatched`, and for who adds a pattern.
// Pure, and slow: every pattern that shares a literal with the entry is tried. Nothing of it runs unless it is asked for.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/candidate_index.h"
#include "matchers/record.h"

namespace culprit {

class Recognition;

struct Unmatched {
    SourcePosition source;
    std::optional<EventTime> time;
    Side side = Side::application;
    Scope scope;
    std::string format, level, logger, sqlstate;
    std::string reason;       // of the set that `unmatched_reasons` lists
    std::string explanation;  // for a person; holds nothing of the entry but a SQLSTATE
    struct Tried {
        std::string pattern, why;  // `why`: a reason, too
    };
    std::vector<Tried> tried;  // patterns that share a literal with the entry, or the look-alikes that cover it; a few
    std::string message;       // only where the operator has values shown
};

/// Each with what it means.
struct UnmatchedReason {
    std::string_view name, explanation;
};
const std::vector<UnmatchedReason>& unmatched_reasons();

/// Requires that `record` gives no signal. Nothing where it neither looks like an error nor passed the filter.
/// `scratch` is the thread's own, of recognition.candidates().
std::optional<Unmatched> explain_unmatched(const Record& record, bool passed_filter, const Recognition& recognition,
                                           CandidateIndex::Scratch& scratch);

/// The same error was told by an earlier entry, and is counted there.
Unmatched told_before(const Record& record, const Recognition& recognition);

/// There is no record: it could not be decoded.
Unmatched undecodable(const DeadLetter& letter);

/// One JSON object on one line: `time`, `unmatched: {reason, explanation, tried}`, the scope, `source`. Absent fields are left
/// out.
std::string to_json_line(const Unmatched& entry);

}  // namespace culprit
