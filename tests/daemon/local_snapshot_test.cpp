// A start takes over a snapshot and folds the tail; what it says is what folding the whole log says.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <map>

#include "correlator/rules_fingerprint.h"
#include "daemon/local_fold.h"
#include "temporary_folder.h"

namespace culprit {
namespace {

const InputPartition kInput{SourceType::kafka, "app-logs", 0};
const EventTime kMorning{std::chrono::sys_days{std::chrono::year{2026} / 2 / 1} + std::chrono::hours{10}};

class Kept final : public Sink {
   public:
    explicit Kept(std::map<std::string, IncidentDocument>& documents) : documents_(documents) {}
    std::string_view name() const override { return "kept"; }
    void offer(const std::vector<IncidentDocument>& revisions) override {
        for (const IncidentDocument& revision : revisions) documents_.insert_or_assign(revision.id, revision);
    }
    std::size_t pending() const override { return 0; }
    SinkHealth health() const override { return {true, "ok"}; }
    std::size_t drain(std::chrono::milliseconds) override { return 0; }

   private:
    std::map<std::string, IncidentDocument>& documents_;
};

LogBatch batch_of(int second) {
    Signal signal;
    signal.time = kMorning + std::chrono::seconds{second};
    signal.kind = "unique_violation";
    signal.objects.push_back({"constraint", "public", "orders_pkey", "", "orders_pkey", "", "orders"});
    signal.scope = {"production", "shop", "checkout", "", ""};
    signal.source = {kInput, Offset{second}, std::nullopt};
    TallyTable tallies;
    tallies.add(signal);
    LogBatch batch;
    batch.input = kInput;
    batch.entries.emplace_back(tallies.drain().front());
    batch.entries.emplace_back(WatermarkUpdate{kInput, signal.time, false, {}});
    return batch;
}

class LocalSnapshot : public testing::Test {
   protected:
    /// One life: folds what is there, appends `count` more, ends in order or not. How many entries the start had to fold.
    std::size_t live(int count, bool in_order, CorrelationSettings settings = {}) {
        auto log = SqliteSignalLog::open(path_);
        EXPECT_TRUE(log.ok());
        EXPECT_TRUE(log.value()->adopt_rules(rules_fingerprint(settings)).ok());
        epoch_ = settings.epoch = log.value()->epoch();
        documents_.clear();
        Sinks sinks;
        sinks.push_back(std::make_unique<Kept>(documents_));
        Telemetry telemetry;
        LocalFold fold(*log.value(), settings, sinks, telemetry, std::chrono::days{7});
        const auto stored = log.value()->snapshot();
        EXPECT_TRUE(stored.ok());
        std::size_t folded = 0;
        const LogPosition from{stored.value() ? stored.value()->fold.position.value + 1 : 0};
        EXPECT_TRUE(log.value()->read(from, [&](const LogEntry&, LogPosition) { ++folded; }).ok());
        EXPECT_TRUE(fold.recover([](const LogEntry&) {}).ok());
        for (int i = 0; i < count; ++i) {
            const LogBatch batch = batch_of(next_++);
            const auto positions = log.value()->append(std::span(&batch, 1));
            EXPECT_TRUE(positions.ok());
            fold.fold({batch}, positions.value());
        }
        fold.hand_over();
        if (in_order) fold.finish();
        return folded;
    }
    std::string count() const {
        EXPECT_EQ(documents_.size(), 1U);
        const std::string& json = documents_.begin()->second.json;
        const std::size_t at = json.find("\"count\":");
        return json.substr(at + 8, json.find_first_of(",}", at) - at - 8);
    }

    TemporaryFolder folder_;
    std::string path_ = folder_.file("signals.db");
    std::map<std::string, IncidentDocument> documents_;
    int next_ = 0;
    std::int64_t epoch_ = 0;
};

TEST_F(LocalSnapshot, AStartFoldsTheTailAloneAndCountsEverything) {
    EXPECT_EQ(live(100, true), 0U);
    EXPECT_EQ(live(10, false), 0U) << "nothing lies behind the snapshot of an orderly end";
    EXPECT_EQ(live(0, false), 20U) << "after a crash the tail: a tally and a watermark each";
    EXPECT_EQ(count(), "110");
}

TEST_F(LocalSnapshot, WithoutASnapshotOrWithADamagedOneTheWholeLogIsFolded) {
    live(50, true);
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("UPDATE snapshots SET value = substr(value, 1, length(value) - 1)");
    EXPECT_EQ(live(0, false), 100U);
    EXPECT_EQ(count(), "50");
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("DROP TABLE snapshots");  // as an older culprit left it
    EXPECT_EQ(live(0, false), 100U);
    EXPECT_EQ(count(), "50");
}

TEST_F(LocalSnapshot, ASnapshotOutlivesTheEntriesThatRetentionDeleted) {
    live(50, true);
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("DELETE FROM entries");
    EXPECT_EQ(live(5, false), 0U);
    EXPECT_EQ(count(), "55");
}

TEST_F(LocalSnapshot, ChangedRulesRaiseTheEpochOnce) {
    live(5, true);
    const std::int64_t first = epoch_;
    live(0, true);
    EXPECT_EQ(epoch_, first);
    CorrelationSettings other;
    other.min_confidence = 0.7;
    live(0, false, other);
    EXPECT_GT(epoch_, first);
    const std::int64_t second = epoch_;
    live(0, false, other);
    EXPECT_EQ(epoch_, second);
    EXPECT_GE(documents_.begin()->second.version, second << 40);
}

TEST(FoldForgets, ProblemsThatHaveBeenQuietAndKeepsTheCountOfThoseThatGoOn) {
    std::map<std::string, IncidentDocument> documents;
    Sinks sinks;
    sinks.push_back(std::make_unique<Kept>(documents));
    Fold fold({}, sinks);
    std::int64_t position = 0;
    const auto add = [&](int second, const std::string& name) {
        LogBatch batch = batch_of(second);
        auto& tally = std::get<Tally>(batch.entries[0]);
        tally.key.fingerprint.name = tally.constraint = name;
        for (const LogEntry& entry : batch.entries) fold.apply(entry, LogPosition{++position});
    };
    add(0, "over");
    for (int hour = 0; hour < 30; ++hour) add(hour * 600, "goes_on");
    fold.offer_revisions();
    fold.forget(kMorning + std::chrono::seconds{12'000}, std::chrono::hours{24});
    fold.take_census();
    std::map<std::string, std::size_t> counts;
    fold.count(counts);
    EXPECT_EQ(counts["open"] + counts["resolved"], 1U);
    std::uint64_t kept = 0, counted_only = 0;
    for (const LogEntry& entry : fold.snapshot().fold.entries)
        if (const auto* tally = std::get_if<Tally>(&entry)) (tally->samples.empty() ? counted_only : kept) += tally->count;
    EXPECT_EQ(kept, 30U);
    EXPECT_EQ(counted_only, 1U) << "by hour, of the one that is over";
}

TEST(FoldForgets, AsFastAsAPastIsRead) {
    std::map<std::string, IncidentDocument> documents;
    Sinks sinks;
    sinks.push_back(std::make_unique<Kept>(documents));
    Fold fold({}, sinks);
    std::int64_t position = 0;
    std::size_t most = 0;
    for (int hour = 0; hour < 3 * 24; ++hour) {  // another problem each hour, three days in no time
        LogBatch batch = batch_of(hour * 3'600);
        auto& tally = std::get<Tally>(batch.entries[0]);
        tally.key.fingerprint.name = tally.constraint = "uq_" + std::to_string(hour);
        for (const LogEntry& entry : batch.entries) fold.apply(entry, LogPosition{++position});
        fold.offer_revisions();
        fold.forget_when_due(std::chrono::hours{24});
        std::size_t whole = 0;  // of what was forgotten, the count by hour is kept for habits
        for (const LogEntry& entry : fold.snapshot().fold.entries)
            if (const auto* tally = std::get_if<Tally>(&entry)) whole += tally->samples.empty() ? 0 : 1;
        most = std::max(most, whole);
    }
    EXPECT_LE(most, 24U + 3U) << "a day's problems, the hour since it last forgot, and the lateness allowed";
    EXPECT_GE(most, 24U) << "nothing is let go of before its time";
}

}  // namespace
}  // namespace culprit
