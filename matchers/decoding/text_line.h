#pragma once
// What one line of an application's or a tool's plain log looks like, and which lines make one entry.
//
// An entry is a header (a timestamp, a level, a program's name) and what it was printed with: a traceback, indented lines,
// `DETAIL:` lines, node's inspected objects, blank lines in between. Where no line has a header (psql, a bare stderr), each line
// that is not clearly a continuation is an entry of its own.
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

enum class LineKind {
    timed,         // begins with a timestamp
    levelled,      // begins with a level, perhaps behind a program's name
    traceback,     // `Traceback (most recent call last):`
    exception,     // `psycopg2.errors.UniqueViolation: …`
    continuation,  // indented, closing brackets, labels, blank
    other,
};

struct TextLine {
    LineKind kind = LineKind::other;
    std::optional<EventTime> time;
    std::string level;  // where the header names one
    bool blank = false;
    bool whole = false;  // an entry that no further line can belong to: an access line, a psql command tag
    bool links = false;  // `The above exception was the direct cause …`: a traceback follows that belongs to this one
    bool opens_traceback = false;
    bool table_head = false;            // may be the head of psql's aligned output
    bool names_error = false;           // speaks of an error: a traceback below it is its own
    bool repeats_level = false;         // all in one case: `error: …` below a header of that level is its stack
    bool bare_level = false;            // java.util.logging's second line: `SEVERE: …`
    bool uncaught_in_ruby = false;      // `file.rb:1:in `run': …`
    bool announces_invocation = false;  // `prisma:error`: the call that failed is shown below
    bool opens_invocation = false;      // "Invalid `prisma.user.create()` invocation"
    bool shown_source = false;          // what may stand between that and its message
    bool of_ruby_driver = false;        // an uncaught one of class PG::…: what ActiveRecord's own names as its cause
};

TextLine classify_text_line(std::string_view line, std::optional<EventTime> near);

/// Colour escapes, a leading carriage return and trailing blanks go.
std::string plain(std::string_view line);

/// Follows the lines of one entry from its first one on.
class TextEntry {
   public:
    explicit TextEntry(const TextLine& first);
    /// Does `next` belong to this entry? If so, take it.
    bool continues(const TextLine& next) const;
    void take(const TextLine& next);

   private:
    bool may_hold_an_error() const;

    TextLine first_;
    bool in_traceback_ = false;
    bool linked_ = false;         // the last line that is not blank announced another traceback
    bool announced_ = false;      // an invocation follows
    bool in_invocation_ = false;  // its message is still to come
    bool after_first_ = true;
};

}  // namespace culprit
