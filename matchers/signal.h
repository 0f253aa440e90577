#pragma once
// What a record says once it is recognised. Redacted: a signal may leave the process.
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/event_time.h"
#include "matchers/record.h"
#include "matchers/source_position.h"

namespace culprit {

enum class Family { symptom, change, remedy };

enum class Phase { unknown, started, succeeded, failed, rolled_back };

/// A database object. Names are as PostgreSQL stores them: unquoted, folded as the server folds them.
struct DatabaseObject {
    std::string
        type;  // table, column, constraint, index, sequence, type, schema, view, function; relation where it could be several
    std::string schema;
    std::string name;
    std::string column;            // of a column; of a sequence, the column that owns it
    std::string constraint;        // of a constraint: its name again, so that a search for it finds both
    std::string referenced_table;  // of a foreign key
    std::string table;             // the table that a column, constraint, index, trigger or sequence belongs to
    auto operator<=>(const DatabaseObject&) const = default;
};

/// Where more is to be read of it, as the record itself says: `what` is commit, pull_request, issue, run or deployment.
struct Link {
    std::string what, url;
    auto operator<=>(const Link&) const = default;
};

/// Kinds of evidence that can flow in a scope. "None found" and "could not have seen" differ by these.
enum class EvidenceKind { ddl, migrations, deployments, imports, server_log };

struct Signal {
    EventTime time{};
    Family family = Family::symptom;
    std::string
        kind;  // as in INTERFACE.md: PostgreSQL's condition name; schema_change, migration, import, deployment…; sequence_reset…
    std::string sqlstate;
    std::string operation;  // of a schema_change
    Phase phase = Phase::unknown;
    Side side = Side::application;
    std::vector<DatabaseObject> objects;  // the most specific first; order is part of the signal
    Scope scope;
    std::string tool, migration;
    std::string user;  // keyed hash
    std::optional<PostgresqlContext> postgresql;
    std::string message;    // the first line, redacted
    std::string detail;     // redacted
    std::string statement;  // redacted; at most 4 KiB
    std::string key_hash;   // keyed hash of the violating key's values, so that equal ones can be joined
    std::vector<std::string> key_columns;
    /// Of a unique_violation: did the statement leave the key column to its default (a sequence)? Unknown without a statement.
    std::optional<bool> key_from_default;
    std::vector<Link> links;
    std::string rule;  // the catalogue pattern (or "sqlstate") that recognised it
    SourcePosition source;
};

std::string_view to_string(Family);
std::string_view to_string(Phase);
std::string_view to_string(Side);
std::string_view to_string(SourceType);
std::string_view to_string(EvidenceKind);

}  // namespace culprit
