#include "daemon/sources/file_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "daemon/pending_batches.h"
#include "matchers/log_entry.h"
#include "matchers/recognition.h"
#include "temporary_folder.h"

namespace culprit {
namespace {

using std::chrono::milliseconds;

const Recognition& recognition() {
    static const auto loaded = Recognition::load({}, {RedactedValues::hash, "key"});
    return *loaded.value();
}

std::string line(const std::string& constraint) {
    return R"({"@timestamp":"2026-02-01T10:00:00.000Z","level":"error","message":"duplicate key value violates unique constraint \")" +
           constraint + R"(\"","service":"checkout"})" + "\n";
}

/// Reads with a FileSource into what a signal log would hold: the constraints named, and where each path goes on.
class FileSourceTest : public testing::Test {
   protected:
    void start(std::vector<std::string> paths, bool follow, StartPoint::From from = StartPoint::From::earliest) {
        FileSourceSettings settings;
        settings.paths = std::move(paths);
        settings.follow = follow;
        settings.start.from = from;
        queue_ = std::make_unique<BoundedQueue<CommitRequest>>(100);
        source_ = std::make_unique<FileSource>(recognition(), settings, 2);
        source_->start(points_, *queue_);
    }
    void take(CommitRequest request) {
        for (const Signal& signal : request.batch.signals) {
            names_.push_back(signal.objects.empty() ? signal.message : signal.objects.front().name);
            lines_.push_back(signal.source.line.value_or(0));
        }
        records_ += request.batch.counters.records;
        points_[request.batch.input] = {request.batch.next, request.identity};
    }
    /// Until `done`, at most ten seconds.
    template <class Done>
    bool take_until(Done done) {
        const auto until = WallClock::now() + milliseconds{10'000};
        while (!done() && WallClock::now() < until) {
            if (auto request = queue_->pop(milliseconds{20})) take(std::move(*request));
        }
        return done();
    }
    bool take_signals(std::size_t count) {
        return take_until([&] { return names_.size() >= count; });
    }
    void stop() {
        source_->stop();
        while (auto request = queue_->pop(milliseconds{0})) take(std::move(*request));
    }
    void read_to_end() {
        take_until([&] { return source_->exhausted() && queue_->size() == 0; });
        stop();
    }
    /// No more than there should be, even if it had time to come.
    void settle() {
        const auto until = WallClock::now() + milliseconds{1'500};
        take_until([&] { return WallClock::now() >= until; });
    }

    using Names = std::vector<std::string>;
    TemporaryFolder folder_;
    ResumePoints points_;
    Names names_;
    std::vector<std::uint64_t> lines_;
    std::uint64_t records_ = 0;
    std::unique_ptr<BoundedQueue<CommitRequest>> queue_;
    std::unique_ptr<FileSource> source_;
};

TEST_F(FileSourceTest, AFileIsReadToItsEndAndALastLineWithoutALineBreakCounts) {
    std::string text = line("a_key") + line("b_key");
    text.pop_back();
    start({folder_.write("app.log", text)}, false);
    read_to_end();
    EXPECT_EQ(names_, (Names{"a_key", "b_key"}));
    EXPECT_EQ(lines_, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(records_, 2U);
    EXPECT_EQ(source_->trouble(), "");
}

TEST_F(FileSourceTest, AFileThatWasReadIsNotReadAgainAndWhatWasAppendedIs) {
    const std::string path = folder_.write("app.log", line("a_key"));
    start({path}, false);
    read_to_end();
    folder_.append("app.log", line("b_key"));
    start({path}, false);
    read_to_end();
    EXPECT_EQ(names_, (Names{"a_key", "b_key"}));
    EXPECT_EQ(lines_.back(), 2U) << "lines are counted from the file's beginning";
    EXPECT_EQ(records_, 2U);
}

TEST_F(FileSourceTest, AFolderIsReadAndWhatCannotBeReadIsSaidWithoutHidingTheRest) {
    folder_.write("a.log", line("a_key"));
    folder_.write("b.log.gz", "\x1f\x8b broken");
    start({folder_.path()}, false);
    read_to_end();
    EXPECT_EQ(names_, Names{"a_key"});
    EXPECT_EQ(source_->trouble(), folder_.file("b.log.gz") + " cannot be read: its gzip stream is damaged");
}

TEST_F(FileSourceTest, APartialLastLineWaitsForItsLineBreak) {
    const std::string text = line("a_key");
    const std::string path = folder_.write("app.log", text.substr(0, 60));
    start({path}, true);
    settle();
    EXPECT_EQ(names_, Names{});
    folder_.append("app.log", text.substr(60));
    EXPECT_TRUE(take_signals(1));
    stop();
    EXPECT_EQ(names_, Names{"a_key"});
    EXPECT_EQ(records_, 1U);
}

TEST_F(FileSourceTest, ARenamedFileIsReadToItsEndBeforeTheNewOne) {
    const std::string path = folder_.write("app.log", line("a_key"));
    start({path}, true);
    ASSERT_TRUE(take_signals(1));
    std::filesystem::rename(path, folder_.file("app.log.1"));
    folder_.append("app.log.1", line("b_key"));
    folder_.write("app.log", line("c_key"));
    EXPECT_TRUE(take_signals(3));
    settle();
    stop();
    EXPECT_EQ(names_, (Names{"a_key", "b_key", "c_key"}));
}

TEST_F(FileSourceTest, ARenamedFileWhoseNewNameIsFollowedTooIsNotReadTwice) {
    const std::string path = folder_.write("app.log", line("a_key"));
    start({folder_.file("app.log*")}, true);
    ASSERT_TRUE(take_signals(1));
    std::filesystem::rename(path, folder_.file("app.log.1"));
    folder_.write("app.log", line("b_key"));
    EXPECT_TRUE(take_signals(2));
    settle();
    settle();
    stop();
    EXPECT_EQ(names_, (Names{"a_key", "b_key"}));
}

TEST_F(FileSourceTest, AFileThatWasCutOffIsReadFromItsBeginning) {
    const std::string path = folder_.write("app.log", line("a_key") + line("b_key"));
    start({path}, true);
    ASSERT_TRUE(take_signals(2));
    folder_.write("app.log", line("c_key"));  // as copytruncate does: the same inode
    EXPECT_TRUE(take_signals(3));
    settle();
    stop();
    EXPECT_EQ(names_, (Names{"a_key", "b_key", "c_key"}));
}

TEST_F(FileSourceTest, WhatWasRotatedAwayWhileNobodyReadIsReadAfterwards) {
    const std::string path = folder_.write("app.log", line("a_key"));
    start({path}, true);
    ASSERT_TRUE(take_signals(1));
    stop();
    folder_.append("app.log", line("b_key"));
    std::filesystem::rename(path, folder_.file("app.log.1"));
    folder_.write("app.log", line("c_key"));
    start({path}, true);
    EXPECT_TRUE(take_signals(3));
    settle();
    stop();
    EXPECT_EQ(names_, (Names{"a_key", "b_key", "c_key"}));
}

TEST_F(FileSourceTest, LatestBeginsBehindWhatIsThereAtTheFirstStart) {
    const std::string path = folder_.write("app.log", line("a_key"));
    start({path}, true, StartPoint::From::latest);
    ASSERT_TRUE(take_until([&] { return !points_.empty(); }));
    folder_.append("app.log", line("b_key"));
    EXPECT_TRUE(take_signals(1));
    stop();
    EXPECT_EQ(names_, Names{"b_key"});
}

TEST_F(FileSourceTest, AnyNumberOfRestartsCountsEveryLineOnce) {
    const std::string path = folder_.write("app.log", "");
    std::size_t written = 0;
    for (int round = 0; round < 4; ++round) {
        start({path}, true);
        for (int i = 0; i < 50; ++i) folder_.append("app.log", line("key_" + std::to_string(written++)));
        if (round % 2 == 0) take_signals(written - 20);
        stop();
    }
    start({path}, true);
    EXPECT_TRUE(take_signals(written));
    stop();
    EXPECT_EQ(records_, written);
    ASSERT_EQ(names_.size(), written);
    for (std::size_t i = 0; i < written; ++i) EXPECT_EQ(names_[i], "key_" + std::to_string(i));
}

TEST_F(FileSourceTest, AQuietFileBecomesIdleAndSaysSoOnce) {
    const std::string path = folder_.write("app.log", line("a_key"));
    start({path}, true);
    int idle = 0;
    const auto until = WallClock::now() + milliseconds{4'000};
    while (WallClock::now() < until) {
        if (const auto request = queue_->pop(milliseconds{50})) idle += request->batch.watermark.idle ? 1 : 0;
    }
    stop();
    EXPECT_EQ(idle, 1);
}

/// What a file says, apart from its name: each batch's cut and counters, and its signals.
std::vector<std::string> said_by(const std::string& path, std::size_t helpers) {
    FileSourceSettings settings;
    settings.paths = {path};
    BoundedQueue<CommitRequest> queue(1'000);
    FileSource source(recognition(), settings, 1, helpers);
    source.start({}, queue);
    std::vector<std::string> said;
    MatcherCounters counters;
    CommitRequest all;
    const auto until = WallClock::now() + milliseconds{60'000};
    while (WallClock::now() < until) {
        const bool exhausted = source.exhausted();
        auto request = queue.pop(milliseconds{20});
        if (!request && exhausted) break;
        if (!request) continue;
        for (Signal& signal : request->batch.signals) {
            signal.source.input.name.clear();
            said.push_back(to_json_line(signal));
        }
        for (const DeadLetter& letter : request->batch.dead_letters)
            said.push_back(letter.reason + " at line " + std::to_string(letter.source.line.value_or(0)));
        request->batch.signals.clear();
        merge(all, std::move(*request));
    }
    source.stop();
    counters = all.batch.counters;
    said.push_back("next " + std::to_string(all.batch.next.value) + ", watermark " +
                   std::to_string(to_micros(all.batch.watermark.watermark)));
    for (const auto count :
         {counters.records, counters.bytes, counters.filter_passes, counters.decoded, counters.undecodable, counters.unmatched})
        said.back() += ' ' + std::to_string(count);
    return said;
}

TEST_F(FileSourceTest, AFileSaysTheSameReadBySeveralThreadsAndCompressed) {
    // Entries of several lines, whose parts fall to either side of the blocks' cuts.
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i) {
        const std::string prefix = "2026-02-01 10:" + std::to_string(10 + i / 1'000 % 50) + ":" +
                                   std::to_string(10 + i / 20 % 50) + ".000 UTC [" + std::to_string(70 + i % 5) + "] app@shop ";
        text += prefix + "LOG:  duration: " + std::to_string(i % 1'013) + ".5 ms  statement: SELECT " +
                std::string(static_cast<std::size_t>(i) % 400, '1') + "\n";
        if (i % 40 != 0) continue;
        text += prefix + "ERROR:  duplicate key value violates unique constraint \"k" + std::to_string(i % 7) + "\"\n" + prefix +
                "DETAIL:  Key (id)=(" + std::to_string(i) + ") already exists.\n";
        if (i % 80 == 0) text += prefix + "STATEMENT:  INSERT INTO t\n\tVALUES ($1)\n";
        if (i % 120 == 0) text += "{\"msg\":\"violates unique constraint \\\"cut\n";
        text += line("a_key") + "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError\n";
    }
    text += "2026-02-01 11:00:00.000 UTC [70] app@shop ERROR:  deadlock detected";
    const std::string path = folder_.write("server.log", text);
    ASSERT_EQ(std::system(("gzip -c '" + path + "' > '" + folder_.file("packed.gz") + "'").c_str()), 0);
    const auto alone = said_by(path, 0);
    EXPECT_GT(alone.size(), 200U);
    EXPECT_EQ(said_by(path, 3), alone);
    EXPECT_EQ(said_by(folder_.file("packed.gz"), 3), alone);
}

TEST_F(FileSourceTest, APipeLosesNoByte) {
    const std::string path = folder_.file("pipe");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    std::jthread writer([&] { std::ofstream(path) << line("a_key") << line("b_key"); });
    start({path}, false);
    read_to_end();
    EXPECT_EQ(names_, (Names{"a_key", "b_key"}));
    EXPECT_EQ(lines_, (std::vector<std::uint64_t>{1, 2}));
}

}  // namespace
}  // namespace culprit
