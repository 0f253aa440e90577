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

TEST(Histogram, begins_with_the_onset_where_both_sides_saw_as_many) {
    using namespace culprit::testing;
    const auto from = [](std::vector<Signal> signals) {
        const Json own = fold(entries_of(signals), 1'000).at(0)["culprit"];
        return own["symptom"]["histogram"]["from"].get<std::string>().substr(11, 8) + " " +
               own["onset"].get<std::string>().substr(11, 8);
    };
    const auto application = [](double time) {
        Signal signal = by_service(symptom(time, "unique_violation", constraint_on("t", "t_key")), "web");
        signal.scope.database = "shop";
        return signal;
    };
    const auto server = [](double time) {
        return by_server(symptom(time, "unique_violation", constraint_on("t", "t_key")), "shop");
    };
    EXPECT_EQ(from({application(0), server(30), application(60), server(60)}), "10:00:00 10:00:00");
    EXPECT_EQ(from({server(0), application(30), application(60), server(60)}), "10:00:00 10:00:00");
    EXPECT_EQ(from({application(0), server(30), server(31)}), "10:00:30 10:00:00") << "the side that saw more of them";
}

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
