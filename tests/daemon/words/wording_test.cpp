#include "daemon/words/wording.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(Wording, SaysHowFarACauseLiesFromTheFirstError) {
    EXPECT_EQ(distance_of(-300), "5 min before the first error");
    EXPECT_EQ(distance_of(-1), "1 s before the first error");
    EXPECT_EQ(distance_of(-0.2), "just before the first error");
    EXPECT_EQ(distance_of(0), "at the moment of the first error");
    EXPECT_EQ(distance_of(0.4), "just after the first error");
    EXPECT_EQ(distance_of(10'800), "3 h after the first error");
}

}  // namespace
}  // namespace culprit
