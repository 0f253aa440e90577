#include "daemon/commands/scan_progress.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1 << 20;

TEST(ScanProgress, SaysHowFarHowFastAndHowLong) {
    EXPECT_EQ(progress_line(400 * kMiB, 1200 * kMiB, 2s, 80), "33 %  400 of 1200 MiB  200 MiB/s  4 s left");
    EXPECT_EQ(progress_line(5 * kMiB, 1200 * kMiB, 2s, 80), "0 %  5.0 of 1200 MiB  2.5 MiB/s  8 min left");
    EXPECT_EQ(progress_line(1200 * kMiB, 1200 * kMiB, 6s, 80), "100 %  1200 of 1200 MiB  200 MiB/s");
}

TEST(ScanProgress, SaysNothingThatIsNotKnown) {
    EXPECT_EQ(progress_line(0, 1200 * kMiB, 5s, 80), "0 %  0.0 of 1200 MiB");
    EXPECT_EQ(progress_line(400 * kMiB, 1200 * kMiB, 200ms, 80), "33 %  400 of 1200 MiB") << "too early for a rate";
    EXPECT_EQ(progress_line(400 * kMiB, 0, 2s, 80), "400 MiB  200 MiB/s") << "stdin has no end in sight";
}

TEST(ScanProgress, FitsTheTerminal) { EXPECT_EQ(progress_line(400 * kMiB, 1200 * kMiB, 2s, 12), "33 %  400 of"); }

}  // namespace
}  // namespace culprit
