#include "matchers/decoding/headless_lines.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

std::vector<std::string> ordinary(std::size_t count) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < count; ++i)
        lines.push_back("2026-11-20 12:25:20,148 - desk - INFO - request " + std::to_string(i));
    return lines;
}

/// Of the last line; nothing where nobody can tell.
std::optional<bool> last_is_headless(const std::vector<std::string>& lines) {
    ContextRing ring;
    LineShaper shaper{std::nullopt};
    std::int64_t offset = 0;
    for (const std::string& line : lines) ring.push({line, {offset}, {}, {}}, static_cast<std::uint64_t>(offset++), false, false);
    return is_headless(ring, ring.size() - 1, shaper);
}

struct Case {
    const char* what;
    std::vector<std::string> lines;  // behind a hundred ordinary ones
    std::optional<bool> headless;
};

TEST(HeadlessLines, AreThoseThatGoOnWithAnEntryWhichDoesNotBeginInTheirPartition) {
    const Case cases[] = {
        {"an ordinary line is no continuation", {}, std::nullopt},
        {"a DETAIL below its ERROR",
         {pg(7, "ERROR:  duplicate key value"), pg(7, "DETAIL:  Key (id)=(4) already exists.")},
         false},
        {"a DETAIL whose ERROR lies elsewhere", {pg(7, "DETAIL:  Key (id)=(4) already exists.")}, true},
        {"a STATEMENT below another process' ERROR",
         {pg(8, "ERROR:  duplicate key value"), pg(7, "STATEMENT:  INSERT INTO a")},
         true},
        {"a STATEMENT with another process between",
         {pg(7, "ERROR:  duplicate key value"), pg(8, "LOG:  checkpoint starting"), pg(7, "STATEMENT:  INSERT INTO a")},
         false},
        {"a CONTEXT behind the STATEMENT of an entry before",
         {pg(7, "ERROR:  duplicate key value"), pg(7, "STATEMENT:  INSERT INTO a"), pg(7, "CONTEXT:  SQL function")},
         true},
        {"a frame of Python's below its head", {"Traceback (most recent call last):", "  File \"a.py\", line 1, in f"}, false},
        {"a frame of Python's without it", {"  File \"a.py\", line 1, in f"}, true},
        {"a frame of Java's below its exception",
         {"org.postgresql.util.PSQLException: ERROR: duplicate key", "\tat a.B.c(B.java:1)"},
         false},
        {"a frame of Java's without one", {"\tat a.ErrorHandler.handle(B.java:1)"}, true},
        {"a frame of node's below its error",
         {"error: duplicate key value violates unique constraint", "    at a (b.js:1:2)"},
         false},
        {"a frame of node's without one", {"    at a (b.js:1:2)"}, true},
        {"an application's DETAIL below its exception",
         {"psycopg2.errors.UniqueViolation: duplicate key", "DETAIL:  Key (id)=(4) already exists."},
         false},
        {"an application's DETAIL without one", {"DETAIL:  Key (id)=(4) already exists."}, true},
        {"an indented line of something else", {"    total: 17"}, std::nullopt},
    };
    for (const Case& each : cases) {
        auto lines = ordinary(100);
        lines.insert(lines.end(), each.lines.begin(), each.lines.end());
        EXPECT_EQ(last_is_headless(lines), each.headless) << each.what;
    }
}

TEST(HeadlessLines, NearToWhereReadingBeganNobodyCanTell) {
    EXPECT_EQ(last_is_headless({pg(7, "DETAIL:  Key (id)=(4) already exists.")}), std::nullopt);
    auto lines = ordinary(63);
    lines.push_back(pg(7, "STATEMENT:  INSERT INTO a"));
    EXPECT_EQ(last_is_headless(lines), std::nullopt);
}

TEST(HeadlessLines, DeepWithinALongTraceNobodyCanTell) {
    auto lines = ordinary(100);
    lines.push_back("Traceback (most recent call last):");
    for (int i = 0; i < 50; ++i) {
        lines.push_back("  File \"a.py\", line " + std::to_string(i) + ", in f");
        lines.push_back("    g()");
    }
    lines.pop_back();
    EXPECT_EQ(last_is_headless(lines), std::nullopt);
}

TEST(HeadlessLines, AreCountedWhereAShipperSpreadsLinesOverPartitionsAndNotWhereItKeysThem) {
    std::vector<std::string> lines;
    for (int i = 0; i < 3'000; ++i) {
        lines.push_back(pg(i % 50, "LOG:  connection authorized: user=app"));
        if (i % 5 != 0) continue;
        lines.push_back(pg(i % 50, "ERROR:  duplicate key value violates unique constraint \"a_pkey\""));
        lines.push_back(pg(i % 50, "DETAIL:  Key (id)=(" + std::to_string(i) + ") already exists."));
        lines.push_back(pg(i % 50, "STATEMENT:  INSERT INTO a"));
    }
    std::mt19937 chance{7};
    for (const bool spread : {false, true}) {
        std::vector<std::vector<std::string>> partitions(4);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::size_t process = std::stoul(lines[i].substr(lines[i].find('[') + 1));
            partitions[(spread ? chance() : process) % 4].push_back(lines[i]);
        }
        MatcherCounters counters;
        for (const auto& partition : partitions) {
            const Feed feed{partition};
            Matcher matcher{recognition(), kafka(), {0}};
            for (std::size_t at = 0; at < partition.size(); at += 20) {
                matcher.accept(feed.records().subspan(at, std::min<std::size_t>(20, partition.size() - at)));
                counters.add(matcher.take().counters);
            }
        }
        EXPECT_GT(counters.continuations, 100U);
        if (spread)
            EXPECT_GT(counters.headless * 4, counters.continuations);
        else
            EXPECT_EQ(counters.headless, 0U);
    }
}

}  // namespace
}  // namespace culprit
