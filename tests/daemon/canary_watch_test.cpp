#include "daemon/canary_watch.h"

#include <gtest/gtest.h>

#include <cmath>

namespace culprit {
namespace {

using std::chrono::seconds;

class StagedSink final : public Sink {
   public:
    std::string_view name() const override { return "staged"; }
    void offer(const std::vector<IncidentDocument>&) override {}
    std::size_t pending() const override { return owed ? 1 : 0; }
    std::optional<std::chrono::steady_clock::time_point> owed_since() const override { return owed; }
    SinkHealth health() const override { return {ready, ""}; }
    std::size_t drain(std::chrono::milliseconds) override { return 0; }

    std::optional<std::chrono::steady_clock::time_point> owed;
    bool ready = true;
};

class CanaryWatchTest : public testing::Test {
   protected:
    CanaryWatchTest() {
        auto made = std::make_unique<StagedSink>();
        sink_ = made.get();
        sinks_.push_back(std::move(made));
    }
    WatermarkUpdate update(int partition, int age) const {
        WatermarkUpdate update;
        update.input = {SourceType::kafka, "logs", partition};
        update.canary = now_ - seconds{age};
        return update;
    }
    /// How old the newest canary of the stage is; -1 when there is none.
    double age(const std::string& stage, int partition = 0) const {
        for (const auto& value : telemetry_.values()) {
            if (value.name == "culprit_canary_" + stage + "_timestamp_seconds" &&
                value.labels.at("partition") == std::to_string(partition))
                return std::round(static_cast<double>(to_micros(now_)) / 1e6 - value.value);
        }
        return -1;
    }

    const EventTime now_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    Telemetry telemetry_;
    std::vector<std::unique_ptr<Sink>> sinks_;
    StagedSink* sink_ = nullptr;
    CanaryWatch watch_{sinks_, telemetry_};
};

TEST_F(CanaryWatchTest, one_that_is_folded_is_safe_when_the_sinks_owe_nothing_older) {
    watch_.folded(0, update(0, 10), false);
    EXPECT_EQ(age("folded"), 10);
    EXPECT_EQ(age("safe"), -1);
    watch_.look_after();
    EXPECT_EQ(age("safe"), -1) << "nobody has offered yet what it may stand behind";
    sink_->owed = std::chrono::steady_clock::now();
    watch_.offered();
    watch_.look_after();
    EXPECT_EQ(age("safe"), -1) << "a document offered before it is on its way";
    sink_->owed = std::chrono::steady_clock::now() + seconds{1};
    watch_.look_after();
    EXPECT_EQ(age("safe"), 10) << "what is owed now came after it";
}

TEST_F(CanaryWatchTest, a_stream_of_canaries_does_not_move_the_goal) {
    watch_.folded(0, update(0, 30), false);
    sink_->owed = std::chrono::steady_clock::now();
    watch_.offered();
    for (const int newer : {20, 10}) {
        watch_.folded(0, update(0, newer), false);
        watch_.offered();
    }
    sink_->owed = std::chrono::steady_clock::now();
    watch_.look_after();
    EXPECT_EQ(age("safe"), 30);
    EXPECT_EQ(age("folded"), 10);
    sink_->owed.reset();
    watch_.offered();
    watch_.look_after();
    EXPECT_EQ(age("safe"), 10);
}

TEST_F(CanaryWatchTest, a_sink_in_trouble_keeps_it_from_being_safe) {
    sink_->ready = false;
    watch_.folded(0, update(0, 10), false);
    watch_.offered();
    watch_.look_after();
    EXPECT_EQ(age("safe"), -1);
    sink_->ready = true;
    watch_.look_after();
    EXPECT_EQ(age("safe"), 10);
}

TEST_F(CanaryWatchTest, of_several_partitions_of_the_log_the_slowest_counts) {
    watch_.folded(0, update(0, 60), false);
    watch_.folded(1, update(0, 60), false);
    watch_.folded(1, update(0, 5), false);
    EXPECT_EQ(age("folded"), 60);
    watch_.folded(0, update(0, 5), false);
    EXPECT_EQ(age("folded"), 5);
    watch_.gone(0);
    EXPECT_EQ(age("folded"), 5) << "the other one is ours still";
    watch_.gone(1);
    EXPECT_EQ(age("folded"), -1);
}

TEST_F(CanaryWatchTest, each_input_partition_has_its_own) {
    watch_.folded(0, update(0, 60), false);
    watch_.folded(0, update(3, 5), false);
    EXPECT_EQ(age("folded", 0), 60);
    EXPECT_EQ(age("folded", 3), 5);
}

TEST_F(CanaryWatchTest, what_is_folded_again_after_a_restart_has_no_latency) {
    watch_.folded(0, update(0, 3600), true);
    watch_.offered();
    watch_.look_after();
    EXPECT_EQ(age("safe"), 3600);
    EXPECT_EQ(telemetry_.expose().find("culprit_canary_latency_seconds_count"), std::string::npos);
    watch_.folded(0, update(0, 1), false);
    EXPECT_NE(telemetry_.expose().find("culprit_canary_latency_seconds_count{stage=\"folded\"} 1"), std::string::npos);
}

TEST_F(CanaryWatchTest, one_from_the_future_hides_none_that_follow) {
    watch_.folded(0, update(0, -86'400), false);
    watch_.folded(0, update(0, 5), false);
    EXPECT_EQ(age("folded"), 5);
}

}  // namespace
}  // namespace culprit
