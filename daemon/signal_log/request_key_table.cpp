#include "daemon/signal_log/request_key_table.h"

namespace culprit {

namespace {

/// Beside the schema, not a new version of it: an older culprit passes it over.
SQLite::Database& with_table(SQLite::Database& database) {
    database.exec(
        "CREATE TABLE IF NOT EXISTS request_keys (name BLOB PRIMARY KEY, body INTEGER NOT NULL, taken_at INTEGER NOT NULL) "
        "WITHOUT ROWID");
    return database;
}

}  // namespace

RequestKeyTable::RequestKeyTable(SQLite::Database& database)
    : insert_(with_table(database), "INSERT OR REPLACE INTO request_keys VALUES (?, ?, ?)"),
      forget_(database, "DELETE FROM request_keys WHERE name = ?"),
      read_(database, "SELECT name, body, taken_at FROM request_keys ORDER BY taken_at") {}

void RequestKeyTable::apply(const KeyChanges& changes) {
    for (const std::string& name : changes.forgotten) {
        forget_.reset();
        forget_.bind(1, name.data(), static_cast<int>(name.size()));
        forget_.exec();
    }
    for (const RequestKey& key : changes.added) {
        insert_.reset();
        insert_.bind(1, key.name.data(), static_cast<int>(key.name.size()));
        insert_.bind(2, static_cast<std::int64_t>(key.body));
        insert_.bind(3, key.taken_at);
        insert_.exec();
    }
}

void RequestKeyTable::reset() {
    for (SQLite::Statement* statement : {&insert_, &forget_, &read_}) statement->tryReset();
}

std::vector<RequestKey> RequestKeyTable::all() {
    std::vector<RequestKey> keys;
    read_.reset();
    while (read_.executeStep()) {
        const SQLite::Column name = read_.getColumn(0);
        keys.push_back({std::string(static_cast<const char*>(name.getBlob()), static_cast<std::size_t>(name.getBytes())),
                        static_cast<std::uint64_t>(read_.getColumn(1).getInt64()), read_.getColumn(2).getInt64()});
    }
    read_.reset();
    return keys;
}

}  // namespace culprit
