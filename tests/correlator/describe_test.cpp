#include <gtest/gtest.h>

#include <sstream>

#include "correlator/columns.h"
#include "correlator/correlator.h"
#include "correlator/printable.h"

namespace culprit {
namespace {

IncidentDocument incident(
    const std::string& histogram = R"({"from":"2026-02-03T04:05:00Z","step_seconds":60,"counts":[1,0,4,8]})") {
    IncidentDocument made;
    made.id = "a1b2";
    made.json = R"({"message": "Duplicate keys on users.users_email_key since 10:02, 3 services: migration 0042 (alembic), 94 %",
      "culprit": {"severity": "SEV2", "status": "open", "onset": "2026-02-03T04:05:06.123456Z", "last_seen": "2026-02-03T04:15:06Z",
        "trend": "spike", "attribution": "attributed", "symptom": {"kind": "unique_violation", "count": 13, "histogram": )" +
                histogram + R"(},
        "causes": [{"confidence": 0.94, "summary": "die Migration 0042 fügt eine Bedingung hinzu, die älter als keine der Zeilen ist",
                    "time": "2026-02-03T04:00:00Z", "evidence": [{"name": "same_object", "weight": 5.0}]}],
        "diagnosis": {"summary": "The constraint is new.", "fix_sql": ["ALTER TABLE \"users\" DROP CONSTRAINT \"users_email_key\", ADD CONSTRAINT \"another_one_of_a_long_name\" CHECK (true);"]}}})";
    return made;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TEST(Describe, TakesNoMoreColumnsThanTheTerminalHas) {
    for (const std::size_t width : {40U, 60U, 80U, 132U})
        for (const std::string& line : lines_of(describe(incident(), width, false))) {
            if (line.find("ALTER TABLE") != std::string::npos) continue;
            EXPECT_LE(columns_of(line), width) << line;
        }
}

TEST(Describe, BreaksNeitherWordsNorLetters) {
    const auto lines = lines_of(describe(incident(), 60, false));
    EXPECT_EQ(lines[0], "SEV2 open Duplicate keys on users.users_email_key since");
    EXPECT_EQ(lines[1], "          10:02, 3 services: migration 0042 (alembic), 94 %");
    const std::string all = describe(incident(), 40, false);
    for (const char* word : {"fügt", "älter", "hinzu,"}) EXPECT_NE(all.find(word), std::string::npos) << word;
}

TEST(Describe, KeepsTheHeadlineOnOneLineWhereThereIsNoTerminal) {
    const auto lines = lines_of(describe(incident(), 0, false));
    EXPECT_TRUE(lines[0].ends_with("migration 0042 (alembic), 94 %")) << lines[0];
}

TEST(Describe, DrawsTheErrorsOverTime) {
    EXPECT_NE(describe(incident(), 80, false).find("over time  ▁ ▄█\n"), std::string::npos) << describe(incident(), 80, false);
    EXPECT_EQ(describe(incident(R"({"counts":[13]})"), 80, false).find("over time"), std::string::npos);
    std::string counts = "1";
    for (int at = 1; at < 60; ++at) counts += "," + std::to_string(at % 7);
    for (const std::string& line : lines_of(describe(incident("{\"counts\":[" + counts + "]}"), 40, false)))
        EXPECT_LE(columns_of(line), line.find("ALTER TABLE") == std::string::npos ? 40U : 200U) << line;
}

TEST(Describe, ColoursOnlyWhenAsked) {
    EXPECT_EQ(describe(incident(), 80, false).find('\x1b'), std::string::npos);
    EXPECT_TRUE(describe(incident(), 80, true).starts_with("\x1b[31mSEV2 open\x1b[0m \x1b[1mDuplicate keys"));
}

TEST(Columns, AreThoseOfTheTerminal) {
    EXPECT_EQ(columns_of("users"), 5U);
    EXPECT_EQ(columns_of("größe"), 5U);
    EXPECT_EQ(columns_of("表"), 2U);
    EXPECT_EQ(columns_of("e\u0301"), 1U);
    EXPECT_EQ(columns_of("\xff\xe2"), 2U) << "what is no UTF-8 is a byte each";
    EXPECT_EQ(fitting("one two three", 8), 7U);
    EXPECT_EQ(fitting("onetwothree", 4), 4U);
    EXPECT_EQ(fitting("表表", 3), 3U);
    EXPECT_EQ(fitting("表", 1), 3U) << "at least one, or it would never end";
}

TEST(Printable, LeavesNothingThatSteersATerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\x7f"), "a [2Jb ");
    EXPECT_EQ(printable("a\xc2\x9b"
                        "2Jb"),
              "a 2Jb")
        << "CSI in UTF-8";
    EXPECT_EQ(printable("größe \xc2\xb5"), "größe \xc2\xb5");
}

}  // namespace
}  // namespace culprit
