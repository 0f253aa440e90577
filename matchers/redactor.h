#pragma once
// Keeps values from leaving the process. Works on the parse, never on the text alone; what it does not understand it hides.
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

enum class RedactedValues { hash, remove, keep };

struct RedactionPolicy {
    RedactedValues values = RedactedValues::hash;
    std::string key;  // secret of the keyed hashes; equal values under one key can be joined
};

/// DETAIL of a key: `Key (email, note)=(…)`. Columns as written, unquoted.
struct KeyDetail {
    std::vector<std::string> columns;
    std::string values;            // the raw text between the outer parentheses
    std::string tail;              // " already exists." …, without values
    std::string referenced_table;  // of a foreign key's `is (not) present in / still referenced from table "…"`
};

class Redactor {
   public:
    explicit Redactor(RedactionPolicy policy);

    /// True when the operator asked for values to be kept.
    bool shows_values() const { return policy_.values == RedactedValues::keep; }
    /// `<h:3f9a…>` (12 hex digits of a keyed XXH3), `<redacted>`, or the value itself.
    std::string value(std::string_view value) const;
    /// The keyed hash alone, whatever the policy: for joining, never shown beside its value.
    std::string hash(std::string_view value) const;

    /// A message's first line. Names in double quotes stay, values go.
    std::string message(std::string_view text) const;
    /// All of a DETAIL is hidden but for what `key` says of it: its columns and PostgreSQL's own words behind them.
    std::string detail(std::string_view text, const KeyDetail* key = nullptr) const;
    /// Constants, dollar-quoted bodies and comments go, by libpg_query's scanner; everything goes where the scan fails.
    std::string statement(std::string_view sql) const;

   private:
    RedactionPolicy policy_;
};

/// Unique, foreign key, restrict and exclusion violations, by SQLSTATE.
[[nodiscard]] bool tells_of_a_key(std::string_view sqlstate);

/// Splits a key's DETAIL in any of PostgreSQL's languages; nothing when it has another shape. Only for errors that tell of a key
/// (`tells_of_a_key`): in a `Failing row contains (…)` a value may look like one.
/// Hostile case: `Key (email, note)=(alice@x.org, foo)=(bar, baz) already exists.` has columns {email, note}.
[[nodiscard]] bool parse_key_detail(std::string_view detail, KeyDetail& key);

}  // namespace culprit
