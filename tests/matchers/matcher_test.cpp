#include "matchers/matcher.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

TEST(Matcher, AssemblesInterleavedSessionsByProcess) {
    Feed feed{{
        pg(7, "ERROR:  duplicate key value violates unique constraint \"orders_pkey\""),
        pg(8, "ERROR:  relation \"coupons\" does not exist at character 15"),
        pg(7, "DETAIL:  Key (id)=(4) already exists."),
        pg(8, "STATEMENT:  SELECT *"),
        "\tFROM coupons",
        pg(7, "STATEMENT:  INSERT INTO orders VALUES ($1)"),
    }};
    const auto batch = feed.all();
    ASSERT_EQ(batch.signals.size(), 2u);
    EXPECT_EQ(batch.signals[0].kind, "unique_violation");
    EXPECT_EQ(batch.signals[0].key_columns, std::vector<std::string>{"id"});
    EXPECT_NE(batch.signals[0].statement.find("INSERT INTO orders"), std::string::npos);
    EXPECT_EQ(batch.signals[1].kind, "undefined_table");
    EXPECT_NE(batch.signals[1].statement.find("FROM coupons"), std::string::npos);
    EXPECT_EQ(batch.counters.records, 6u);
}

TEST(Matcher, CountsATracebackOnceAtItsHeader) {
    Feed feed{{
        "2026-11-20 12:25:20,148 - desk - INFO - fine",
        "2026-11-20 12:25:20,148 - desk - ERROR - POST /tickets failed",
        "Traceback (most recent call last):",
        "  File \"a.py\", line 1, in <module>",
        "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"tickets_pkey\"",
        "DETAIL:  Key (id)=(4) already exists.",
        "",
        "2026-11-20 12:25:21,148 - desk - INFO - fine",
    }};
    const auto batch = feed.all();
    ASSERT_EQ(batch.signals.size(), 1u);
    EXPECT_EQ(batch.signals[0].source.offset.value, 1);
    EXPECT_EQ(batch.signals[0].time, from_micros(1795177520148000));
    EXPECT_EQ(batch.next.value, 8);
}

TEST(Matcher, AnUncaughtExceptionIsNoPartOfTheLineAboveIt) {
    Feed feed{{
        "W, [2026-11-20T11:53:46.481983 #27638]  WARN -- : request rejected: JSON body has duplicate key",
        "/app/postgresql_adapter.rb:672:in `exec_params': PG::UniqueViolation: ERROR:  duplicate key value violates unique "
        "constraint \"tickets_pkey\" (ActiveRecord::RecordNotUnique)",
        "DETAIL:  Key (id)=(4) already exists.",
        "\tfrom /app/service.rb:107:in `<main>'",
        "/app/postgresql_adapter.rb:672:in `exec_params': ERROR:  duplicate key value violates unique constraint "
        "\"tickets_pkey\" (PG::UniqueViolation)",
        "\tfrom /app/service.rb:107:in `<main>'",
        "Error while reading the list of desks",
        "Traceback (most recent call last):",
        "  File \"a.py\", line 1, in <module>",
        "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"desks_pkey\"",
    }};
    const auto batch = feed.all();
    ASSERT_EQ(batch.signals.size(), 2u);
    EXPECT_EQ(batch.signals[0].source.offset.value, 1);
    EXPECT_EQ(batch.signals[1].source.offset.value, 7);
}

TEST(Matcher, TheCutLiesAtTheTriggerOfTheOldestOpenEntry) {
    Feed feed{{"COPY 6", pg(7, "ERROR:  duplicate key value violates unique constraint \"a_pkey\""), json_error("b_pkey")}};
    Matcher matcher{recognition(), kafka(), {0}};
    matcher.accept(feed.records());
    const auto first = matcher.take();
    EXPECT_EQ(first.next.value, 1);
    EXPECT_EQ(first.counters.records, 1u);
    matcher.close_open_entries();
    const auto second = matcher.take();
    EXPECT_EQ(second.next.value, 3);
    EXPECT_EQ(second.counters.records, 2u);
    ASSERT_EQ(second.signals.size(), 2u) << "the later one waited for the cut";
}

TEST(Matcher, ALineThatComesAfterItsEntryWasClosedIsNotCountedAgain) {
    Feed feed{{pg(7, "ERROR:  duplicate key value violates unique constraint \"a_pkey\""),
               pg(7, "STATEMENT:  INSERT INTO x -- violates unique constraint")}};
    Matcher matcher{recognition(), kafka(), {0}};
    matcher.accept(feed.records().subspan(0, 1));
    matcher.close_open_entries();
    matcher.accept(feed.records().subspan(1));
    matcher.close_open_entries();
    EXPECT_EQ(matcher.take().signals.size(), 1u);
}

TEST(Matcher, AFilesCutIsTheByteBehindTheLastLine) {
    const std::string line = json_error("a_pkey");
    SourceProfile file{{SourceType::file, "a.log", 0}, {}, {}};
    Matcher matcher{recognition(), file, {0}};
    const RawRecord record{line, {100}, {}, 3};
    matcher.accept({&record, 1});
    // A next record may tell of the same error.
    EXPECT_EQ(matcher.take().next.value, 100);
    matcher.close_open_entries();
    const auto batch = matcher.take();
    EXPECT_EQ(batch.next.value, static_cast<std::int64_t>(100 + line.size() + 1));
    EXPECT_EQ(batch.signals.at(0).source.line, 3u);
}

struct Bad {
    std::string_view name, reason;
    std::string bytes;
    std::size_t signals;
};

TEST(Matcher, BadInputIsDeadLetteredWithItsReasonAndTheStreamGoesOn) {
    const std::string words = "duplicate key value violates unique constraint \\\"a_pkey\\\"";
    const Bad rows[] = {
        {"broken JSON", "broken_json", "{\"level\":\"error\",\"msg\":\"" + words, 0},
        {"a 5 MB line", "record_too_large", "{\"level\":\"error\",\"msg\":\"" + words + std::string(5 << 20, 'x') + "\"}", 0},
        {"invalid UTF-8", "invalid_utf8_repaired", "{\"level\":\"error\",\"msg\":\"\xF6 " + words + "\"}", 1},
        {"a NUL byte", "nul_byte", "{\"level\":\"error\",\"msg\":\"" + words + std::string(1, '\0') + "\"}", 0},
        {"an unknown timestamp", "unknown_timestamp",
         "{\"time\":\"the other day\",\"level\":\"error\",\"msg\":\"" + words + "\"}", 0},
        {"an empty message", "empty_message", "{\"level\":\"info\",\"msg\":\"\",\"topic\":\"" + words + "\"}", 0},
    };
    for (const auto& row : rows) {
        Feed feed{{row.bytes, json_error("b_pkey")}};
        const auto batch = feed.all();
        ASSERT_EQ(batch.dead_letters.size(), 1u) << row.name;
        EXPECT_EQ(batch.dead_letters[0].reason, row.reason) << row.name;
        EXPECT_EQ(batch.dead_letters[0].raw, row.bytes) << row.name;
        EXPECT_FALSE(batch.dead_letters[0].explanation.empty()) << row.name;
        EXPECT_EQ(batch.signals.size(), row.signals + 1) << row.name;
        EXPECT_EQ(batch.counters.undecodable, row.signals == 0 ? 1u : 0u) << row.name;
    }
}

TEST(Matcher, AWrongClockDoesNotDragTheWatermark) {
    const EventTime arrival = from_micros(1795177520000000);
    const std::string line =
        R"({"time":"2099-01-01T00:00:00Z","level":"error","msg":"duplicate key value violates unique constraint \"a_pkey\""})";
    Matcher matcher{recognition(), kafka(), {0}};
    const RawRecord record{line, {0}, arrival, {}};
    matcher.accept({&record, 1});
    EXPECT_EQ(matcher.take().watermark.watermark, arrival);
}

TEST(Matcher, SeesThatAServerLogFlowsThoughItSaysNothing) {
    Feed feed{{pg(7, "LOG:  checkpoint starting: time")}};
    const auto batch = feed.all();
    EXPECT_TRUE(batch.signals.empty());
    ASSERT_EQ(batch.watermark.evidence.size(), 1u);
    EXPECT_EQ(batch.watermark.evidence[0].kind, EvidenceKind::server_log);
    EXPECT_EQ(batch.watermark.evidence[0].database, "shop");
}

}  // namespace
}  // namespace culprit
