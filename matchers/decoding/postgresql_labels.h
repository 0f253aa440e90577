#pragma once
// The words that begin the parts of a PostgreSQL log entry, in the languages of the server's message catalogues.
#include <optional>
#include <string_view>

namespace culprit {

enum class EntryPart { message, detail, hint, query, context, location, statement, backtrace };

struct LabelAtStart {
    EntryPart part = EntryPart::message;
    std::string_view word;   // as written: `FEHLER`; points into the text
    std::string_view level;  // of a message: `error`, `fatal`, `panic`, `warning`, `notice`, `log`, `info`, `debug`
    std::size_t length = 0;  // with its colon and the blanks behind it
};

/// The label at the very beginning of `text`. A severity needs the two blanks that the server writes after the colon; the other
/// labels come with none, one or two, and French has one before the colon.
std::optional<LabelAtStart> label_at_start(std::string_view text);

/// `error` of `FEHLER`, `ERREUR`, `ERROR`…; empty for a word that is no severity.
std::string_view level_of_severity(std::string_view word);

/// The message without the ` at character 13` that stderr alone appends, in any language.
std::string_view without_position(std::string_view message);

/// Five characters that can be a SQLSTATE: a class that PostgreSQL or the SQL standard has. `EPIPE` and `P2002` are none.
bool is_sqlstate(std::string_view text);

/// Five digits and capitals: what the server's own SQLSTATE field may hold, as a function may RAISE any.
bool has_sqlstate_form(std::string_view text);

/// `[unknown]`, which the server writes before it knows a name, in any language.
bool is_unknown_name(std::string_view name);

}  // namespace culprit
