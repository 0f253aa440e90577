#include "daemon/input_clocks.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

using std::chrono::seconds;

const InputPartition kFirst{SourceType::kafka, "app-logs", 0};
const InputPartition kSecond{SourceType::kafka, "app-logs", 1};

class InputClocksTest : public testing::Test {
   protected:
    WatermarkUpdate settle(const InputPartition& input, seconds watermark, bool idle, seconds now) {
        WatermarkUpdate update{input, EventTime{watermark}, idle, {}};
        clocks_.settle(update, start_ + now);
        return update;
    }
    std::optional<WatermarkUpdate> step(seconds now) { return clocks_.quiet_step(start_ + now); }

    InputClocks clocks_{std::chrono::minutes{10}};
    WallClock::time_point start_ = WallClock::now();
};

TEST_F(InputClocksTest, AWatermarkNeverGoesBack) {
    settle(kFirst, seconds{100}, false, seconds{0});
    EXPECT_EQ(settle(kFirst, seconds{90}, false, seconds{1}).watermark, EventTime{seconds{100}});
}

TEST_F(InputClocksTest, TheQuietMovesTheFurthestWatermarkOnASecondASecond) {
    clocks_.happened(EventTime{seconds{100}});
    settle(kFirst, seconds{100}, true, seconds{0});
    settle(kSecond, seconds{50}, true, seconds{0});
    EXPECT_FALSE(step(seconds{0}));
    const auto moved = step(seconds{3});
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->input, kFirst);
    EXPECT_EQ(moved->watermark, EventTime{seconds{103}});
    EXPECT_TRUE(moved->idle);
    EXPECT_FALSE(step(seconds{3})) << "at most once a second";
    EXPECT_TRUE(step(seconds{4}));
}

TEST_F(InputClocksTest, AnActivePartitionKeepsTheQuietFromMovingTime) {
    clocks_.happened(EventTime{seconds{100}});
    settle(kFirst, seconds{100}, true, seconds{0});
    settle(kSecond, seconds{50}, false, seconds{0});
    EXPECT_FALSE(step(seconds{60}));
}

TEST_F(InputClocksTest, NothingIsMovedWhereNothingHappened) {
    settle(kFirst, seconds{100}, true, seconds{0});
    EXPECT_FALSE(step(seconds{60}));
}

TEST_F(InputClocksTest, TheQuietStopsMovingTimeBeyondTheHorizon) {
    clocks_.happened(EventTime{seconds{100}});
    settle(kFirst, seconds{100}, true, seconds{0});
    ASSERT_TRUE(step(seconds{601})) << "the step over the horizon is the last";
    EXPECT_FALSE(step(seconds{2'000}));
}

TEST_F(InputClocksTest, APartitionThatNoSourceReadsAnyMoreIsAbandoned) {
    settle(kFirst, seconds{100}, false, seconds{0});
    settle(kSecond, seconds{50}, false, seconds{0});
    clocks_.opened(kFirst);
    const auto abandoned = clocks_.abandoned();
    ASSERT_EQ(abandoned.size(), 1U);
    EXPECT_EQ(abandoned[0].input, kSecond);
    EXPECT_EQ(abandoned[0].watermark, EventTime{seconds{50}});
    EXPECT_TRUE(abandoned[0].idle);
}

}  // namespace
}  // namespace culprit
