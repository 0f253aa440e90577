#include "daemon/text_values.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(TextValues, DurationsAreANumberAndAUnit) {
    EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds{250});
    EXPECT_EQ(parse_duration("0s"), std::chrono::seconds{0});
    EXPECT_EQ(parse_duration("30m"), std::chrono::minutes{30});
    EXPECT_EQ(parse_duration("7d"), std::chrono::hours{168});
    for (const char* wrong : {"", "30", "m", "-1s", "1.5h", "1 h", "1w", "9223372036854775807d", "1h30m"}) {
        EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
    }
}

TEST(TextValues, TimesNeedAZone) {
    const EventTime two = EventTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 1} + std::chrono::hours{2}};
    EXPECT_EQ(parse_time("2026-02-01T02:00Z"), two);
    EXPECT_EQ(parse_time("2026-02-01 02:00:00Z"), two);
    EXPECT_EQ(parse_time("2026-02-01T03:30:00+01:30"), two);
    EXPECT_EQ(parse_time("2026-01-31T23:00:00-03"), two);
    EXPECT_EQ(parse_time("2026-02-01T02:00:00.123456789Z"), two + Duration{123'456});
    for (const char* wrong : {"", "2026-02-01", "2026-02-01T02:00", "2026-02-30T02:00Z", "2026-02-01T24:00Z",
                              "2026-02-01T02:00:00.Z", "2026-02-01T02:00Zx"}) {
        EXPECT_EQ(parse_time(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace culprit
