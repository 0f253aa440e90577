#include "matchers/decoding/timestamp.h"

#include <gtest/gtest.h>

#include <string>

namespace culprit {
namespace {

EventTime at(int year, unsigned month, unsigned day, int hour, int minute, int second, int micros = 0) {
    using namespace std::chrono;
    return sys_days{std::chrono::year{year} / month / day} + hours{hour} + minutes{minute} + seconds{second} +
           microseconds{micros};
}

struct Row {
    std::string_view text;
    EventTime expected;
};

TEST(Timestamp, ReadsEveryFormThatLoggersAndPostgresqlPrint) {
    const Row rows[] = {
        {"2026-11-20T12:26:13.789Z", at(2026, 11, 20, 12, 26, 13, 789'000)},
        {"2026-11-20T11:48:21.607524947Z", at(2026, 11, 20, 11, 48, 21, 607'524)},
        {"2026-11-20T12:31:32.355+0000", at(2026, 11, 20, 12, 31, 32, 355'000)},
        {"2026-11-20T12:31:32+05:30", at(2026, 11, 20, 7, 1, 32)},
        {"2026-11-20 12:31:32-03", at(2026, 11, 20, 15, 31, 32)},
        {"2026-11-20 12:15:44,236", at(2026, 11, 20, 12, 15, 44, 236'000)},
        {"2026-11-20 12:50:00.265 CET", at(2026, 11, 20, 11, 50, 0, 265'000)},
        {"2026-07-20 12:50:00 CEST", at(2026, 7, 20, 10, 50, 0)},
        {"2026-11-20 20:51:27.100 JST", at(2026, 11, 20, 11, 51, 27, 100'000)},
        {"2026-11-20 12:50:00 Europe/Berlin", at(2026, 11, 20, 11, 50, 0)},
        {"2026-07-20 12:50:00 Europe/Berlin", at(2026, 7, 20, 10, 50, 0)},
        {"2026-11-20 11:25:45 +0000", at(2026, 11, 20, 11, 25, 45)},
        {"2026/11/20 12:26:34", at(2026, 11, 20, 12, 26, 34)},
        {"20/Nov/2026:11:25:45 +0100", at(2026, 11, 20, 10, 25, 45)},
        {"Nov 20, 2026 11:38:45 AM", at(2026, 11, 20, 11, 38, 45)},
        {"Nov 20, 2026 12:38:45 AM", at(2026, 11, 20, 0, 38, 45)},
        {"1795177505306", at(2026, 11, 20, 12, 25, 5, 306'000)},
        {"1795177505.306", at(2026, 11, 20, 12, 25, 5, 306'000)},
        {"1795177505", at(2026, 11, 20, 12, 25, 5)},
    };
    for (const auto& row : rows) {
        const auto time = parse_timestamp(row.text);
        ASSERT_TRUE(time) << row.text;
        EXPECT_EQ(to_micros(*time), to_micros(row.expected)) << row.text;
    }
}

TEST(Timestamp, RefusesWhatIsNone) {
    for (const std::string_view text :
         {"", "yesterday", "2026-13-20T12:00:00Z", "2026-02-30 12:00:00", "2026-11-20T25:00:00Z", "12345", "99999999999999999999",
          "2026-11-20", "2026-11-20T12:00:00Zzz", "Nov 20 11:20:51", "11:20:51"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

TEST(Timestamp, TakesTheYearAndTheDayFromTheEnvelope) {
    const EventTime near = at(2027, 1, 1, 0, 0, 5);
    EXPECT_EQ(parse_timestamp("Dec 31 23:59:58", near), at(2026, 12, 31, 23, 59, 58));
    EXPECT_EQ(parse_timestamp("23:59:58.250", near), at(2026, 12, 31, 23, 59, 58, 250'000));
}

TEST(Timestamp, ChoosesTheMeaningOfAnAmbiguousZoneThatLiesNearest) {
    EXPECT_EQ(parse_timestamp("2026-11-20 20:00:00 CST", at(2026, 11, 20, 12, 0, 1)), at(2026, 11, 20, 12, 0, 0))
        << "Asia/Shanghai";
    EXPECT_EQ(parse_timestamp("2026-11-20 06:00:00 CST", at(2026, 11, 20, 12, 0, 1)), at(2026, 11, 20, 12, 0, 0))
        << "America/Chicago";
}

TEST(Timestamp, LeavesTheWordBehindItAlone) {
    const auto found = leading_timestamp("2026-11-20 11:38:33,291 ERROR [main] failed");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->length, std::string_view{"2026-11-20 11:38:33,291"}.size());
}

}  // namespace
}  // namespace culprit
