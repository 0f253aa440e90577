// Promise 1, the matcher's share: wherever batches are cut, wherever a process dies and starts again at its last cut, the same
// signals come out, and every record is counted once.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

struct Seen {
    std::vector<std::string> signals;
    std::uint64_t records = 0, passes = 0, decoded = 0, undecodable = 0;
    bool operator==(const Seen&) const = default;
    void add(const MatchedBatch& batch) {
        for (const auto& signal : batch.signals) signals.push_back(to_json_line(signal));
        records += batch.counters.records;
        passes += batch.counters.filter_passes;
        decoded += batch.counters.decoded;
        undecodable += batch.counters.undecodable;
    }
};

/// Lines of every format, so mixed that entries of several streams and sessions lie in each other.
std::vector<std::string> lines_of(const std::vector<int>& choices) {
    const auto filebeat = [](const std::string& path, const std::string& escaped) {
        return R"({"@timestamp":"2026-11-20T12:25:20.150Z","message":")" + escaped + R"(","log":{"file":{"path":")" + path +
               R"("}},"agent":{"type":"filebeat"}})";
    };
    const std::string csv =
        R"(2026-11-20 12:25:20.147 UTC,\"app\",\"shop\",9,\"h:1\",6b.5,4,\"INSERT\",2026-11-20 12:25:19 UTC,3/6,0,ERROR,23505,\"duplicate key value violates unique constraint \"\"c_pkey\"\"\",,,,,,\"INSERT)";
    const std::vector<std::string> pool = {
        pg(7, "ERROR:  duplicate key value violates unique constraint \"a_pkey\""),
        pg(8, "ERROR:  relation \"coupons\" does not exist at character 15"),
        pg(7, "DETAIL:  Key (id)=(4) already exists."),
        pg(8, "STATEMENT:  SELECT 'violates unique constraint'"),
        pg(7, "STATEMENT:  INSERT INTO a VALUES ($1)"),
        "\tcontinued, violates unique constraint",
        json_error("j_pkey"),
        filebeat("/app", "2026-11-20 12:25:20,148 - desk - ERROR - POST /tickets failed"),
        filebeat("/app", "Traceback (most recent call last):"),
        filebeat("/app", "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \\\"t_pkey\\\""),
        filebeat("/app", "DETAIL:  Key (id)=(4) already exists."),
        filebeat("/app", "2026-11-20 12:25:20,148 - desk - INFO - fine"),
        filebeat("/csv", csv),
        filebeat("/csv", "INTO c\\\",,,\\\"web\\\",\\\"client backend\\\",,0"),
        filebeat("/psql", "COPY 6"),
        filebeat("/psql", " setval "),
        R"({"@timestamp":"2026-11-20T12:25:20.151Z","level":"ERROR","logger_name":"org.hibernate.engine.jdbc.spi.SqlExceptionHelper","message":"ERROR: duplicate key value violates unique constraint \"h_pkey\""})",
        R"({"@timestamp":"2026-11-20T12:25:20.190Z","level":"ERROR","logger_name":"com.acme.Wallet","message":"failed: duplicate key value violates unique constraint \"h_pkey\"","detail":"Key (id)=(4) already exists."})",
        filebeat("/app", "2026-11-20 12:25:20,149 - django.request - ERROR - Internal Server Error: /tickets/"),
        filebeat("/app", "Acquire connection error: error: sorry, too many clients already"),
        filebeat("/app", "2026-11-20 12:25:20,149 - desk - ERROR - sorry, too many clients already"),
        "nothing of interest",
        "{\"msg\":\"duplicate key value violates unique constraint \\\"cut",
    };
    std::vector<std::string> lines;
    for (const int choice : choices) lines.push_back(pool[static_cast<std::size_t>(choice) % pool.size()]);
    return lines;
}

std::vector<int> choices(std::size_t most) {
    const auto size = *rc::gen::inRange<std::size_t>(1, most);
    return *rc::gen::container<std::vector<int>>(size, rc::gen::inRange(0, 23));
}

AssemblyLimits tight() {
    AssemblyLimits limits;
    limits.records = 12;
    return limits;
}

Seen in_one_go(std::span<const RawRecord> records) {
    Matcher matcher{recognition(), kafka(), {0}, tight()};
    matcher.accept(records);
    matcher.close_open_entries();
    Seen seen;
    seen.add(matcher.take());
    return seen;
}

/// Takes records in batches of the given sizes; after each batch the process may die, and starts anew at its last cut.
Seen in_pieces(std::span<const RawRecord> records, const std::vector<std::pair<std::size_t, bool>>& steps,
               std::size_t& restarts) {
    Seen seen;
    Offset cut{0};
    std::size_t at = 0, step = 0;
    auto matcher = std::make_unique<Matcher>(recognition(), kafka(), cut, tight());
    while (at < records.size()) {
        const auto [size, dies] = step < steps.size() ? steps[step] : std::pair{records.size(), false};
        ++step;
        const std::size_t count = std::min(size, records.size() - at);
        matcher->accept(records.subspan(at, count));
        at += count;
        const auto batch = matcher->take();
        RC_ASSERT(batch.next >= cut);
        seen.add(batch);
        cut = batch.next;
        if (!dies) continue;
        ++restarts;
        matcher = std::make_unique<Matcher>(recognition(), kafka(), cut, tight());
        const std::size_t resume = static_cast<std::size_t>(cut.value), context = resume - std::min(resume, kLookback);
        matcher->accept(records.subspan(context, resume - context));
        at = resume;
    }
    matcher->close_open_entries();
    seen.add(matcher->take());
    return seen;
}

TEST(MatcherProperty, BatchesAndRestartsNeverShowInTheSignals) {
    const bool holds = rc::check("any cuts, any restarts", [] {
        const Feed feed{lines_of(choices(120))};
        const auto steps = *rc::gen::container<std::vector<std::pair<std::size_t, bool>>>(
            rc::gen::pair(rc::gen::inRange<std::size_t>(1, 20), rc::gen::arbitrary<bool>()));
        std::size_t restarts = 0;
        const Seen whole = in_one_go(feed.records());
        const Seen pieces = in_pieces(feed.records(), steps, restarts);
        RC_ASSERT(pieces == whole);
        RC_ASSERT(whole.records == feed.records().size());
        RC_CLASSIFY(restarts > 0, "restarted");
        RC_CLASSIFY(whole.signals.size() > 2, "several signals");
    });
    EXPECT_TRUE(holds);
}

TEST(MatcherProperty, AnEntryCutAtEveryPositionIsCountedOnce) {
    const Feed feed{lines_of({21, 0, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 6, 16, 17, 18, 8, 9, 10, 19, 20, 21, 17, 16})};
    const Seen whole = in_one_go(feed.records());
    ASSERT_GE(whole.signals.size(), 5u);
    for (std::size_t position = 1; position < feed.records().size(); ++position) {
        for (const bool dies : {false, true}) {
            std::size_t restarts = 0;
            EXPECT_EQ(in_pieces(feed.records(), {{position, dies}}, restarts).signals, whole.signals) << position;
        }
    }
}

}  // namespace
}  // namespace culprit
