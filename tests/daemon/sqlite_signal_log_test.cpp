#include "daemon/signal_log/sqlite_signal_log.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "temporary_folder.h"

namespace culprit {
namespace {

const InputPartition kInput{SourceType::kafka, "app-logs", 3};

LogEntry tally(const std::string& constraint, std::uint64_t count, std::int64_t second = 1'000) {
    Tally tally;
    tally.key = {{"production", "shop", "unique_violation", constraint},
                 "checkout",
                 std::chrono::sys_seconds{std::chrono::seconds{second}},
                 Side::application};
    tally.count = count;
    tally.first = tally.last = EventTime{std::chrono::seconds{second}};
    return tally;
}

LogEntry watermark(std::int64_t second, bool idle = false) {
    return WatermarkUpdate{kInput, EventTime{std::chrono::seconds{second}}, idle, {}};
}

LogBatch batch(std::vector<LogEntry> entries, std::int64_t next) {
    return {std::move(entries), kInput, Offset{next}, "identity"};
}

std::unique_ptr<SqliteSignalLog> open_log(const std::string& path) {
    auto log = SqliteSignalLog::open(path);
    EXPECT_TRUE(log.ok()) << (log.ok() ? "" : log.error().message);
    return log.ok() ? std::move(log).value() : nullptr;
}

std::vector<LogPosition> append(SqliteSignalLog& log, const LogBatch& added) {
    const auto positions = log.append(std::span(&added, 1));
    EXPECT_TRUE(positions.ok()) << (positions.ok() ? "" : positions.error().message);
    return positions.ok() ? positions.value() : std::vector<LogPosition>{};
}

std::vector<std::pair<std::int64_t, LogEntry>> contents(SqliteSignalLog& log) {
    std::vector<std::pair<std::int64_t, LogEntry>> entries;
    const auto read = log.read(LogPosition{0},
                               [&](const LogEntry& entry, LogPosition position) { entries.emplace_back(position.value, entry); });
    EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
    return entries;
}

class SqliteSignalLogTest : public testing::Test {
   protected:
    TemporaryFolder folder_;
    std::string path_ = folder_.file("signals.db");
};

TEST_F(SqliteSignalLogTest, EntriesComeBackInOrderAtThePositionsTheyWereGiven) {
    auto log = open_log(path_);
    const auto positions = append(*log, batch({tally("a", 3), watermark(1'000)}, 7));
    ASSERT_EQ(positions.size(), 2U);
    EXPECT_LT(positions[0], positions[1]);
    const auto entries = contents(*log);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].first, positions[0].value);
    EXPECT_EQ(std::get<Tally>(entries[0].second).count, 3U);
    EXPECT_EQ(std::get<WatermarkUpdate>(entries[1].second).watermark, EventTime{std::chrono::seconds{1'000}});
}

TEST_F(SqliteSignalLogTest, ALogOfTheVersionBeforeIsReadAndWrittenOn) {
    append(*open_log(path_), batch({watermark(1'000)}, 7));
    {
        SQLite::Database old(path_, SQLite::OPEN_READWRITE);
        old.exec("UPDATE meta SET value = 1 WHERE key = 'schema'");
        SQLite::Statement entry(old, "INSERT INTO entries (kind, event_time, payload) VALUES ('tally', 1000000000, ?)");
        entry.bind(1, encode(tally("a", 3)));
        entry.exec();
    }
    auto log = open_log(path_);
    ASSERT_TRUE(log);
    append(*log, batch({tally("b", 4)}, 8));
    const auto entries = contents(*log);
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(std::get<Tally>(entries[1].second).key.fingerprint.name, "a");
    EXPECT_EQ(std::get<Tally>(entries[2].second).key.fingerprint.name, "b");
    SQLite::Database now(path_, SQLite::OPEN_READONLY);
    EXPECT_EQ(now.execAndGet("SELECT value FROM meta WHERE key = 'schema'").getInt(), 2) << "an older culprit says so";
}

TEST_F(SqliteSignalLogTest, WhatWasAppendedSurvivesAKillWithoutAGoodbye) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto log = SqliteSignalLog::open(path_);
        if (!log || !log.value()->append(std::vector{batch({tally("a", 3)}, 7)})) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child could not write the log";
    auto log = open_log(path_);
    EXPECT_EQ(contents(*log).size(), 1U);
    const auto offsets = log->offsets();
    ASSERT_TRUE(offsets.ok());
    EXPECT_EQ(offsets.value().at(kInput).next.value, 7);
    EXPECT_EQ(offsets.value().at(kInput).identity, "identity");
}

TEST_F(SqliteSignalLogTest, PositionsAreNeverUsedAgainEvenOfADeletedTail) {
    auto log = open_log(path_);
    const auto before = append(*log, batch({tally("a", 1, 1'000), tally("b", 1, 1'000)}, 7));
    ASSERT_EQ(log->forget(EventTime{std::chrono::seconds{2'000}}, 100).value(), 2U);
    ASSERT_TRUE(contents(*log).empty());
    log.reset();
    log = open_log(path_);
    EXPECT_GT(append(*log, batch({tally("c", 1)}, 8)).at(0), before.at(1));
}

TEST_F(SqliteSignalLogTest, EntriesAndOffsetAreWrittenTogetherOrNotAtAll) {
    auto log = open_log(path_);
    append(*log, batch({tally("a", 1)}, 7));
    {
        // The offset of the second batch cannot be written: neither its entry nor the first batch may stay.
        SQLite::Database other(path_, SQLite::OPEN_READWRITE);
        other.exec("CREATE TRIGGER refuse BEFORE INSERT ON offsets WHEN NEW.next = 13 BEGIN SELECT RAISE(ABORT, 'refused'); END");
    }
    EXPECT_FALSE(log->append(std::vector{batch({tally("b", 1)}, 9), batch({tally("c", 1)}, 13)}).ok());
    EXPECT_EQ(contents(*log).size(), 1U);
    EXPECT_EQ(log->offsets().value().at(kInput).next.value, 7);
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("DROP TRIGGER refuse");
    EXPECT_TRUE(log->append(std::vector{batch({tally("b", 1)}, 9), batch({tally("c", 1)}, 13)}).ok())
        << "the same call may be tried again";
    EXPECT_EQ(contents(*log).size(), 3U);
    EXPECT_EQ(log->offsets().value().at(kInput).next.value, 13);
}

TEST_F(SqliteSignalLogTest, KeysOfRequestsAreWrittenWithTheirEntriesAndForgottenAsAsked) {
    const std::string name("a\0b, sixteen byte", 16);
    {
        auto log = open_log(path_);
        LogBatch taken = batch({tally("a", 3)}, 7);
        taken.keys.added = {{name, 0xFFFF'FFFF'FFFF'FFFFU, 1'000}, {"older", 2, 900}};
        append(*log, taken);
        SQLite::Database(path_, SQLite::OPEN_READWRITE)
            .exec("CREATE TRIGGER full BEFORE INSERT ON request_keys WHEN NEW.body = 13 BEGIN SELECT RAISE(ABORT, 'full'); END");
        taken.keys.added = {{"third", 13, 1'001}};
        EXPECT_FALSE(log->append(std::span(&taken, 1)).ok());
        EXPECT_EQ(contents(*log).size(), 1U) << "the entry stands without its key: a repetition would count it twice";
    }
    auto log = open_log(path_);
    auto keys = log->request_keys();
    ASSERT_TRUE(keys.ok());
    ASSERT_EQ(keys.value().size(), 2U);
    EXPECT_EQ(keys.value()[0].name, "older");
    EXPECT_EQ(keys.value()[1].name, name);
    EXPECT_EQ(keys.value()[1].body, 0xFFFF'FFFF'FFFF'FFFFU);
    LogBatch next = batch({}, 8);
    next.keys.forgotten = {"older"};
    append(*log, next);
    EXPECT_EQ(log->request_keys().value().size(), 1U);
}

TEST_F(SqliteSignalLogTest, CanBeReadBesideTheDaemonThatWritesItAndNotWritten) {
    const auto writer = open_log(path_);
    append(*writer, batch({tally("orders_pkey", 3)}, 7));
    const auto reader = SqliteSignalLog::open_read_only(path_);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ(reader.value()->epoch(), writer->epoch());
    EXPECT_EQ(contents(*reader.value()).size(), 1u);
    append(*writer, batch({tally("orders_pkey", 1, 1'001)}, 9));
    EXPECT_EQ(contents(*reader.value()).size(), 2u);
    const LogBatch more = batch({tally("orders_pkey", 5)}, 11);
    EXPECT_FALSE(reader.value()->append(std::span(&more, 1)).ok());
    EXPECT_EQ(contents(*writer).size(), 2u);
    EXPECT_FALSE(SqliteSignalLog::open_read_only(folder_.file("none.db")).ok()) << "nothing is created";
}

TEST_F(SqliteSignalLogTest, ASecondCulpritIsRefusedWhileTheFirstRuns) {
    auto log = open_log(path_);
    const auto second = SqliteSignalLog::open(path_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().message,
              "the signal log " + path_ + " cannot be opened: another culprit is running on it; stop that one first");
    log.reset();
    EXPECT_TRUE(SqliteSignalLog::open(path_).ok());
}

TEST_F(SqliteSignalLogTest, AFileThatIsNoSignalLogIsRefused) {
    folder_.write("signals.db", std::string(8'192, 'x'));
    const auto log = SqliteSignalLog::open(path_);
    ASSERT_FALSE(log.ok());
    EXPECT_NE(log.error().message.find("file is not a database"), std::string::npos) << log.error().message;
}

TEST_F(SqliteSignalLogTest, ALogMadeAnewOutranksTheOneBeforeIt) {
    auto version = [](const SqliteSignalLog& log, LogPosition position) { return (log.epoch() << 40) + position.value; };
    auto log = open_log(path_);
    const auto old = version(*log, append(*log, batch({tally("a", 1), tally("b", 1)}, 7)).back());
    const auto epoch = log->epoch();
    log.reset();
    EXPECT_EQ(open_log(path_)->epoch(), epoch) << "opening it again is not making it anew";
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + suffix);
    std::this_thread::sleep_for(std::chrono::milliseconds{1'100});  // births are told apart by the second
    log = open_log(path_);
    EXPECT_GT(version(*log, append(*log, batch({tally("a", 1)}, 7)).back()), old);
}

TEST_F(SqliteSignalLogTest, ForgettingKeepsEachPartitionsLastWatermark) {
    auto log = open_log(path_);
    append(*log, batch({tally("a", 1, 1'000), watermark(1'000), watermark(1'001), tally("b", 1, 5'000)}, 7));
    EXPECT_EQ(log->forget(EventTime{std::chrono::seconds{4'000}}, 100).value(), 2U);
    const auto entries = contents(*log);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(std::get<WatermarkUpdate>(entries[0].second).watermark, EventTime{std::chrono::seconds{1'001}});
    EXPECT_EQ(std::get<Tally>(entries[1].second).key.fingerprint.name, "b");
}

}  // namespace
}  // namespace culprit
