#include "daemon/pipeline.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "temporary_folder.h"

namespace culprit {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const InputPartition kInput{SourceType::kafka, "app-logs", 0};
const EventTime kMorning{std::chrono::sys_days{std::chrono::year{2026} / 2 / 1} + std::chrono::hours{10}};

/// A stream of `total` duplicate keys, one a second; offset i is the i-th. Goes on where the log says.
class FakeSource final : public Source {
   public:
    explicit FakeSource(std::int64_t total, std::int64_t per_batch = 7, bool with_dead_letters = false)
        : total_(total), per_batch_(per_batch), with_dead_letters_(with_dead_letters) {}
    std::string_view name() const override { return "fake"; }
    void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) override {
        const auto known = resume.find(kInput);
        next_ = known == resume.end() ? 0 : known->second.next.value;
        began_at = next_;
        thread_ = std::jthread([this, &queue](std::stop_token stop) {
            while (!stop.stop_requested() && next_ < total_) {
                CommitRequest request = make();
                while (!queue.push(request, milliseconds{20})) {
                    if (stop.stop_requested()) return;
                }
                next_ = request_next_;
                std::this_thread::sleep_for(milliseconds{2});  // so that a life can end in the middle
            }
            exhausted_ = next_ >= total_;
        });
    }
    void stop() override {
        thread_.request_stop();
        if (thread_.joinable()) thread_.join();
    }
    bool exhausted() const override { return exhausted_; }
    std::string trouble() const override { return {}; }
    std::string failure() const override { return fails ? "the fake source gave up" : ""; }
    void committed(const InputPartition&, Offset next) override { committed_to = next.value; }

    std::int64_t began_at = 0;
    std::atomic<std::int64_t> committed_to = 0;
    std::atomic<bool> fails = false;

   private:
    CommitRequest make() {
        CommitRequest request;
        request.batch.input = kInput;
        request_next_ = std::min(total_, next_ + per_batch_);
        request.batch.next = Offset{request_next_};
        for (std::int64_t offset = next_; offset < request_next_; ++offset) {
            Signal signal;
            signal.time = kMorning + seconds{offset};
            signal.kind = "unique_violation";
            signal.sqlstate = "23505";
            signal.objects.push_back({"constraint", "public", "orders_pkey", "", "orders_pkey", "", "orders"});
            signal.scope = {"production", "shop", "checkout", "", ""};
            signal.source = {kInput, Offset{offset}, std::nullopt};
            request.batch.signals.push_back(signal);
            request.batch.counters.records += 1;
            if (with_dead_letters_)
                request.batch.dead_letters.push_back(
                    {{kInput, Offset{offset}, std::nullopt}, "broken_json", "not JSON", 1, "raw"});
        }
        request.batch.watermark = {kInput, kMorning + seconds{request_next_ - 1}, request_next_ == total_, {}};
        return request;
    }

    const std::int64_t total_, per_batch_;
    const bool with_dead_letters_;
    std::atomic<std::int64_t> next_ = 0;
    std::int64_t request_next_ = 0;
    std::atomic<bool> exhausted_ = false;
    std::jthread thread_;
};

/// Keeps the newest revision of each incident, as a real sink does.
class FakeSink final : public Sink {
   public:
    explicit FakeSink(std::map<std::string, IncidentDocument>& documents) : documents_(documents) {}
    std::string_view name() const override { return "fake"; }
    void offer(const std::vector<IncidentDocument>& revisions) override {
        for (const IncidentDocument& revision : revisions) documents_.insert_or_assign(revision.id, revision);
    }
    std::size_t pending() const override { return 0; }
    SinkHealth health() const override { return {true, "ok"}; }
    std::size_t drain(milliseconds) override { return 0; }

   private:
    std::map<std::string, IncidentDocument>& documents_;
};

class PipelineTest : public testing::Test {
   protected:
    /// One life of a daemon on this log: until the log has got to `until`, or `done` says so.
    Result<Done> live(std::unique_ptr<FakeSource> fake, std::function<bool(FakeSource&, Pipeline&)> done) {
        auto log = SqliteSignalLog::open(path_);
        if (!log) return log.error();
        CorrelationSettings correlation;
        correlation.epoch = log.value()->epoch();
        auto dead_letters = DeadLetters::open({folder_.file("dead.ndjson"), "", {}, {}, false});
        Telemetry telemetry;
        FakeSource& source = *fake;
        std::vector<std::unique_ptr<Source>> sources;
        sources.push_back(std::move(fake));
        Sinks sinks;
        sinks.push_back(std::make_unique<FakeSink>(documents_));
        PipelineSettings settings;
        settings.queue = 2;
        settings.retry = milliseconds{50};
        settings.stop_patience = milliseconds{500};
        LocalFold fold(*log.value(), correlation, sinks, telemetry, std::chrono::days{7});
        Pipeline pipeline({*log.value(), &fold, *dead_letters.value(), telemetry, sources, sinks}, settings);
        if (const auto recovered = pipeline.recover(); !recovered) return recovered;
        std::stop_source stop;
        std::jthread watcher([&] {
            const auto until = WallClock::now() + seconds{20};
            while (!done(source, pipeline) && WallClock::now() < until) std::this_thread::sleep_for(milliseconds{2});
            stop.request_stop();
        });
        auto result = pipeline.run(stop.get_token());
        watcher.join();
        exposition_ = telemetry.expose();
        return result;
    }
    Result<Done> live_until(std::int64_t offset, std::int64_t total, bool with_dead_letters = false) {
        return live(std::make_unique<FakeSource>(total, 7, with_dead_letters),
                    [offset](FakeSource& source, Pipeline&) { return source.committed_to >= offset; });
    }
    std::uint64_t counted() {
        std::uint64_t count = 0;
        auto log = SqliteSignalLog::open(path_);
        const auto read = log.value()->read(LogPosition{0}, [&](const LogEntry& entry, LogPosition) {
            if (const auto* tally = std::get_if<Tally>(&entry)) count += tally->count;
        });
        EXPECT_TRUE(read.ok());
        return count;
    }

    TemporaryFolder folder_;
    std::string path_ = folder_.file("signals.db");
    std::map<std::string, IncidentDocument> documents_;
    std::string exposition_;
};

TEST_F(PipelineTest, EverySignalIsCountedOnceOverAnyNumberOfStopsAndStarts) {
    for (const std::int64_t until : {30, 61, 62, 140}) {
        const auto lived = live_until(until, 200);
        ASSERT_TRUE(lived.ok()) << lived.error().message;
    }
    ASSERT_TRUE(live_until(200, 200).ok());
    EXPECT_EQ(counted(), 200U);
}

TEST_F(PipelineTest, WhatAPersonSaysIsInTheLogWhenTheyAreToldSo) {
    OperatorNote note;
    note.problem_kind = "unique_violation";
    note.problem_name = "orders_pkey";
    note.moment = kMorning + seconds{3};
    note.time = kMorning + seconds{60};
    note.author = "ann";
    std::atomic<bool> said = false, told = false;
    std::string problem = "never told";
    const auto lived = live(std::make_unique<FakeSource>(14), [&](FakeSource& source, Pipeline& pipeline) {
        if (source.committed_to >= 14 && !said.exchange(true))
            pipeline.submit(note, [&](const std::string& what) {
                problem = what;
                told = true;
            });
        return told.load();
    });
    ASSERT_TRUE(lived.ok()) << lived.error().message;
    EXPECT_EQ(problem, "");
    ASSERT_EQ(documents_.size(), 1U);
    EXPECT_NE(documents_.begin()->second.json.find(R"("acknowledged_by":"ann")"), std::string::npos);
    documents_.clear();
    ASSERT_TRUE(live(std::make_unique<FakeSource>(14), [](FakeSource&, Pipeline&) { return true; }).ok());  // folds it again
    ASSERT_EQ(documents_.size(), 1U);
    EXPECT_NE(documents_.begin()->second.json.find(R"("acknowledged_by":"ann")"), std::string::npos);
}

TEST_F(PipelineTest, WhoSpeaksWhileItStopsIsToldThatNothingIsRecorded) {
    std::string problem;
    NoteInbox inbox;
    inbox.close();
    inbox.put({}, [&](const std::string& what) { problem = what; });
    EXPECT_EQ(problem, "culprit is stopping or busy; try again");
}

TEST_F(PipelineTest, TheIncidentsAreThoseOfAnUninterruptedRun) {
    ASSERT_TRUE(live_until(200, 200).ok());
    const auto whole = documents_;
    ASSERT_EQ(whole.size(), 1U);
    documents_.clear();
    std::filesystem::remove(path_);
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    for (const std::int64_t until : {50, 120, 200}) ASSERT_TRUE(live_until(until, 200).ok());
    ASSERT_EQ(documents_.size(), 1U);
    EXPECT_EQ(documents_.begin()->first, whole.begin()->first);
    EXPECT_NE(documents_.begin()->second.json.find("\"count\":200"), std::string::npos) << documents_.begin()->second.json;
    EXPECT_NE(whole.begin()->second.json.find("\"count\":200"), std::string::npos);
}

TEST_F(PipelineTest, AfterARestartEveryIncidentIsOfferedAgainBeforeAnythingNewIsRead) {
    ASSERT_TRUE(live_until(200, 200).ok());
    const auto before = documents_;
    documents_.clear();
    ASSERT_TRUE(live(std::make_unique<FakeSource>(200), [](FakeSource& source, Pipeline&) { return source.exhausted(); }).ok());
    ASSERT_EQ(documents_.size(), before.size());
    EXPECT_EQ(documents_.begin()->second.json, before.begin()->second.json) << "its version included";
}

TEST_F(PipelineTest, WhileTheLogCannotBeWrittenNothingIsLostAndReadinessSaysWhy) {
    std::atomic<int> stage = 0;
    std::string said;
    {
        auto log = SqliteSignalLog::open(path_);  // makes its tables
        ASSERT_TRUE(log.ok());
    }
    SQLite::Database(path_, SQLite::OPEN_READWRITE)
        .exec("CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    const auto lived = live(std::make_unique<FakeSource>(100), [&](FakeSource& source, Pipeline& pipeline) {
        const Readiness readiness = pipeline.readiness();
        if (stage == 0 && readiness.text.find("disk full") != std::string::npos) {
            said = readiness.text;
            EXPECT_FALSE(readiness.ready);
            EXPECT_EQ(source.committed_to, 0);
            SQLite::Database(path_, SQLite::OPEN_READWRITE, 5'000).exec("DROP TRIGGER full");
            stage = 1;
        }
        return source.committed_to >= 100;
    });
    EXPECT_TRUE(lived.ok()) << lived.error().message;
    EXPECT_EQ(stage, 1);
    EXPECT_EQ(counted(), 100U);
}

TEST_F(PipelineTest, ALogThatStaysUnwritableEndsTheStopWithAReason) {
    ASSERT_TRUE(SqliteSignalLog::open(path_).ok());
    SQLite::Database(path_, SQLite::OPEN_READWRITE)
        .exec("CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    const auto lived = live(std::make_unique<FakeSource>(100), [](FakeSource&, Pipeline& pipeline) {
        return pipeline.readiness().text.find("disk full") != std::string::npos;
    });
    ASSERT_FALSE(lived.ok());
    EXPECT_NE(lived.error().message.find("disk full; what is missing is read again at the next start"), std::string::npos)
        << lived.error().message;
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("DROP TRIGGER full");
    ASSERT_TRUE(live_until(100, 100).ok());
    EXPECT_EQ(counted(), 100U);
}

TEST_F(PipelineTest, ASourceThatGivesUpStopsTheDaemonWithItsReasonAfterWhatItReadIsSafe) {
    const auto lived = live(std::make_unique<FakeSource>(100), [](FakeSource& source, Pipeline&) {
        if (source.committed_to >= 100) source.fails = true;
        return false;
    });
    ASSERT_FALSE(lived.ok());
    EXPECT_EQ(lived.error().message, "the fake source gave up");
    EXPECT_EQ(counted(), 100U);
}

TEST_F(PipelineTest, DeadLettersAreInTheirFileAndTheRecordsAreCountedWhenTheirBatchIsInTheLog) {
    ASSERT_TRUE(live_until(20, 20, true).ok());
    std::ifstream file(folder_.file("dead.ndjson"));
    std::string first;
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        if (lines == 0) first = line;
    }
    EXPECT_EQ(lines, 20U);
    EXPECT_EQ(
        first,
        R"({"reason":"broken_json","explanation":"not JSON","hash":"0000000000000001","source":{"type":"kafka","name":"app-logs","partition":0,"offset":0}})");
    EXPECT_NE(exposition_.find("culprit_records_total{source=\"kafka\"} 20"), std::string::npos) << exposition_;
}

TEST_F(PipelineTest, TheQuietAfterTheLastRecordMovesTheFoldsClockOn) {
    ASSERT_TRUE(live(std::make_unique<FakeSource>(7), [since = WallClock::now()](FakeSource&, Pipeline&) {
                    return WallClock::now() - since >= milliseconds{2'600};
                }).ok());
    auto log = SqliteSignalLog::open(path_);
    EventTime latest{};
    int updates = 0;
    ASSERT_TRUE(log.value()
                    ->read(LogPosition{0},
                           [&](const LogEntry& entry, LogPosition) {
                               if (const auto* update = std::get_if<WatermarkUpdate>(&entry)) {
                                   latest = update->watermark;
                                   ++updates;
                               }
                           })
                    .ok());
    EXPECT_GE(latest, kMorning + seconds{6 + 2});
    EXPECT_LE(latest, kMorning + seconds{6 + 3});
    EXPECT_LE(updates, 4) << "at most once a second";
}

}  // namespace
}  // namespace culprit
