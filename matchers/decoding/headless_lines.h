#pragma once
// Lines that go on with an entry which does not begin in their partition: a shipper that spreads the lines of one file over
// partitions tears entries apart, and an error loses its DETAIL, its STATEMENT or its traceback. A pure function of the ring.
#include <cstdint>
#include <optional>

#include "matchers/decoding/context_ring.h"

namespace culprit {

struct ContinuationLines {
    std::uint64_t seen = 0;
    std::uint64_t headless = 0;  // of them
};

/// Looked at: PostgreSQL's DETAIL, HINT, CONTEXT, STATEMENT and QUERY, such labels in an application's text, and the frames of
/// Python's, Java's and JavaScript's stack traces. True when none of the records before it, of the same stream and process,
/// begins its entry. Nothing of another line, and where nobody can tell: too near to where reading began, or deep within a long
/// trace.
std::optional<bool> is_headless(ContextRing& ring, std::size_t index, LineShaper& shaper);

}  // namespace culprit
