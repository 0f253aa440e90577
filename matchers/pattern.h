#pragma once
// One piece of knowledge of the catalogue: what to look for in a record, and what is said when it is found.
// Immutable after loading; RE2 may be used by any number of threads.
#include <re2/re2.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/record.h"
#include "matchers/signal.h"

namespace culprit {

/// What the named groups of a match caught, by name: constraint, table, schema, column, columns, relation, referenced_table,
/// sqlstate, exception_class, migration, release, service, environment, database, sequence, detail, statement.
using Captures = std::map<std::string, std::string, std::less<>>;

/// A field of a record, by its dotted name, that must have one of some values (compared without regard to case) or match an
/// expression.
struct FieldCondition {
    std::string field;
    std::vector<std::string> values;
    std::unique_ptr<const re2::RE2> match;
};

/// A line that its pattern must (or must not) recognise.
struct Example {
    Record record;
    std::string raw;  // as it would lie in a log: what the literal filter sees
    std::map<std::string, std::string> expect;
    std::string where;  // file:line
};

struct Pattern {
    std::string id;
    std::string docs;
    std::string where;  // file:line
    std::optional<Side> side;
    std::vector<FieldCondition> when;
    std::unique_ptr<const re2::RE2> logger;
    std::unique_ptr<const re2::RE2> match;    // anywhere in a record's text; Latin-1, so that it crosses invalid UTF-8 too
    std::unique_ptr<const re2::RE2> whole;    // of a server's message: the same text, from its beginning to its end
    std::map<std::string, std::string> take;  // capture ← field of the record
    bool is_template = false;                 // one of PostgreSQL's own texts: safe to be shown, as only names are caught

    bool adds_only = false;     // says nothing of its own, but a DETAIL or a statement to an error that another pattern found
    bool says_nothing = false;  // a look-alike: where it matches, what only a code or a class name gave is no symptom
    Family family = Family::symptom;
    std::string kind, sqlstate, operation, tool, object_type;
    Phase phase = Phase::unknown;

    std::vector<std::string> literals;  // every match holds at least one of them
    std::vector<Example> examples, counter_examples;
};

/// Where in the text, and what was caught.
struct PatternMatch {
    std::size_t begin = 0, end = 0;
    Captures captures;
};

/// The first match at or behind `from`.
std::optional<PatternMatch> find_match(const re2::RE2& expression, std::string_view text, std::size_t from = 0);

/// A field by its dotted name: `message`, `logger`, `level`, `service`, `environment`, `database`, `version`, `host`, `user` are
/// found where the decoder has put them, everything else among the record's other fields.
std::string_view field_of(const Record& record, std::string_view name);

/// True when side, logger and field conditions hold; what `take` names and condition expressions catch is added to `captures`.
bool conditions_hold(const Pattern& pattern, const Record& record, Captures& captures);

}  // namespace culprit
