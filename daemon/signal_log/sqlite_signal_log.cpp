#include "daemon/signal_log/sqlite_signal_log.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "daemon/signal_log/epoch.h"
#include "daemon/signal_log/integrity_check.h"
#include "daemon/signal_log/request_key_table.h"
#include "matchers/compact_tally.h"

namespace culprit {

namespace {

constexpr std::uintmax_t kCheckedAtOnce = 64 << 20;  // bytes: beyond it a start does not wait for the check
constexpr int kSchemaVersion = 2;                    // 2: tallies may be compact
constexpr int kOldestSchemaVersion = 1;              // is read, and becomes the newest once it is written to

// The last watermark of a partition is kept by `latest`, so that `forget` need not search for it.
constexpr const char* kSchema = R"sql(
CREATE TABLE entries (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    payload    TEXT NOT NULL
);
CREATE INDEX entries_by_time ON entries (event_time);
CREATE TABLE offsets (
    type      TEXT NOT NULL,
    name      TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next      INTEGER NOT NULL,
    identity  TEXT NOT NULL,
    PRIMARY KEY (type, name, partition)
) WITHOUT ROWID;
CREATE TABLE latest_watermarks (
    type      TEXT NOT NULL,
    name      TEXT NOT NULL,
    partition INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (type, name, partition)
) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)sql";

/// A log's epoch is the minute of its making, which leaves a version's 23 high bits room for 15 years; two logs made in one
/// minute differ by where their positions begin.
struct Birth {
    std::int64_t epoch, first_position;
};

Birth born_now() {
    using namespace std::chrono;
    constexpr sys_days beginning = year{2026} / January / 1;
    const std::int64_t seconds = floor<std::chrono::seconds>(system_clock::now() - beginning).count();
    return {std::max<std::int64_t>(1, seconds / 60), (std::max<std::int64_t>(0, seconds) % 60) << 32};
}

struct Kind {
    const char* operator()(const Tally&) const { return "tally"; }
    const char* operator()(const Signal& signal) const { return signal.family == Family::remedy ? "remedy" : "change"; }
    const char* operator()(const WatermarkUpdate&) const { return "watermark"; }
    const char* operator()(const OperatorNote&) const { return "note"; }
};

struct Time {
    EventTime operator()(const Tally& tally) const { return tally.last; }
    EventTime operator()(const Signal& signal) const { return signal.time; }
    EventTime operator()(const WatermarkUpdate& update) const { return update.watermark; }
    EventTime operator()(const OperatorNote& note) const { return note.time; }
};

std::optional<SourceType> source_type(std::string_view text) {
    for (const SourceType type : {SourceType::kafka, SourceType::file, SourceType::stdin_stream, SourceType::http}) {
        if (to_string(type) == text) return type;
    }
    return std::nullopt;
}

void bind_input(SQLite::Statement& statement, const InputPartition& input) {
    statement.bind(1, std::string(to_string(input.type)));
    statement.bind(2, input.name);
    statement.bind(3, input.partition);
}

/// Holds `path` exclusively for as long as it lives; the kernel lets go when the process dies.
class LockFile {
   public:
    explicit LockFile(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
        if (file_ < 0)
            problem_ = path + " cannot be created: " + std::strerror(errno);
        else if (::flock(file_, LOCK_EX | LOCK_NB) != 0)
            problem_ = "another culprit is running on it; stop that one first";
    }
    ~LockFile() {
        if (file_ >= 0) ::close(file_);
    }
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;
    const std::string& problem() const { return problem_; }

   private:
    int file_;
    std::string problem_;
};

}  // namespace

struct SqliteSignalLog::State {
    State(const std::string& file, std::unique_ptr<LockFile> held)
        : path(file), lock(std::move(held)), database(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5'000) {}

    explicit State(const std::string& file) : path(file), database(file, SQLite::OPEN_READONLY, 5'000) {}

    void prepare();
    void create();
    void adopt();
    LogPosition insert(const LogEntry& entry);

    std::string path;
    std::unique_ptr<LockFile> lock;
    SQLite::Database database;
    std::int64_t epoch = 0;
    std::optional<SQLite::Statement> insert_entry, upsert_offset, upsert_watermark;
    std::optional<RequestKeyTable> keys;
    std::optional<IntegrityCheck> integrity;
    std::string met_damage;  // before the check has come to it
};

void SqliteSignalLog::State::create() {
    SQLite::Transaction transaction(database);
    database.exec(kSchema);
    const Birth birth = born_now();
    SQLite::Statement meta(database, "INSERT INTO meta VALUES ('schema', ?), ('epoch', ?)");
    meta.bind(1, kSchemaVersion);
    meta.bind(2, birth.epoch);
    meta.exec();
    SQLite::Statement sequence(database, "INSERT INTO sqlite_sequence (name, seq) VALUES ('entries', ?)");
    sequence.bind(1, birth.first_position);
    sequence.exec();
    transaction.commit();
}

void SqliteSignalLog::State::prepare() {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    if (!database.tableExists("meta")) create();
    // Beside the schema, not a new version of it: an older culprit passes it over and folds the whole log.
    database.exec("CREATE TABLE IF NOT EXISTS snapshots (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
    std::error_code error;
    // Without what a start rests on there is nothing to start with.
    for (const char* table : {"meta", "offsets", "latest_watermarks", "snapshots"}) {
        const std::string check = database.execAndGet("PRAGMA quick_check('" + std::string(table) + "')").getString();
        if (check != "ok") throw SQLite::Exception("it is damaged (" + check + "); restore it, or move it away to begin anew");
    }
    adopt();
    // Damage of the entries stops the intake, and what can still be read is served.
    integrity.emplace(path);
    if (std::filesystem::file_size(path, error) < kCheckedAtOnce && !error) integrity->finish();
    const std::string newest = std::to_string(kSchemaVersion);
    database.exec("UPDATE meta SET value = " + newest + " WHERE key = 'schema' AND value < " + newest);
    insert_entry.emplace(database, "INSERT INTO entries (kind, event_time, payload) VALUES (?, ?, ?)");
    upsert_offset.emplace(database, "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?, ?)");
    keys.emplace(database);
    upsert_watermark.emplace(database, "INSERT OR REPLACE INTO latest_watermarks VALUES (?, ?, ?, ?)");
}

/// Takes over what is there, if this version knows it.
void SqliteSignalLog::State::adopt() {
    const int schema = database.execAndGet("SELECT value FROM meta WHERE key = 'schema'").getInt();
    if (schema < kOldestSchemaVersion || schema > kSchemaVersion) {
        throw SQLite::Exception("its schema is version " + std::to_string(schema) + ", this culprit knows versions " +
                                std::to_string(kOldestSchemaVersion) + " to " + std::to_string(kSchemaVersion));
    }
    epoch = database.execAndGet("SELECT value FROM meta WHERE key = 'epoch'").getInt64();
}

LogPosition SqliteSignalLog::State::insert(const LogEntry& entry) {
    insert_entry->reset();
    insert_entry->bind(1, std::visit(Kind{}, entry));
    insert_entry->bind(2, static_cast<std::int64_t>(to_micros(std::visit(Time{}, entry))));
    const std::string payload = encode_compact(entry);
    insert_entry->bindNoCopy(3, payload.data(), static_cast<int>(payload.size()));
    insert_entry->exec();
    insert_entry->clearBindings();  // the payload is about to go
    const LogPosition position{database.getLastInsertRowid()};
    if (const auto* update = std::get_if<WatermarkUpdate>(&entry)) {
        upsert_watermark->reset();
        bind_input(*upsert_watermark, update->input);
        upsert_watermark->bind(4, position.value);
        upsert_watermark->exec();
    }
    return position;
}

SqliteSignalLog::SqliteSignalLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteSignalLog::~SqliteSignalLog() = default;
std::int64_t SqliteSignalLog::epoch() const { return state_->epoch; }

std::string SqliteSignalLog::damage() const {
    if (!state_->met_damage.empty()) return state_->met_damage;
    return state_->integrity ? state_->integrity->damage() : "";
}

Result<std::unique_ptr<SqliteSignalLog>> SqliteSignalLog::open(const std::string& path) {
    const auto refused = [&](const std::string& why) { return Error{"the signal log " + path + " cannot be opened: " + why}; };
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) return refused("the folder " + folder.string() + " cannot be created: " + error.message());
    auto lock = std::make_unique<LockFile>(path + ".lock");
    if (!lock->problem().empty()) return refused(lock->problem());
    try {
        auto state = std::make_unique<State>(path, std::move(lock));
        state->prepare();
        return std::unique_ptr<SqliteSignalLog>(new SqliteSignalLog(std::move(state)));
    } catch (const SQLite::Exception& exception) {
        const int code = exception.getErrorCode();
        return refused(code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? damage_text(exception.what()) : exception.what());
    }
}

Result<std::unique_ptr<SqliteSignalLog>> SqliteSignalLog::open_read_only(const std::string& path) {
    try {
        auto state = std::make_unique<State>(path);
        state->adopt();
        return std::unique_ptr<SqliteSignalLog>(new SqliteSignalLog(std::move(state)));
    } catch (const SQLite::Exception& exception) {
        return Error{"the signal log " + path + " cannot be read: " + exception.what() +
                     "; has a daemon run with this configuration?"};
    }
}

Result<std::vector<LogPosition>> SqliteSignalLog::append(std::span<const LogBatch> batches) {
    State& state = *state_;
    if (!state.lock) return Error{"the signal log " + state.path + " is open for reading only"};
    if (const std::string found = damage(); !found.empty())
        return Error{"the signal log " + state.path + " is not written any more: " + found};
    std::vector<LogPosition> positions;
    try {
        SQLite::Transaction transaction(state.database);
        for (const LogBatch& batch : batches) {
            for (const LogEntry& entry : batch.entries) positions.push_back(state.insert(entry));
            if (!batch.keys.empty()) state.keys->apply(batch.keys);
            if (!batch.next) continue;
            state.upsert_offset->reset();
            bind_input(*state.upsert_offset, batch.input);
            state.upsert_offset->bind(4, batch.next->value);
            state.upsert_offset->bind(5, batch.identity);
            state.upsert_offset->exec();
        }
        transaction.commit();
        return positions;
    } catch (const SQLite::Exception& exception) {
        // A statement that failed would keep the transaction's rollback from ending.
        for (auto* statement : {&state.insert_entry, &state.upsert_offset, &state.upsert_watermark}) (*statement)->tryReset();
        state.keys->reset();
        return Error{"the signal log " + state.path + " cannot be written: " + exception.what()};
    }
}

Result<ResumePoints> SqliteSignalLog::offsets() {
    try {
        ResumePoints points;
        SQLite::Statement query(state_->database, "SELECT type, name, partition, next, identity FROM offsets");
        while (query.executeStep()) {
            const auto type = source_type(query.getColumn(0).getString());
            if (!type)
                return Error{"the signal log " + state_->path +
                             " names an unknown source type: " + query.getColumn(0).getString()};
            const InputPartition input{*type, query.getColumn(1).getString(), query.getColumn(2).getInt()};
            points[input] = {Offset{query.getColumn(3).getInt64()}, query.getColumn(4).getString()};
        }
        return points;
    } catch (const SQLite::Exception& exception) {
        return Error{"the signal log " + state_->path + " cannot be read: " + exception.what()};
    }
}

Result<std::vector<RequestKey>> SqliteSignalLog::request_keys() {
    try {
        return state_->keys ? state_->keys->all() : std::vector<RequestKey>();
    } catch (const SQLite::Exception& exception) {
        return Error{"the signal log " + state_->path + " cannot be read: " + exception.what()};
    }
}

Result<Done> SqliteSignalLog::read(LogPosition from, const std::function<void(const LogEntry&, LogPosition)>& callback) {
    try {
        SQLite::Statement query(state_->database, "SELECT position, payload FROM entries WHERE position >= ? ORDER BY position");
        query.bind(1, from.value);
        while (query.executeStep()) {
            const LogPosition position{query.getColumn(0).getInt64()};
            const SQLite::Column payload = query.getColumn(1);
            const auto entry =
                decode_log_entry({static_cast<const char*>(payload.getBlob()), static_cast<std::size_t>(payload.getBytes())});
            if (!entry) {
                return Error{"the signal log " + state_->path + ", position " + std::to_string(position.value) +
                             ", cannot be decoded: " + entry.error().message};
            }
            callback(entry.value(), position);
        }
        return Done{};
    } catch (const SQLite::Exception& exception) {
        if (exception.getErrorCode() == SQLITE_CORRUPT) state_->met_damage = damage_text(exception.what());
        return Error{"the signal log " + state_->path + " cannot be read: " + exception.what()};
    }
}

Result<std::optional<StoredSnapshot>> SqliteSignalLog::snapshot() {
    try {
        if (!state_->database.tableExists("snapshots")) return std::optional<StoredSnapshot>();
        SnapshotPieces pieces;
        SQLite::Statement query(state_->database, "SELECT key, value FROM snapshots");
        while (query.executeStep()) pieces.add(query.getColumn(0).getString(), query.getColumn(1).getString());
        return pieces.newest();
    } catch (const SQLite::Exception& exception) {
        return Error{"the snapshot in the signal log " + state_->path + " cannot be read: " + exception.what()};
    }
}

Result<Done> SqliteSignalLog::save(const StoredSnapshot& snapshot) {
    if (const std::string found = damage(); !found.empty())
        return Error{"no snapshot is kept in the signal log " + state_->path + ": " + found};
    try {
        SQLite::Transaction transaction(state_->database);
        state_->database.exec("DELETE FROM snapshots");
        SQLite::Statement insertion(state_->database, "INSERT INTO snapshots VALUES (?, ?)");
        for (const SnapshotPiece& piece : to_pieces(snapshot)) {
            insertion.bind(1, piece.key);
            insertion.bind(2, piece.value.data(), static_cast<int>(piece.value.size()));
            insertion.exec();
            insertion.reset();
        }
        transaction.commit();
        return Done{};
    } catch (const SQLite::Exception& exception) {
        return Error{"a snapshot cannot be kept in the signal log " + state_->path + ": " + exception.what()};
    }
}

Result<Done> SqliteSignalLog::adopt_rules(const std::string& rules) {
    const auto stored = snapshot();
    if (!stored) return stored.error();
    if (!stored.value() || stored.value()->rules == rules) return Done{};
    try {
        const std::int64_t epoch = std::max(state_->epoch + 1, epoch_now());
        SQLite::Statement update(state_->database, "UPDATE meta SET value = ? WHERE key = 'epoch'");
        update.bind(1, epoch);
        update.exec();
        state_->epoch = epoch;
        // Under the new epoch, so that the next start does not raise it again.
        StoredSnapshot renewed = *stored.value();
        renewed.rules = rules;
        renewed.epoch = epoch;
        return save(renewed);
    } catch (const SQLite::Exception& exception) {
        return Error{"the signal log " + state_->path + " cannot be written: " + exception.what()};
    }
}

Result<std::size_t> SqliteSignalLog::forget(EventTime before, std::size_t limit) {
    try {
        SQLite::Statement deletion(state_->database,
                                   "DELETE FROM entries WHERE position IN (SELECT position FROM entries WHERE event_time < ? AND "
                                   "position NOT IN (SELECT position FROM latest_watermarks) ORDER BY event_time LIMIT ?)");
        deletion.bind(1, static_cast<std::int64_t>(to_micros(before)));
        deletion.bind(2, static_cast<std::int64_t>(limit));
        return static_cast<std::size_t>(deletion.exec());
    } catch (const SQLite::Exception& exception) {
        return Error{"the signal log " + state_->path + " cannot be shortened: " + exception.what()};
    }
}

}  // namespace culprit
