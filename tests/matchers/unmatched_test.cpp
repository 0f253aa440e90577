// Entries that look like errors and say nothing: the explanation is right, and asking for it changes no signal.
#include "matchers/unmatched.h"

#include <gtest/gtest.h>

#include "tests/matchers/corpus_files.h"
#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

MatchedBatch explained(const std::vector<std::string>& lines, const Recognition& known = recognition()) {
    const Feed feed{lines};
    Matcher matcher{known, kafka(), {0}};
    matcher.explain_unmatched();
    matcher.accept(feed.records());
    matcher.close_open_entries();
    return matcher.take();
}

std::string reason_of(const std::string& line) {
    const auto batch = explained({line});
    EXPECT_TRUE(batch.signals.empty()) << line;
    return batch.unmatched.empty() ? std::string{} : batch.unmatched.front().reason;
}

std::string error(const std::string& message, const std::string& level = "error") {
    return R"({"time":"2026-11-20T12:25:20.150Z","level":")" + level + R"(","msg":")" + message + R"("})";
}

TEST(Unmatched, SaysWhyAnEntryThatLooksLikeAnErrorGaveNoSignal) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {error("the printer is on fire"), "unknown_text"},
        {error("Duplicate entry 'a@b.c' for key 'users.email'"), "look_alike"},
        {error("duplicate key value violates unique constraint \\\"a_pkey\\\"", "info"), "level"},
        {error("Unique constraint failed on the moon"), "no_match"},
        {R"({"time":"2026-11-20T12:25:20.150Z","level":"error","msg":"POST /orders","err":{"message":"current transaction is aborted","code":"25P02"}})",
         "follows_another_error"},
        {pg(7, "ERROR:  current transaction is aborted, commands ignored until end of transaction block"),
         "follows_another_error"},
        {pg(7, "ERROR:  the function's own words"), "unknown_text"},
        {pg(7, "ERROR:  relation \"alembic_version\" does not exist at character 15"), "bookkeeping_table"},
        {"{\"msg\":\"duplicate key value violates unique constraint \\\"cut", "undecodable"},
    };
    for (const auto& [line, reason] : table) EXPECT_EQ(reason_of(line), reason) << line;
}

TEST(Unmatched, SaysNothingOfWhatIsNoErrorAndDidNotPassTheFilter) {
    EXPECT_TRUE(
        explained({error("all is well", "info"), pg(7, "LOG:  checkpoint starting: time"), "plain words"}).unmatched.empty());
}

TEST(Unmatched, NamesTheLookAlikeThatCoversIt) {
    const auto batch = explained({error("Duplicate entry 'a@b.c' for key 'users.email'")});
    ASSERT_EQ(batch.unmatched.size(), 1u);
    ASSERT_FALSE(batch.unmatched[0].tried.empty());
    EXPECT_EQ(batch.unmatched[0].tried[0].why, "look_alike");
    EXPECT_NE(batch.unmatched[0].explanation.find("MySQL"), std::string::npos) << batch.unmatched[0].explanation;
}

TEST(Unmatched, ShowsNoValueUnlessTheOperatorHasThemShown) {
    const std::string line = error("no such customer: alice@example.org");
    const auto hidden = explained({line});
    ASSERT_EQ(hidden.unmatched.size(), 1u);
    EXPECT_EQ(to_json_line(hidden.unmatched[0]).find("alice"), std::string::npos);
    const auto open = Recognition::load({}, RedactionPolicy{RedactedValues::keep, {}});
    const auto shown = explained({line}, *open.value());
    ASSERT_EQ(shown.unmatched.size(), 1u);
    EXPECT_EQ(shown.unmatched[0].message, "no such customer: alice@example.org");
}

TEST(Unmatched, CountsAnErrorThatWasToldTwiceOnce) {
    const auto batch = explained(
        {R"({"@timestamp":"2026-11-20T12:25:20.151Z","level":"ERROR","logger_name":"org.hibernate.engine.jdbc.spi.SqlExceptionHelper","message":"ERROR: duplicate key value violates unique constraint \"h_pkey\""})",
         R"({"@timestamp":"2026-11-20T12:25:20.190Z","level":"ERROR","logger_name":"com.acme.Wallet","message":"failed: duplicate key value violates unique constraint \"h_pkey\""})"});
    EXPECT_EQ(batch.signals.size(), 1u);
    ASSERT_EQ(batch.unmatched.size(), 1u);
    EXPECT_EQ(batch.unmatched[0].reason, "told_before");
}

/// Every reason that is given is one of the list, so that people can look it up.
TEST(Unmatched, ChangesNoSignalOfTheRecordedLogs) {
    std::size_t explained_entries = 0;
    for (const char* folder : {"recognition", "other_software"}) {
        for (const auto& file : corpus_files(folder, ".log.gz")) {
            const auto lines = unpacked(file);
            std::vector<std::string> with, without;
            const auto batch = explained(lines);
            for (const auto& signal : batch.signals) with.push_back(to_json_line(signal));
            for (const auto& signal : Feed{lines}.all().signals) without.push_back(to_json_line(signal));
            EXPECT_EQ(with, without) << file.filename();
            for (const auto& entry : batch.unmatched) {
                const auto& known = unmatched_reasons();
                EXPECT_TRUE(std::any_of(known.begin(), known.end(), [&](const auto& reason) {
                    return reason.name == entry.reason;
                })) << entry.reason;
            }
            explained_entries += batch.unmatched.size();
        }
    }
    EXPECT_GT(explained_entries, 100u);
}

}  // namespace
}  // namespace culprit
