#pragma once
// One piece of knowledge of the catalogue: what to look for in a record, and what is said when it is found.
// Immutable after loading; may be used by any number of threads.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/expression.h"
#include "matchers/record.h"
#include "matchers/signal.h"

namespace culprit {

/// What the named groups of a match caught, by name: constraint, table, schema, column, columns, relation, referenced_table,
/// sqlstate, exception_class, migration, release, service, environment, database, sequence, detail, statement.
using Captures = std::map<std::string, std::string, std::less<>>;

/// A field of a record, by a name as for `values_of`, that must have one of some values (compared without regard to case), or
/// none of them, match an expression, or not be there.
struct FieldCondition {
    std::string field;
    std::vector<std::string> values;
    std::unique_ptr<const Expression> match;
    bool absent = false;
    bool none = false;  // no value is one of `values`
};

/// Where a capture comes from: a field, or what an expression matches in it.
struct TakenField {
    std::string field;
    std::unique_ptr<const Expression> match;
};

/// What was printed before: going back from the nearest line, one matches `line` before any matches `until`.
struct EarlierLine {
    std::unique_ptr<const Expression> line, until;  // `until` may be absent
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
    std::optional<EarlierLine> after, unless_after;
    std::unique_ptr<const Expression> logger;
    std::unique_ptr<const Expression> match;  // anywhere in a record's text; Latin-1, so that it crosses invalid UTF-8 too
    std::map<std::string, std::vector<TakenField>> take;  // capture ← the first of these fields that the record has
    bool echoed = false;       // the statement that was printed before it says what happened, where one was
    bool is_template = false;  // one of PostgreSQL's own texts: safe to be shown, as only names are caught

    bool adds_only = false;     // says nothing of its own, but a DETAIL or a statement to an error that another pattern found
    bool says_nothing = false;  // a look-alike: where it matches, what only a code or a class name gave is no symptom
    Family family = Family::symptom;
    std::string kind, sqlstate, operation, tool, object_type;
    Phase phase = Phase::unknown;

    std::vector<std::string> literals;  // every match holds at least one of them
    std::vector<Example> examples, counter_examples;

    bool asks_before() const { return after || unless_after || echoed; }
};

/// Where in the text, and what was caught.
struct PatternMatch {
    std::size_t begin = 0, end = 0;
    Captures captures;
};

/// Where in a text an expression matches, and each of its groups, in order of their numbers; the whole match first.
struct Span {
    std::size_t begin = std::string_view::npos, end = 0;  // npos: this group took no part
};
using PatternSpans = std::vector<Span>;

/// The first match at or behind `from`.
std::optional<PatternMatch> find_match(const Expression& expression, std::string_view text, std::size_t from = 0);
/// The same in two steps: where, and what stands there.
std::optional<PatternSpans> find_spans(const Expression& expression, std::string_view text, std::size_t from = 0);
PatternMatch read_spans(const Expression& expression, const PatternSpans& spans, std::string_view text);

/// A field by its dotted name: `message`, `logger`, `level`, `service`, `environment`, `database`, `version`, `host`, `user` are
/// found where the decoder has put them, everything else among the record's other fields.
std::string_view field_of(const Record& record, std::string_view name);

/// All values that a name of the catalogue stands for: `status|state` is either field, and `*` any one part of a dotted name
/// (`commits.*.added.*`: all entries of all lists). Empty ones are left out.
std::vector<std::string_view> values_of(const Record& record, std::string_view names);

/// True when side, logger, field conditions and those on earlier lines hold; what `take` names and condition expressions catch is
/// added to `captures`.
bool conditions_hold(const Pattern& pattern, const Record& record, Captures& captures);

}  // namespace culprit
