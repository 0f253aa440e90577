// Lines that a container runtime cut in two, at any byte; lines cut where nothing says so; entries in another order.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "matchers/decoding/postgresql_csvlog.h"
#include "tests/matchers/recognised_lines.h"
#include "tests/matchers/told_symptoms.h"

namespace culprit {
namespace {

using namespace testing_lines;

/// Lines of each format that a container prints; each tells of one error.
const std::vector<std::string>& lines() {
    static const std::vector<std::string> kLines = {
        json_error("orders_pkey"),
        R"~({"timestamp":"2026-11-20 12:25:20.147 UTC","user":"app","dbname":"shop","pid":7,"session_id":"6b.5","line_num":4,"error_severity":"ERROR","state_code":"23505","message":"duplicate key value violates unique constraint \"orders_pkey\"","detail":"Key (id)=(4) already exists.","statement":"INSERT INTO orders VALUES (4)"})~",
        R"~(2026-11-20 12:25:20.147 UTC,"app","shop",9,"h:1",6b.5,4,"INSERT",2026-11-20 12:25:19 UTC,3/6,0,ERROR,23505,"duplicate key value violates unique constraint ""orders_pkey""","Key (id)=(4) already exists.",,,,,"INSERT INTO orders VALUES (4)",,,"web","client backend",,0)~",
        pg(7, R"(ERROR:  duplicate key value violates unique constraint "orders_pkey")"),
        R"~(2026-11-20 12:25:20,147 - shop - ERROR - saving failed: duplicate key value violates unique constraint "orders_pkey")~",
    };
    return kLines;
}

std::string cri(std::string_view text, bool last) {
    return "2026-11-20T12:25:20.150000000Z stderr " + std::string(last ? "F " : "P ") + std::string(text);
}

/// Docker cuts at 16 KiB, and ends the last part of a line with a line break, and no other.
std::string docker(std::string_view text, bool last) {
    return R"({"log":)" + nlohmann::json(std::string(text) + (last ? "\n" : "")).dump() +
           R"(,"stream":"stderr","time":"2026-11-20T12:25:20.15Z"})";
}

std::vector<std::string> without_place(const std::vector<std::string>& records) {
    std::vector<std::string> all;
    for (auto& signal : Feed{records}.all().signals) {
        signal.source = {};
        all.push_back(to_json_line(signal));
    }
    std::sort(all.begin(), all.end());
    return all;
}

TEST(CutLines, AreWholeAgainAtWhateverByteCriCutThem) {
    for (const std::string_view line : lines()) {
        const auto whole = without_place({cri(line, true)});
        ASSERT_EQ(whole.size(), 1u) << line;
        for (std::size_t cut = 1; cut < line.size(); ++cut)
            EXPECT_EQ(without_place({cri(line.substr(0, cut), false), cri(line.substr(cut), true)}), whole)
                << cut << " in " << line;
    }
}

TEST(CutLines, AreWholeAgainAtWhateverByteDockerCutThem) {
    const std::string padding(16 * 1024, 'x');
    const std::string text = "2026-11-20 12:25:20,147 - shop - ERROR - saving " + padding +
                             R"( failed: duplicate key value violates unique constraint "orders_pkey")";
    const std::string json = R"({"time":"2026-11-20T12:25:20.150Z","level":"error","request":")" + padding +
                             R"(","msg":"duplicate key value violates unique constraint \"orders_pkey\""})";
    for (const std::string_view line : {text, json}) {
        const auto whole = without_place({docker(line, true)});
        ASSERT_EQ(whole.size(), 1u);
        for (std::size_t cut = padding.size() + 30; cut < line.size(); ++cut)
            EXPECT_EQ(without_place({docker(line.substr(0, cut), false), docker(line.substr(cut), true)}), whole) << cut;
    }
}

/// Where nothing says that a line was cut, half of it may say less, but nothing that is wrong. But for csvlog, whose names may
/// hold line breaks: there the halves are one entry with a line break more.
TEST(CutLines, NeverNameAnotherObjectWhereNothingSaysThatTheyWereCut) {
    for (const auto& line : lines()) {
        if (csvlog_beginning(line) != CsvlogBeginning::none) continue;
        for (std::size_t cut = 1; cut < line.size(); ++cut) {
            for (const auto& symptom : told({line.substr(0, cut), line.substr(cut)})) {
                EXPECT_TRUE(symptom.constraint.empty() || symptom.constraint == "orders_pkey")
                    << symptom.constraint << " at " << cut;
                EXPECT_TRUE(symptom.table.empty() || symptom.table == "orders")
                    << symptom.table << " at " << cut << " in " << line;
            }
        }
    }
}

/// The rest of a line is lost, and nothing says so: whatever comes behind it, what is said is true, or nothing is said.
TEST(CutLines, ACsvlogLineThatLostItsEndNamesNoOtherObject) {
    const std::string head =
        R"~(2026-11-20 12:25:20.147 UTC,"app","shop",9,"h:1",6b.5,4,"INSERT",2026-11-20 12:25:19 UTC,3/6,0,ERROR,)~";
    const std::string tail = R"~(,,,"web","client backend",,0)~";
    const std::vector<std::vector<std::string>> entries = {
        {head +
         R"~(23505,"duplicate key value violates unique constraint ""orders_pkey""","Key (id)=(4) already exists.",,,,,"INSERT INTO orders VALUES (4)")~" +
         tail},
        {head +
             R"~(23505,"duplicate key value violates unique constraint ""orders_pkey""","Key (id)=(4) already exists.",,,,,"INSERT INTO orders)~",
         "(id) VALUES (4)\"" + tail},
        {head + R"~(42P01,"relation ""orders"" does not exist",,,,,,"SELECT 1)~",
         R"~(FROM ""orders""",15,,"web","client backend",,0)~"},
    };
    const std::vector<std::vector<std::string>> behind = {
        {},
        {R"~(2026-11-20 12:25:21.147 CET,,,20711,,6b.50e7,1,,2026-11-20 12:25:19 UTC,,0,LOG,00000,"checkpoint starting: time",,,,,,,,,"","checkpointer",,0)~"},
        {R"~(2026-11-20 12:25:21.147 UTC,"app","shop",8,"h:1",6b.6,4,"idle",2026-11-20 12:25:19 UTC,3/6,0,LOG,00000,"statement: SELECT 1",,,,,,,,,"web","client backend",,0)~"},
    };
    for (const auto& entry : entries) {
        for (const auto& next : behind) {
            for (std::size_t line = 0; line < entry.size(); ++line) {
                // Of a statement whose next line goes on with a bracket nothing tells that its first line is not whole.
                const std::size_t end = line + 1 < entry.size() ? head.size() + 6 : entry[line].size();
                for (std::size_t cut = 1; cut < end; ++cut) {
                    auto records = entry;
                    records[line].resize(cut);
                    records.insert(records.end(), next.begin(), next.end());
                    for (const auto& symptom : told(records)) {
                        EXPECT_TRUE(symptom.constraint.empty() || symptom.constraint == "orders_pkey") << symptom.constraint;
                        EXPECT_TRUE(symptom.table.empty() || symptom.table == "orders")
                            << symptom.table << " at " << cut << " in " << records[line];
                    }
                }
            }
        }
    }
}

/// Both halves are there, one a line: a statement's table is then told only where it cannot be half a name.
TEST(CutLines, ACsvlogStatementThatWasCutInTwoNamesNoOtherTable) {
    const std::string line =
        R"~(2026-11-20 12:25:20.147 UTC,"app","shop",9,"h:1",6b.5,4,"INSERT",2026-11-20 12:25:19 UTC,3/6,0,ERROR,23505,)~"
        R"~("duplicate key value violates unique constraint ""orders_pkey""","Key (id)=(4) already exists.",,,,,)~";
    for (const char* statement :
         {"INSERT INTO orders (id) VALUES (4)", "UPDATE orders SET id = 4", "INSERT INTO shop.orders VALUES (4)"}) {
        const std::string whole = line + '"' + statement + R"~(",,,"web","client backend",,0)~";
        for (std::size_t cut = line.size() + 1; cut < whole.size(); ++cut) {
            for (const auto& symptom : told({whole.substr(0, cut), whole.substr(cut)})) {
                EXPECT_EQ(symptom.constraint, "orders_pkey");
                EXPECT_TRUE(symptom.table.empty() || symptom.table == "orders") << symptom.table << " at " << whole.substr(cut);
            }
        }
    }
}

/// A thousand entries of one second in any order; those of one session keep theirs.
TEST(Reordered, EntriesOfOneSecondGiveTheSameSignals) {
    std::vector<std::vector<std::string>> sessions;
    for (int pid = 1; pid <= 250; ++pid) {
        const auto number = std::to_string(pid);
        sessions.push_back({pg(pid, "ERROR:  duplicate key value violates unique constraint \"t" + number + "_pkey\""),
                            pg(pid, "DETAIL:  Key (id)=(" + number + ") already exists."),
                            pg(pid, "STATEMENT:  INSERT INTO t" + number + " VALUES (1)")});
        sessions.push_back({json_error("j" + number + "_pkey")});
        sessions.push_back({R"({"timestamp":"2026-11-20 12:25:20.)" + std::to_string(100 + pid) +
                            R"( UTC","user":"app","dbname":"shop","pid":)" + number +
                            R"(,"error_severity":"ERROR","state_code":"42P01","message":"relation \"r)" + number +
                            R"(\" does not exist","statement":"SELECT 1 FROM r)" + number + R"("})"});
        sessions.push_back(
            {R"({"@timestamp":"2026-11-20T12:25:20.151Z","level":"INFO","message":"all is well)" + number + R"("})"});
    }
    std::vector<std::string> in_order;
    for (const auto& session : sessions) in_order.insert(in_order.end(), session.begin(), session.end());
    const auto expected = without_place(in_order);
    ASSERT_EQ(expected.size(), 750u);
    for (unsigned seed = 1; seed <= 3; ++seed) {
        std::mt19937 random(seed);
        // Whose turn it is: a session's number as often as it has lines. Lines of one entry stay within 60 records of each other.
        std::vector<std::size_t> turns;
        for (std::size_t session = 0; session < sessions.size(); ++session)
            turns.insert(turns.end(), sessions[session].size(), session);
        for (std::size_t begin = 0; begin < turns.size(); begin += 60)
            std::shuffle(turns.begin() + static_cast<std::ptrdiff_t>(begin),
                         turns.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 60, turns.size())), random);
        std::vector<std::size_t> next(sessions.size());
        std::vector<std::string> mixed;
        for (const auto session : turns) mixed.push_back(sessions[session][next[session]++]);
        EXPECT_EQ(without_place(mixed), expected) << "seed " << seed;
    }
}

}  // namespace
}  // namespace culprit
