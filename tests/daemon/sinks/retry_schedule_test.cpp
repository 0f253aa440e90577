#include "daemon/sinks/retry_schedule.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

using std::chrono::milliseconds;

TEST(RetrySchedule, doubles_up_to_its_limit_and_waits_between_half_and_whole) {
    const RetrySchedule schedule{milliseconds(100), milliseconds(1'000), milliseconds(9'000)};
    const struct {
        unsigned failures;
        double chance;
        int wait;
    } cases[] = {
        {1, 0, 50},  {1, 0.5, 75},        {2, 0, 100},
        {3, 0, 200}, {4, 0, 400},         {5, 0, 500},
        {6, 0, 500}, {1'000'000, 0, 500}, {1'000'000, 0.999, 999},
        {0, 0, 50},
    };
    for (const auto& one : cases) EXPECT_EQ(schedule.after(one.failures, one.chance), milliseconds(one.wait)) << one.failures;
}

}  // namespace
}  // namespace culprit
