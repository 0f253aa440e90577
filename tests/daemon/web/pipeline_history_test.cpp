#include "daemon/web/pipeline_history.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(PipelineHistory, rates_are_those_of_the_last_minute) {
    PipelineHistory history;
    PipelineHistory::Time now{};
    EXPECT_EQ(history.rates().records, 0);
    double records = 0;
    for (int at = 0; at < 20; ++at) {
        records += at < 13 ? 1'000 : 50;  // fast at first; the last minute has six steps of ten seconds
        history.take(now, {{"culprit_records_total", {{"source", "kafka"}}, records},
                           {"culprit_records_total", {{"source", "file"}}, 7},
                           {"other", {}, 1e9}});
        now += PipelineHistory::kEvery;
    }
    EXPECT_DOUBLE_EQ(history.rates().records, 5);
    EXPECT_EQ(history.records().size(), 19u);
    EXPECT_EQ(history.records().front(), 1'000u);
    EXPECT_EQ(history.records().back(), 50u);
}

TEST(PipelineHistory, keeps_an_hour) {
    PipelineHistory history;
    for (int at = 0; at < 1'000; ++at) history.take(PipelineHistory::Time{} + at * PipelineHistory::kEvery, {});
    EXPECT_EQ(history.records().size(), 360u);
}

}  // namespace
}  // namespace culprit
