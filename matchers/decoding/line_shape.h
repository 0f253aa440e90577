#pragma once
// One record on its own: its envelope off, and what its payload can be. Whether it begins, continues or is an entry is decided
// from these shapes alone, so that any reader of the same records decides alike.
#include <optional>
#include <string>

#include "matchers/decoding/envelope.h"
#include "matchers/decoding/postgresql_csvlog.h"
#include "matchers/decoding/postgresql_stderr.h"
#include "matchers/decoding/text_line.h"

namespace culprit {

enum class LineFormat { json, broken_json, csvlog, postgresql, text };

struct ShapedLine {
    Peeled peeled;
    LineFormat format = LineFormat::text;
    std::optional<EventTime> own_time;
    CsvlogBeginning csvlog = CsvlogBeginning::none;
    std::optional<std::int64_t> pid;      // postgresql
    EntryPart part = EntryPart::message;  // postgresql
    TextLine text;                        // text
    bool tabbed = false;                  // begins with a tab: continues a PostgreSQL line
};

/// One thread.
class LineShaper {
   public:
    explicit LineShaper(const std::optional<std::string>& log_line_prefix) : server_(log_line_prefix) {}

    ShapedLine shape(std::string_view bytes, std::optional<EventTime> arrival);
    const PostgresqlStderr& server() const { return server_; }

   private:
    EnvelopePeeler peeler_;
    PostgresqlStderr server_;
};

}  // namespace culprit
