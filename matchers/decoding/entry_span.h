#pragma once
// Which records before a hit belong to its entry: a pure function of the ring, so that batches and restarts cannot show.
#include <optional>
#include <vector>

#include "matchers/decoding/context_ring.h"

namespace culprit {

enum class EntryFormat {
    json,        // complete in itself
    stderr_log,  // PostgreSQL's, the lines of one process
    csvlog,      // until the quotes close
    text,        // an application's or a tool's
    split,       // one line that its runtime cut into several records
};

struct EntrySpan {
    EntryFormat format = EntryFormat::text;
    std::vector<std::size_t> records;  // indices into the ring, in order; the last is the hit's
    bool earlier_hit = false;          // another of them passed the filter before: the entry has been counted there
    std::optional<std::int64_t> pid;   // stderr_log
    std::optional<TextEntry> text;     // text: as it stands behind the hit
};

/// Requires that the record at `hit` does not stand apart.
EntrySpan find_entry(ContextRing& ring, std::size_t hit, LineShaper& shaper);

}  // namespace culprit
