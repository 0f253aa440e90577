#include "daemon/silent_inputs.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

using std::chrono::seconds;

const InputPartition kFirst{SourceType::kafka, "app-logs", 0};
const InputPartition kSecond{SourceType::file, "/var/log/app.log", 0};

class SilentInputsTest : public testing::Test {
   protected:
    void hear(const InputPartition& input, bool idle, seconds now) {
        inputs_.heard({input, EventTime{seconds{100}}, idle, {}}, start_ + now);
    }
    /// Asked every few seconds up to then, as a correlator does.
    std::vector<WatermarkUpdate> silent(seconds now) {
        for (; asked_ < now; asked_ += seconds{5}) inputs_.silent(start_ + asked_);
        return inputs_.silent(start_ + now);
    }

    SilentInputs inputs_{seconds{60}};
    WallClock::time_point start_ = WallClock::now();
    seconds asked_{0};
};

TEST_F(SilentInputsTest, AnActiveInputOfWhichNothingIsWrittenAnyMoreIsLetGoOf) {
    hear(kFirst, false, seconds{0});
    hear(kSecond, false, seconds{0});
    hear(kSecond, false, seconds{30});
    EXPECT_TRUE(silent(seconds{59}).empty());
    const auto updates = silent(seconds{60});
    ASSERT_EQ(updates.size(), 1U);
    EXPECT_EQ(updates[0].input, kFirst);
    EXPECT_TRUE(updates[0].idle);
    EXPECT_EQ(updates[0].watermark, EventTime{seconds{100}}) << "its watermark stays";
}

TEST_F(SilentInputsTest, AnIdleInputHoldsNothingBackAndIsLeft) {
    hear(kFirst, true, seconds{0});
    EXPECT_TRUE(silent(seconds{3'600}).empty());
}

TEST_F(SilentInputsTest, WhatWasLetGoOfIsSaidAgainUntilTheLogHasIt) {
    hear(kFirst, false, seconds{0});
    EXPECT_EQ(silent(seconds{60}).size(), 1U);
    EXPECT_EQ(silent(seconds{61}).size(), 1U);
    hear(kFirst, true, seconds{61});
    EXPECT_TRUE(silent(seconds{200}).empty());
}

TEST_F(SilentInputsTest, AnInputThatIsReadAgainIsActiveAgain) {
    hear(kFirst, true, seconds{0});
    hear(kFirst, false, seconds{100});
    EXPECT_TRUE(silent(seconds{159}).empty());
    EXPECT_EQ(silent(seconds{160}).size(), 1U);
}

TEST_F(SilentInputsTest, AfterAPauseOfItsOwnTheCorrelatorBeginsAnew) {
    hear(kFirst, false, seconds{0});
    EXPECT_TRUE(silent(seconds{20}).empty());
    EXPECT_TRUE(inputs_.silent(start_ + seconds{3'600}).empty()) << "it was paused, not the input";
    asked_ = seconds{3'600};
    EXPECT_TRUE(silent(seconds{3'659}).empty());
    EXPECT_EQ(silent(seconds{3'660}).size(), 1U);
}

}  // namespace
}  // namespace culprit
