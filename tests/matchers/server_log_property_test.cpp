// What must hold of any server's log: sessions that lie in each other give what they give one by one, and no value shows.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

std::vector<std::string> signals_of(std::vector<std::string> lines) {
    const Feed feed{std::move(lines)};
    Matcher matcher{recognition(), kafka(), {0}};
    matcher.accept(feed.records());
    matcher.close_open_entries();
    std::vector<std::string> found;
    for (auto& signal : matcher.take().signals) {
        signal.source = {};
        found.push_back(to_json_line(signal));
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> session(int pid) {
    const std::string number = std::to_string(pid);
    return {pg(pid, "ERROR:  insert or update on table \"t" + number + "\" violates foreign key constraint \"fk" + number + "\""),
            pg(pid, "DETAIL:  Key (id)=(" + number + ") is not present in table \"parent\"."),
            pg(pid, "STATEMENT:  INSERT INTO t" + number + " VALUES (1)")};
}

TEST(ServerLog, AThousandSessionsInterleavedGiveTheSignalsOfEach) {
    constexpr int kSessions = 1000;
    std::vector<std::string> one_by_one, interleaved;
    for (int pid = 1; pid <= kSessions; ++pid) {
        for (auto& line : session(pid)) one_by_one.push_back(std::move(line));
    }
    // In waves of a hundred: each session's three lines lie a hundred lines apart.
    for (int wave = 0; wave < kSessions; wave += 100) {
        for (std::size_t part = 0; part < 3; ++part) {
            for (int pid = wave + 1; pid <= wave + 100; ++pid) interleaved.push_back(session(pid)[part]);
        }
    }
    const auto expected = signals_of(one_by_one);
    EXPECT_EQ(expected.size(), static_cast<std::size_t>(kSessions));
    EXPECT_EQ(signals_of(interleaved), expected);
}

/// A value that tries to be more: the marker must show nowhere.
std::string hostile_value() {
    static const std::vector<std::string> kWords = {")=(",
                                                    ", ",
                                                    "\"",
                                                    "''",
                                                    ") already exists.",
                                                    ") is not present in table \"fake\".",
                                                    "«",
                                                    "»",
                                                    "$1 = ",
                                                    "DETAIL:  Key (a)=(b) already exists.",
                                                    "ERROR:  x",
                                                    " at character 9",
                                                    "/*",
                                                    "--",
                                                    "$$",
                                                    "\\",
                                                    "»)« existiert bereits.",
                                                    "zqsecretqz"};
    std::string value = "zqsecretqz";
    for (const int choice : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 18)))
        value.insert(static_cast<std::size_t>(choice) % (value.size() + 1),
                     kWords[static_cast<std::size_t>(choice) % kWords.size()]);
    return value;
}

std::string doubled(std::string value) {
    for (std::size_t at = 0; (at = value.find('\'', at)) != std::string::npos; at += 2) value.insert(at, 1, '\'');
    return value;
}

TEST(ServerLog, NoValueOfAKeyAStatementAParameterOrACopyLineShowsInASignal) {
    const bool holds = rc::check("values are hidden", [] {
        const std::string value = hostile_value(), other = hostile_value();
        const auto lines = *rc::gen::elementOf(std::vector<std::vector<std::string>>{
            {"ERROR:  duplicate key value violates unique constraint \"users_email_key\"",
             "DETAIL:  Key (email, note)=(" + value + ", " + other + ") already exists.",
             "STATEMENT:  INSERT INTO users (email, note) VALUES ('" + doubled(value) + "', '" + doubled(other) + "')"},
            {"ERROR:  insert or update on table \"orders\" violates foreign key constraint \"orders_fk\"",
             "DETAIL:  Key (code)=(" + value + ") is not present in table \"codes\".",
             "CONTEXT:  unnamed portal with parameters: $1 = '" + doubled(value) + "'",
             "STATEMENT:  INSERT INTO orders VALUES ($1)"},
            {"FEHLER:  doppelter Schlüsselwert verletzt Unique-Constraint »users_email_key«",
             "DETAIL:  Schlüssel »(email)=(" + value + ")« existiert bereits."},
            {"ERROR:  new row for relation \"orders\" violates check constraint \"positive\"",
             "DETAIL:  Failing row contains (1, " + value + ", null)."},
            {"ERROR:  invalid input syntax for type integer: \"" + value + "\"",
             "CONTEXT:  COPY orders, line 2, column amount: \"" + value + "\"", "STATEMENT:  COPY orders FROM stdin"},
            {"ERROR:  invalid input value for enum mood: \"" + value + "\" at character 31"},
            {"ERROR:  date/time field value out of range: \"" + value + "\""},
            {"FATAL:  could not connect to the primary server: password=" + value}});
        std::vector<std::string> log;
        for (const auto& line : lines) log.push_back(pg(7, line));
        for (const auto& signal : signals_of(log)) {
            RC_ASSERT(signal.find("zqsecret") == std::string::npos);
            RC_ASSERT(signal.find("secretqz") == std::string::npos);
        }
    });
    EXPECT_TRUE(holds);
}

TEST(ServerLog, AValueOfAFailingRowThatReadsLikeAKeyStaysHidden) {
    const std::vector<std::string> log{
        pg(7, "ERROR:  new row for relation \"orders\" violates check constraint \"positive\""),
        pg(7, "DETAIL:  Failing row contains (1, zqsecretqDETAIL:  Key (a)=(b) already exists.z, null).")};
    const auto signals = signals_of(log);
    ASSERT_EQ(signals.size(), 1U);
    EXPECT_EQ(signals[0].find("zqsecret"), std::string::npos) << signals[0];
    EXPECT_EQ(signals[0].find("key_columns"), std::string::npos) << signals[0];
}

}  // namespace
}  // namespace culprit
