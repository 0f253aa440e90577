#pragma once
// A record before and after decoding.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/event_time.h"
#include "matchers/source_position.h"

namespace culprit {

/// One Kafka message or one line of a file, as it arrived. `bytes` belong to the batch that holds the record and die with it.
/// A line comes without its `\n` and with everything else it holds (`\r`, NUL, invalid UTF-8).
struct RawRecord {
    std::string_view bytes;
    Offset offset;
    std::optional<EventTime> arrival;       // Kafka's timestamp
    std::optional<std::uint64_t> line;      // counts from 1; files only
    std::optional<EventTime> written = {};  // of a line: when its file was last written; dates entries that nothing else does
};

/// Where something happened. An empty string is "not known".
struct Scope {
    std::string environment;
    std::string database;
    std::string service;
    std::string release;
    std::string host;
    auto operator<=>(const Scope&) const = default;
};

/// What PostgreSQL's log line prefix, csvlog and jsonlog say about the backend.
struct PostgresqlContext {
    std::optional<std::int64_t> pid;
    std::string session_id;
    std::optional<std::int64_t> line_number;
    std::string user;
    std::string database;
    std::string application_name;
    std::string severity;  // as the server wrote it, translated or not
    std::string backend_type;
    bool operator==(const PostgresqlContext&) const = default;
};

/// Which side of the wire logged it. One error is often logged by both.
enum class Side { application, server };

/// One log entry, whole: its envelope peeled off, its lines joined. Values are NOT yet redacted; it never leaves the matcher.
struct Record {
    SourcePosition source;          // of the entry's first line
    std::optional<EventTime> time;  // the entry's own, else the shipper's, else Kafka's; none when there is none at all
    bool time_is_own = false;       // `time` was in the entry itself
    Side side = Side::application;  // `server` when PostgreSQL itself wrote it
    Scope scope;                    // from the record, its envelope and the source's labels, in this order
    std::string stream;             // which log within the partition: host and path, container, or empty
    std::string format;             // "jsonlog", "csvlog", "stderr", "json", "plain": how it was decoded
    std::string level;              // lower case: "error", "fatal", "warning", "info", …; empty when not known
    std::string logger;             // the logger's name, where the entry has one
    std::string message;            // first the message, in full, line breaks kept; for a traceback the whole text
    std::string sqlstate;           // five characters where the record has a field for it
    std::string detail, hint, context, statement;
    std::string schema, table, column, constraint, data_type;  // where the record has fields for them (drivers' error objects)
    std::string user;                                          // the affected end user, where the record names one
    std::optional<PostgresqlContext> postgresql;
    std::map<std::string, std::string>
        fields;  // other top-level string fields of a JSON record, dotted: deployment events live here
    /// The lines that its stream held before it, nearest first; only where a pattern may ask for them (`Pattern::after`).
    std::vector<std::string> before;
    bool repaired_utf8 = false;
};

/// What a source says about all of its records. Owned by the configuration; the matcher keeps a copy.
struct SourceProfile {
    InputPartition input;
    std::optional<std::string> log_line_prefix;  // PostgreSQL's setting, where the format is pinned by it
    std::map<std::string, std::string> labels;   // environment, database, service, release, host; a record's own win
};

/// A record that could not be decoded or is beyond a limit. It is counted and handed on; the stream goes on.
struct DeadLetter {
    SourcePosition source;
    std::string reason;       // snake_case, a bounded set: metrics label
    std::string explanation;  // for a person; holds no value from the record
    std::uint64_t hash = 0;   // XXH3 of the raw bytes
    std::string raw;          // the original bytes; the daemon drops them unless the operator chose `payload: raw`
};

}  // namespace culprit
