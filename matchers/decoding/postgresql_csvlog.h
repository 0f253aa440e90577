#pragma once
// PostgreSQL's csvlog: one record may hold line breaks inside its quotes and so take several physical lines.
// 23 columns up to PostgreSQL 12, 24 in 13 (backend_type), 26 from 14 on (leader_pid, query_id). Manual, section 20.8.4.
#include <optional>
#include <string_view>

#include "matchers/event_time.h"
#include "matchers/record.h"

namespace culprit {

/// The physical line looks like a record's first: `2026-11-20 12:49:58.703 CET,"user","database",4711,`. A line inside a quoted field
/// can only look like it when no name is quoted, so a caller still has to see whether the record is whole.
bool begins_csvlog_record(std::string_view line);

/// Follows the quotes through the physical lines of one record.
class CsvlogQuotes {
   public:
    void take(std::string_view line);
    bool inside() const { return inside_; }

   private:
    bool inside_ = false;
};

/// A whole record, its physical lines joined by `\n`; nothing when it has another shape.
std::optional<Record> decode_csvlog(std::string_view text, std::optional<EventTime> near = {});

}  // namespace culprit
