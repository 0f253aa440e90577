#pragma once
// One entry while its lines still arrive.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "matchers/decoding/entry_span.h"

namespace culprit {

struct OpenEntry {
    EntryFormat format = EntryFormat::text;
    std::uint64_t trigger = 0;  // sequence of the first of its records that passed the filter
    Offset trigger_offset;
    std::string trigger_bytes;  // as it arrived, for the dead letters
    SourcePosition source;      // of its first line
    std::string stream;
    Scope scope;                       // the envelope's
    std::optional<EventTime> arrived;  // the envelope's time, else Kafka's
    std::vector<std::string> lines;
    std::vector<std::string> before;  // see Record
    std::size_t bytes = 0;
    std::optional<EventTime> last;  // record time of its last line
    std::optional<std::int64_t> pid;
    bool statement_seen = false;  // PostgreSQL writes it last
    CsvlogQuotes quotes;
    std::optional<TextEntry> text;
    /// Hits of this entry that a matcher starting behind the trigger could not tell from a new entry's. A cut must not lie
    /// between.
    std::uint64_t joined_through = 0;
    bool whole = false, cut = false;
    bool repaired_utf8 = false, had_nul = false;

    /// Adds a record's payload, and what its format needs to know of it.
    void add(const ShapedLine& line);
    /// Would a next record of the same stream, one that belongs to no other entry, go on with this one?
    bool continues(const ShapedLine& line) const;
};

}  // namespace culprit
