#pragma once
// PostgreSQL's `log_line_prefix`, compiled to a parser of the lines that it makes.
// The escapes are those of the manual, section 20.8.3 "What to Log".
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/decoding/postgresql_labels.h"
#include "matchers/event_time.h"
#include "matchers/result.h"

namespace culprit {

/// What a prefix said. Views point into the line.
struct PrefixedLine {
    std::optional<EventTime> time;
    std::optional<std::int64_t> pid, line_number;
    std::string_view user, database, application_name, host, session_id, backend_type, sqlstate;
    LabelAtStart label;     // what stands directly behind the prefix
    std::string_view text;  // behind the label
};

class LogLinePrefix {
   public:
    /// Fails on an escape that PostgreSQL does not have.
    static Result<LogLinePrefix> compile(std::string_view setting);

    /// The line begins with this prefix, and a label follows it. Names may hold blanks, colons and even labels: of several
    /// readings the one with the shortest names counts. A process without a session may stop at `%q`.
    std::optional<PrefixedLine> match(std::string_view line, std::optional<EventTime> near = {}) const;

    /// Of several prefixes that fit, the match that leaves the least of the line to names; of equals the first one's.
    static std::optional<PrefixedLine> best_match(const std::vector<LogLinePrefix>& prefixes, std::string_view line,
                                                  std::optional<EventTime> near = {});

    /// The line begins with this prefix's time or process, but no label follows: a name with a line break in it may be the
    /// reason.
    bool begins(std::string_view line) const;

    const std::string& setting() const { return setting_; }

   private:
    struct Token {
        char escape = 0;  // 0: a literal
        bool padded = false;
        std::string literal;
    };
    struct Search;
    class Times;
    LogLinePrefix() = default;
    std::optional<PrefixedLine> match(std::string_view line, Times& times) const;

    std::string setting_;
    std::vector<Token> tokens_;
};

/// Prefixes that are common where none is configured: distributions', Docker's, pgBadger's, RDS's, Cloud SQL's and Azure's.
const std::vector<LogLinePrefix>& common_log_line_prefixes();

}  // namespace culprit
