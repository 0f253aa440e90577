#include "matchers/canary.h"

#include <gtest/gtest.h>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

const EventTime kProduced = from_micros(1795177520148000);

/// The same lines with a canary before each of them and one behind the last.
std::vector<std::string> with_canaries(const std::vector<std::string>& lines) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i <= lines.size(); ++i) {
        all.push_back(canary_record(kProduced + std::chrono::seconds{static_cast<int>(i)}));
        if (i < lines.size()) all.push_back(lines[i]);
    }
    return all;
}

const std::vector<std::string> kLines{
    pg(7, "ERROR:  duplicate key value violates unique constraint \"orders_pkey\""),
    pg(7, "DETAIL:  Key (id)=(4) already exists."),
    pg(7, "STATEMENT:  INSERT INTO orders"),
    "\tVALUES ($1)",
    "2026-11-20 12:25:20,148 - desk - ERROR - POST /tickets failed",
    "Traceback (most recent call last):",
    "  File \"a.py\", line 1, in <module>",
    "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"tickets_pkey\"",
    "DETAIL:  Key (id)=(4) already exists.",
    json_error("desks_pkey"),
};

TEST(Canary, IsReadBackAsItWasProduced) {
    const std::string record = canary_record(kProduced);
    EXPECT_EQ(canary_produced(record), kProduced) << record;
    EXPECT_LT(record.size(), 256U);
}

TEST(Canary, NothingElseIsTakenForOne) {
    const std::string record = canary_record(kProduced);
    for (const std::string& other :
         {std::string(), std::string("culprit_canary"), record.substr(0, record.size() - 1), " " + record,
          "{\"log\":" + record + "}", std::string(R"({"culprit_canary":"soon","level":"info"})"),
          std::string(R"({"culprit_canary":17,"level":"info"})"),
          std::string(R"({"culprit_canary":-1795177520148000,"level":"info"})"),
          std::string(R"({"culprit_canary":1795177520,"message":"ERROR: duplicate key value violates unique constraint"})"),
          record.substr(0, record.size() - 1) + std::string(300, ' ') + "}"})
        EXPECT_EQ(canary_produced(other), std::nullopt) << other;
}

TEST(Canary, BetweenTheLinesOfOthersChangesNothing) {
    const MatchedBatch without = Feed{kLines}.all(), with = Feed{with_canaries(kLines)}.all();
    ASSERT_EQ(without.signals.size(), 3U);
    ASSERT_EQ(with.signals.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        Signal moved = with.signals[i];
        moved.source = without.signals[i].source;
        EXPECT_EQ(encode(LogEntry{moved}), encode(LogEntry{without.signals[i]}));
    }
    EXPECT_EQ(with.counters.records, without.counters.records) << "it is no record of the source's";
    EXPECT_EQ(with.counters.bytes, without.counters.bytes);
    EXPECT_EQ(with.counters.filter_passes, without.counters.filter_passes);
    EXPECT_EQ(with.counters.decoded, without.counters.decoded);
    EXPECT_EQ(with.counters.unmatched, without.counters.unmatched);
    EXPECT_TRUE(with.dead_letters.empty());
    EXPECT_EQ(with.watermark.watermark, without.watermark.watermark);
    EXPECT_EQ(with.watermark.canary, kProduced + std::chrono::seconds{10});
    EXPECT_EQ(without.watermark.canary, std::nullopt);
}

TEST(Canary, AloneDoesNotMoveEventTimeAndItsOffsetPasses) {
    Feed feed{{canary_record(kProduced), canary_record(kProduced + std::chrono::hours{1})}};
    Matcher matcher{recognition(), kafka(), {0}};
    EXPECT_EQ(matcher.accept(feed.records()), 0U) << "the partition is as quiet as before";
    const auto batch = matcher.take();
    EXPECT_EQ(batch.next.value, 2);
    EXPECT_EQ(batch.watermark.watermark, EventTime{});
    EXPECT_EQ(batch.watermark.canary, kProduced + std::chrono::hours{1});
    EXPECT_EQ(matcher.take().watermark.canary, std::nullopt) << "told of once";
}

TEST(Canary, BehindAnOpenEntryWaitsForTheCut) {
    Feed feed{{pg(7, "ERROR:  duplicate key value violates unique constraint \"a_pkey\""), canary_record(kProduced)}};
    Matcher matcher{recognition(), kafka(), {0}};
    EXPECT_EQ(matcher.accept(feed.records()), 1U);
    EXPECT_EQ(matcher.take().watermark.canary, std::nullopt) << "what lies before it is not counted yet";
    matcher.close_open_entries();
    EXPECT_EQ(matcher.take().watermark.canary, kProduced);
}

TEST(Canary, BelowTheCutToGoOnFromIsNotToldOfAgainAndHidesNoLineOfAnEntry) {
    const auto lines = with_canaries(kLines);
    const Feed feed{lines};
    const MatchedBatch whole = feed.all();
    for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
        Matcher first{recognition(), kafka(), {0}};
        first.accept(feed.records().subspan(0, cut));
        const MatchedBatch before = first.take();
        Matcher second{recognition(), kafka(), before.next};
        second.accept(feed.records());
        second.close_open_entries();
        const MatchedBatch after = second.take();
        ASSERT_EQ(before.signals.size() + after.signals.size(), whole.signals.size()) << "cut at " << cut;
        EXPECT_EQ(before.counters.records + after.counters.records, whole.counters.records) << "cut at " << cut;
        EXPECT_EQ(std::max(before.watermark.canary, after.watermark.canary), whole.watermark.canary) << "cut at " << cut;
    }
}

}  // namespace
}  // namespace culprit
