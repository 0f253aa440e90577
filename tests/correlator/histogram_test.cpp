#include "correlator/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "fold.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using culprit::testing::at;

TEST(Histogram, begins_at_a_round_time_and_has_the_finest_step_that_fits) {
    const struct {
        double last;
        std::chrono::seconds step;
        std::size_t bars;
    } cases[] = {{0, 1s, 1}, {59, 1s, 60}, {60, 2s, 31}, {3'599, 1min, 60}, {3'600, 2min, 31}, {86'400 * 90, 48h, 46}};
    for (const auto& one : cases) {
        const Histogram histogram = histogram_of({{at(0), 3}, {at(one.last), 4}});
        EXPECT_EQ(histogram.step, one.step) << one.last;
        EXPECT_EQ(histogram.counts.size(), one.bars) << one.last;
        EXPECT_EQ(histogram.from.time_since_epoch() % histogram.step, 0s);
    }
}

RC_GTEST_PROP(Histogram, loses_no_error_and_has_no_more_bars_than_can_be_drawn, ()) {
    std::vector<Occurrences> occurrences;
    for (int n = *rc::gen::inRange(1, 50); n > 0; --n)
        occurrences.push_back({at(*rc::gen::inRange(0, 10'000'000)), *rc::gen::inRange<std::uint64_t>(1, 1'000)});
    std::ranges::sort(occurrences, {}, &Occurrences::time);
    const Histogram histogram = histogram_of(occurrences);
    RC_ASSERT(histogram.counts.size() <= Histogram::kBars);
    RC_ASSERT(histogram.counts.front() > 0u && histogram.counts.back() > 0u);
    std::uint64_t sum = 0;
    for (const Occurrences& each : occurrences) sum += each.count;
    RC_ASSERT(std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0}) == sum);
}

}  // namespace
}  // namespace culprit
