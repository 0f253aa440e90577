#pragma once
// PostgreSQL's stderr log: lines with `log_line_prefix`, several of which make one entry (ERROR, DETAIL, HINT, CONTEXT,
// STATEMENT). A line that begins with a tab continues the physical line before it. Lines of several sessions may interleave.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/decoding/log_line_prefix.h"
#include "matchers/record.h"

namespace culprit {

class PostgresqlStderr {
   public:
    /// Without a setting the common prefixes are tried. A setting that does not compile is as if there were none: the
    /// configuration has refused it before.
    explicit PostgresqlStderr(const std::optional<std::string>& log_line_prefix);

    /// The line, if it begins with a prefix and a label.
    std::optional<PrefixedLine> parse(std::string_view line, std::optional<EventTime> near = {}) const;

    /// A line that may be the first half of one whose prefix holds a line break (in a role's name).
    bool may_be_half(std::string_view line) const;

    /// One entry from its physical lines; tab continuations stand behind the line they continue. The first line is the message's,
    /// if it is there at all: an entry whose beginning is lost still says what its other lines say.
    std::optional<Record> decode(const std::vector<std::string_view>& lines, std::optional<EventTime> near = {}) const;

   private:
    std::optional<LogLinePrefix> configured_;
};

}  // namespace culprit
