#include "matchers/decoding/text_line.h"

#include <algorithm>
#include <array>

#include "matchers/decoding/level.h"
#include "matchers/decoding/postgresql_labels.h"
#include "matchers/decoding/timestamp.h"

namespace culprit {
namespace {

constexpr std::size_t kHeader = 160;  // bytes of a line in which its header is looked for

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_word(char c) { return is_digit(c) || is_upper(c) || is_lower(c) || c == '_'; }

std::string_view first_word(std::string_view text) {
    return text.substr(0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_word) - text.begin()));
}

/// Where the header's timestamp begins: at once, behind `[`, `time=`, a level, `E, [`, or an access line's addresses.
std::optional<LeadingTimestamp> header_time(std::string_view line, std::optional<EventTime> near) {
    std::string_view text = line;
    for (const std::string_view opening : {"[", "(", "<", "time=\"", "time=", "ts=", "t=", "timestamp="}) {
        if (!text.starts_with(opening)) continue;
        text.remove_prefix(opening.size());
        break;
    }
    if (auto time = leading_timestamp(text, near)) return time;
    std::string_view rest = line.starts_with('[') ? line.substr(1) : line;
    const std::string_view word = first_word(rest);
    if (known_level(word)) {
        rest.remove_prefix(word.size());
        while (!rest.empty() && std::string_view{" []:|-,"}.find(rest.front()) != std::string_view::npos) rest.remove_prefix(1);
        if (auto time = leading_timestamp(rest, near); time && time->dated) return time;
    }
    if (line.size() > 4 && is_upper(line[0]) && line.substr(1, 3) == ", [")
        return leading_timestamp(line.substr(4), near);  // Ruby's Logger
    if (is_digit(line[0]) || line[0] == ':') {
        const std::size_t bracket = line.substr(0, 80).find('[');
        if (bracket != line.npos && line.find("] \"", bracket) != line.npos)
            return leading_timestamp(line.substr(bracket + 1), near);
    }
    return {};
}

/// The first level word of a header: upper case, or marked as one by brackets, `level=` or a colon.
std::string header_level(std::string_view line) {
    if (const std::size_t key = line.substr(0, kHeader).find("level="); key != line.npos) {
        std::string_view value = line.substr(key + 6);
        if (value.starts_with('"')) value.remove_prefix(1);
        if (const auto level = known_level(first_word(value))) return std::string{*level};
    }
    const std::string_view header = line.substr(0, kHeader);
    std::size_t words = 0;
    for (std::size_t at = 0; at < header.size() && words < 14; ++words) {
        while (at < header.size() && !is_word(header[at])) ++at;
        const std::string_view word = first_word(header.substr(at));
        const char before = at > 0 ? header[at - 1] : ' ',
                   after = at + word.size() < header.size() ? header[at + word.size()] : ' ';
        const bool upper = !word.empty() && std::all_of(word.begin(), word.end(), is_upper);
        const bool marked = before == '[' || before == '(' || (after == ':' && before != '.');
        if (upper || marked) {
            if (const auto level = known_level(word); level && (upper || after == ':' || after == ']' || after == ')'))
                return std::string{*level};
        }
        at += word.size();
    }
    return {};
}

/// `psycopg2.errors.UniqueViolation: …`, `org.postgresql.util.PSQLException: …`, `PG::UniqueViolation: …`, `TypeError: …`.
bool is_exception(std::string_view line) {
    const auto is_name = [](char c) { return is_word(c) || c == '.' || c == ':' || c == '$'; };
    std::size_t end = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_name) - line.begin());
    std::string_view name = line.substr(0, end);
    const bool colon = name.ends_with(':');
    while (name.ends_with(':')) name.remove_suffix(1);
    if (name.size() < 5 || is_digit(name[0])) return false;
    if (!colon && !(end < line.size() && line.substr(end, 2) == " (") && end != line.size()) return false;
    const std::size_t last = name.find_last_of(".:");
    const std::string_view type = last == name.npos ? name : name.substr(last + 1);
    if (type.empty() || !is_upper(type[0])) return false;
    for (const std::string_view ending :
         {"Error", "Exception", "Violation", "Failure", "Fault", "NotUnique", "Invalid", "Timeout", "Interrupt", "Exit"}) {
        if (type.ends_with(ending)) return true;
    }
    return last != name.npos && colon && name.find("rror") != name.npos;  // `psycopg2.errors.UndefinedTable`
}

/// A level at the front, in brackets, or behind a program's name: `ERROR:  …`, `[ERROR] …`, `pg_restore: error: …`,
/// `psql:f.sql:3: ERROR:  …`.
std::string leading_level(std::string_view line) {
    const auto at = [](std::string_view text) -> std::string {
        if (const auto label = label_at_start(text); label && label->part == EntryPart::message) return std::string{label->level};
        const bool bracketed = text.starts_with('[');
        const std::string_view word = first_word(bracketed ? text.substr(1) : text);
        const auto level = known_level(word);
        if (!level) return {};
        const std::string_view rest = text.substr(word.size() + (bracketed ? 1 : 0));
        const bool upper = std::all_of(word.begin(), word.end(), is_upper);
        if (bracketed ? rest.starts_with(']')
                      : (rest.starts_with(':') || (upper && (rest.starts_with("  ") || rest.starts_with(" [")))))
            return std::string{*level};
        return {};
    };
    if (auto level = at(line); !level.empty()) return level;
    std::size_t colon = line.substr(0, kHeader).find(": ");
    if (line.starts_with("psql:")) {
        if (colon != line.npos) return at(line.substr(colon + 2));
        return {};
    }
    const auto is_program = [](char c) { return is_word(c) || c == '-' || c == '.' || c == '/'; };
    if (colon == line.npos || colon == 0 ||
        !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_program) || is_exception(line))
        return {};  // `org.postgresql.util.PSQLException: ERROR: …` is an exception, and no program's name
    return at(line.substr(colon + 2));
}

/// The second line of a deadlock's DETAIL, in any language: `Process 31389 waits for ShareLock on …; blocked by process 31387.`
/// The names of locks are not translated.
bool is_waiting_process(std::string_view line) {
    if (line.size() > 400 || is_digit(line[0]) || line.find("Lock") == line.npos) return false;
    int numbers = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (is_digit(line[i]) && (i == 0 || !is_digit(line[i - 1]))) ++numbers;
    }
    return numbers >= 3 && numbers <= 8;
}

/// Prisma shows the call within its source, and only then says what went wrong.
bool opens_invocation(std::string_view line) { return line.starts_with("Invalid `") && line.find("` invocation") != line.npos; }

/// `prisma:error` and `PrismaClientKnownRequestError:` stand alone in front of it.
bool announces_invocation(std::string_view line) {
    while (line.ends_with(' ')) line.remove_suffix(1);
    return line == "prisma:error" || (line.ends_with("Error:") && line.find("Prisma") != line.npos);
}

/// What stands between the head of the invocation and the message: the place, the source around it, blank lines.
bool is_shown_source(std::string_view line) {
    if (line[0] == ' ' || is_digit(line[0]) || line.starts_with("→")) return true;
    const std::size_t column = line.rfind(':');
    return (line[0] == '/' || (line.size() > 2 && line[1] == ':')) && column != line.npos && column + 1 < line.size() &&
           is_digit(line[column + 1]);
}

bool is_continuation(std::string_view line) {
    static constexpr std::array kBeginnings = std::to_array<std::string_view>({
        "Caused by:",
        "Suppressed:",
        "Detail:",
        "Hint:",
        "Position:",
        "Where:",
        "Location:",
        "... ",
        "at ",
        "LINE ",
        "[SQL:",
        "[parameters:",
        "params: ",  // Drizzle's
        "[cause]:",
        "(Background on",
        "During handling of the above exception",
        "The above exception was the direct cause",
        "SCHEMA NAME:",
        "TABLE NAME:",
        "COLUMN NAME:",
        "DATATYPE NAME:",
        "CONSTRAINT NAME:",
        "main.",
        "runtime.",
        "goroutine ",
        "created by ",
        "----",
        "^",
        "└",
        "│",
        "┌",
        "╰",
        "╭",
        "caused by:",
        "Stack backtrace",
        "stack backtrace",
    });
    if (line[0] == ' ' || line[0] == '\t' || line[0] == '}' || line[0] == ']' || line[0] == ')' || line[0] == '+') return true;
    if (std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view b) { return line.starts_with(b); })) return true;
    if (const auto label = label_at_start(line); label && label->part != EntryPart::message) return true;
    if (is_waiting_process(line)) return true;
    if (line[0] == '(' && line.find(" row") != line.npos && line.ends_with(')') && is_digit(line[1]))
        return true;                                            // psql's `(1 row)`
    const std::size_t padded = line.substr(0, 24).find(" : ");  // Flyway's `SQL State  : 23505`
    return padded != line.npos && is_upper(line[0]) && line[padded - 1 + (padded == 0)] != ']' &&
           std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(padded),
                       [](char c) { return is_word(c) || c == ' '; });
}

/// What Ruby prints of an exception that nobody caught: `service.rb:12:in `exec_params': PG::UniqueViolation: … (Some::Error)`.
bool is_uncaught_in_ruby(std::string_view line) {
    const std::size_t place = line.find(".rb:");
    if (place == line.npos || place + 4 >= line.size() || !is_digit(line[place + 4])) return false;
    std::string_view rest = line.substr(place + 4);
    rest.remove_prefix(static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin()));
    const bool names_method = rest.starts_with(":in `") || rest.starts_with(":in '");
    return names_method && rest.find("': ") != rest.npos && line.substr(0, place).find(' ') == line.npos;
}

/// psql's and the server's command tags: `COPY 6`, `ALTER TABLE`, `INSERT 0 1`.
bool is_command_tag(std::string_view line) {
    if (line.size() > 40 || !is_upper(line[0]) || !is_upper(line[1])) return false;
    bool digits = false;
    for (const char c : line) {
        if (is_digit(c))
            digits = true;
        else if (c != ' ' && (!is_upper(c) || digits))
            return false;
    }
    return true;
}

bool is_access_line(std::string_view line) {
    const std::size_t protocol = line.find(" HTTP/");
    return protocol != line.npos && line.substr(0, protocol).find('"') != line.npos;
}

}  // namespace

std::string plain(std::string_view line) {
    std::string text;
    text.reserve(line.size());
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
            std::size_t end = i + 2;
            while (end < line.size() && (is_digit(line[end]) || line[end] == ';')) ++end;
            i = std::min(end, line.size() - 1);
        } else if (line[i] != '\r' || (i != 0 && i + 1 != line.size())) {
            text += line[i];
        }
    }
    return text;
}

TextLine classify_text_line(std::string_view raw, std::optional<EventTime> near) {
    TextLine line;
    const std::string text = plain(raw.substr(0, 4096));
    const std::string_view view = text;
    if (view.find_first_not_of(" \t\r\n") == view.npos) {
        line.kind = LineKind::continuation;
        line.blank = true;
        return line;
    }
    line.opens_traceback = view.find("Traceback (most recent call last)") != view.npos;
    line.table_head = view.size() > 2 && view[0] == ' ' && view.ends_with(' ') && view.find('\t') == view.npos;
    line.opens_invocation = opens_invocation(view);
    line.announces_invocation = announces_invocation(view);
    line.shown_source = is_shown_source(view);
    line.links = view.starts_with("During handling of the above exception") ||
                 view.starts_with("The above exception was the direct cause");
    for (const std::string_view word : {"rror", "ERROR", "ailed", "xception", "ailure"})
        line.names_error = line.names_error || view.find(word) != view.npos;
    if (view[0] == ' ') {  // tracing's pretty format indents its headers
        const std::size_t indent = std::min(view.find_first_not_of(' '), view.size());
        if (const auto time = indent <= 4 ? leading_timestamp(view.substr(indent), near) : std::nullopt; time && time->dated) {
            line.kind = LineKind::timed;
            line.time = time->time;
            line.level = header_level(view);
            return line;
        }
    }
    if (view[0] != ' ' && view[0] != '\t') {
        if (const auto time = header_time(view, near)) {
            line.kind = LineKind::timed;
            line.time = time->time;
            line.level = header_level(view);
            line.whole = is_access_line(view);
            return line;
        }
        if (view.size() >= 2 && is_command_tag(view)) {
            line.whole = true;
            return line;
        }
        if (line.level = leading_level(view); !line.level.empty()) {
            line.kind = LineKind::levelled;
            const std::string_view word = first_word(view);
            // An error of node's begins with its name; `Error: …`, as Rust's and Ruby's main print it, begins something new.
            line.repeats_level =
                std::none_of(word.begin(), word.end(), is_upper) || std::all_of(word.begin(), word.end(), is_upper);
            line.bare_level = view.substr(word.size()).starts_with(": ") && !view.substr(word.size()).starts_with(":  ");
            return line;
        }
        if (is_uncaught_in_ruby(view)) {
            line.kind = LineKind::levelled;
            line.level = "fatal";
            line.uncaught_in_ruby = true;
            line.of_ruby_driver = view.find("(PG::") != view.npos;
            return line;
        }
    }
    if (is_continuation(view))
        line.kind = LineKind::continuation;
    else if (line.opens_traceback)
        line.kind = LineKind::traceback;
    else if (is_exception(view))
        line.kind = LineKind::exception;
    return line;
}

TextEntry::TextEntry(const TextLine& first)
    : first_(first),
      in_traceback_(first.opens_traceback),
      announced_(first.announces_invocation),
      in_invocation_(first.opens_invocation) {}

bool TextEntry::may_hold_an_error() const {
    if (first_.whole) return false;
    return first_.level.empty() || first_.level == "warning" || first_.level == "error" || first_.level == "critical" ||
           first_.level == "fatal" || first_.level == "panic";
}

bool TextEntry::continues(const TextLine& next) const {
    const bool headed = first_.kind == LineKind::timed;
    if (next.kind == LineKind::timed || first_.whole) return false;
    if (in_invocation_ || (announced_ && next.opens_invocation)) return true;
    switch (next.kind) {
        case LineKind::continuation:
            if (next.table_head && !in_traceback_ && !headed && (first_.kind == LineKind::other || !may_hold_an_error()))
                return false;
            return true;
        case LineKind::levelled:
            // java.util.logging prints time and logger first and the level on a line of its own; a stack may repeat it.
            // Ruby prints the cause below what wraps it.
            return in_traceback_ ||
                   (first_.uncaught_in_ruby && !first_.of_ruby_driver && next.uncaught_in_ruby && next.of_ruby_driver) ||
                   (headed && after_first_ && next.bare_level &&
                    (first_.level.empty() || (next.repeats_level && first_.level == next.level)));
        case LineKind::traceback:
            // A line without a header may be of anything: one error too many is better than one lost in another's entry.
            if (first_.kind == LineKind::other) return false;
            return linked_ || (may_hold_an_error() && !in_traceback_ && first_.kind != LineKind::traceback &&
                               first_.kind != LineKind::exception);
        case LineKind::exception:
            return in_traceback_ || (headed && may_hold_an_error()) || (first_.kind == LineKind::levelled && may_hold_an_error());
        default:
            // A harmless header must not swallow an error that something else printed below it.
            return !next.whole && (in_traceback_ || (headed && (may_hold_an_error() || !next.names_error)));
    }
}

void TextEntry::take(const TextLine& next) {
    // The message is the first line that is none of the source.
    in_invocation_ = next.opens_invocation || (in_invocation_ && (next.blank || next.shown_source));
    announced_ = next.announces_invocation || (announced_ && next.blank);
    if (next.opens_traceback)
        in_traceback_ = true;
    else if (next.kind == LineKind::exception)
        in_traceback_ = false;
    if (!next.blank) {
        linked_ = next.links;
        after_first_ = false;
    }
    if (first_.level.empty() && next.kind == LineKind::levelled) first_.level = next.level;
}

}  // namespace culprit
