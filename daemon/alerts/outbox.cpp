#include "daemon/alerts/outbox.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <nlohmann/json.hpp>

namespace culprit {
namespace {

constexpr const char* kTable = R"(CREATE TABLE IF NOT EXISTS outbox (
    receiver TEXT NOT NULL, incident TEXT NOT NULL, sequence INTEGER NOT NULL, event INTEGER NOT NULL, delivered INTEGER NOT NULL,
    labels TEXT NOT NULL, substance TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (receiver, incident)) WITHOUT ROWID)";

std::int64_t microseconds(EventTime time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

struct Outbox::State {
    explicit State(const std::string& file) : path(file), database(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5'000) {
        database.exec("PRAGMA journal_mode=WAL");
        database.exec("PRAGMA synchronous=FULL");
        database.exec(kTable);
    }
    Error failed(const SQLite::Exception& error) const { return Error{"the outbox of alerts in " + path + ": " + error.what()}; }

    const std::string path;
    SQLite::Database database;
};

Outbox::Outbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Outbox::~Outbox() = default;

Result<std::unique_ptr<Outbox>> Outbox::open(const std::string& path) {
    try {
        return std::unique_ptr<Outbox>(new Outbox(std::make_unique<State>(path)));
    } catch (const SQLite::Exception& error) {
        return Error{"the outbox of alerts in " + path + " cannot be opened: " + error.what()};
    }
}

Result<std::vector<Told>> Outbox::told(const std::string& receiver) try {
    std::vector<Told> all;
    SQLite::Statement query(state_->database,
                            "SELECT incident, sequence, event, delivered, labels, substance, at FROM outbox WHERE receiver = ?");
    query.bind(1, receiver);
    while (query.executeStep()) {
        Told told;
        told.incident = query.getColumn(0).getString();
        told.sequence = static_cast<std::uint64_t>(query.getColumn(1).getInt64());
        told.event = static_cast<AlertEvent>(query.getColumn(2).getInt());
        told.delivered = query.getColumn(3).getInt() != 0;
        told.labels = nlohmann::json::parse(query.getColumn(4).getString()).get<std::map<std::string, std::string>>();
        told.substance = query.getColumn(5).getString();
        told.at = EventTime{std::chrono::microseconds{query.getColumn(6).getInt64()}};
        all.push_back(std::move(told));
    }
    return all;
} catch (const SQLite::Exception& error) {
    return state_->failed(error);
} catch (const nlohmann::json::exception& error) {
    return Error{"the outbox of alerts in " + state_->path + " is damaged: " + error.what()};
}

Result<Done> Outbox::put(const std::string& receiver, const std::vector<Told>& told) try {
    SQLite::Transaction transaction(state_->database);
    SQLite::Statement insert(state_->database, "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Told& each : told) {
        insert.reset();
        insert.bind(1, receiver);
        insert.bind(2, each.incident);
        insert.bind(3, static_cast<std::int64_t>(each.sequence));
        insert.bind(4, static_cast<int>(each.event));
        insert.bind(5, each.delivered ? 1 : 0);
        insert.bind(6, nlohmann::json(each.labels).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        insert.bind(7, each.substance);
        insert.bind(8, microseconds(each.at));
        insert.exec();
    }
    transaction.commit();
    return Done{};
} catch (const SQLite::Exception& error) {
    return state_->failed(error);
}

Result<Done> Outbox::forget(const std::string& receiver, EventTime before) try {
    SQLite::Statement remove(state_->database, "DELETE FROM outbox WHERE receiver = ? AND event = ? AND at < ?");
    remove.bind(1, receiver);
    remove.bind(2, static_cast<int>(AlertEvent::resolved));
    remove.bind(3, microseconds(before));
    remove.exec();
    return Done{};
} catch (const SQLite::Exception& error) {
    return state_->failed(error);
}

}  // namespace culprit
