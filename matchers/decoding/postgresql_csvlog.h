#pragma once
// PostgreSQL's csvlog: one record may hold line breaks inside its quotes and so take several physical lines.
// 23 columns from PostgreSQL 9.0 to 12, 24 in 13 (backend_type), 26 from 14 on (leader_pid, query_id). Manual, chapter "Error
// Reporting and Logging", "Using CSV-Format Log Output", of each version.
#include <optional>
#include <string_view>

#include "matchers/event_time.h"
#include "matchers/record.h"

namespace culprit {

/// Does the physical line look like a record's first: `2026-11-20 12:49:58.703 CET,"user","database",4711,`? Inside a quoted
/// field all quotes are doubled, so there a line can only look like the beginning of a record without names.
enum class CsvlogBeginning { none, without_names, with_names };
CsvlogBeginning csvlog_beginning(std::string_view line);

/// Follows the quotes through the physical lines of one record.
class CsvlogQuotes {
   public:
    void take(std::string_view line);
    bool inside() const { return inside_; }

   private:
    bool inside_ = false;
};

/// A whole record, its physical lines joined by `\n`; nothing when it has another shape. Of one that was `cut` at a limit, what
/// is sure of what is there.
std::optional<Record> decode_csvlog(std::string_view text, std::optional<EventTime> near = {}, bool cut = false);

}  // namespace culprit
