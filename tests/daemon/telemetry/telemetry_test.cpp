#include "daemon/telemetry.h"

#include <gtest/gtest.h>

#include <thread>

namespace culprit {
namespace {

Signal signal(Family family, const std::string& kind) {
    Signal made;
    made.family = family;
    made.kind = kind;
    return made;
}

void expect_line(const Telemetry& telemetry, const std::string& line) {
    const std::string all = telemetry.expose();
    EXPECT_NE(("\n" + all).find("\n" + line + "\n"), std::string::npos) << line << "\nis not in\n" << all;
}

TEST(Telemetry, a_committed_batch_is_counted_under_the_names_that_users_know) {
    Telemetry telemetry;
    MatchedBatch batch;
    batch.counters.records = 1000;
    batch.counters.bytes = 440'000;
    batch.counters.filter_passes = 12;
    batch.counters.decoded = 11;
    batch.counters.undecodable = 1;
    batch.counters.repaired_utf8 = 2;
    batch.counters.unmatched = 3;
    batch.counters.assemblies_cut = 4;
    batch.signals = {signal(Family::symptom, "unique_violation"), signal(Family::symptom, "unique_violation"),
                     signal(Family::change, "import")};
    telemetry.committed(batch, "kafka:app-logs");
    telemetry.committed(batch, "kafka:app-logs");
    for (const char* line :
         {R"(culprit_records_total{source="kafka:app-logs"} 2000)", R"(culprit_bytes_total{source="kafka:app-logs"} 880000)",
          "culprit_filter_passes_total 24", R"(culprit_signals_total{family="symptom",kind="unique_violation"} 4)",
          R"(culprit_signals_total{family="change",kind="import"} 2)", "culprit_undecodable_records_total 2",
          "culprit_decoded_records_total 22", "culprit_repaired_records_total 4", "culprit_unmatched_records_total 6",
          "culprit_assemblies_cut_total 8"})
        expect_line(telemetry, line);
}

TEST(Telemetry, gauges_hold_what_was_said_last) {
    Telemetry telemetry;
    for (const int value : {7, 3}) {
        telemetry.consumer_lag("app-logs", 2, value);
        telemetry.watermark_delay(value + 0.5);
        telemetry.incidents("open", static_cast<std::size_t>(value));
        telemetry.sink_pending("elasticsearch", static_cast<std::size_t>(value));
        telemetry.state_size("fingerprints", static_cast<std::size_t>(value), 10'000);
    }
    for (const char* line :
         {R"(culprit_consumer_lag{partition="2",topic="app-logs"} 3)", "culprit_watermark_delay_seconds 3.5",
          R"(culprit_incidents{status="open"} 3)", R"(culprit_sink_pending_documents{sink="elasticsearch"} 3)",
          R"(culprit_state_size{state="fingerprints"} 3)", R"(culprit_state_limit{state="fingerprints"} 10000)"})
        expect_line(telemetry, line);
}

TEST(Telemetry, a_sinks_latency_retries_and_rejections_are_told_apart) {
    Telemetry telemetry;
    telemetry.sink_request("elasticsearch", "ok", 0.02);
    telemetry.sink_request("elasticsearch", "retry", 4);
    telemetry.sink_documents("elasticsearch", "written", 10);
    telemetry.sink_documents("elasticsearch", "rejected", 2);
    telemetry.dead_letter("invalid_json");
    for (const char* line : {R"(culprit_sink_requests_total{outcome="ok",sink="elasticsearch"} 1)",
                             R"(culprit_sink_retries_total{sink="elasticsearch"} 1)",
                             R"(culprit_sink_documents_total{result="written",sink="elasticsearch"} 10)",
                             R"(culprit_sink_rejections_total{sink="elasticsearch"} 2)",
                             R"(culprit_sink_request_duration_seconds_bucket{sink="elasticsearch",le="0.025"} 1)",
                             R"(culprit_sink_request_duration_seconds_count{sink="elasticsearch"} 2)",
                             R"(culprit_dead_letters_total{reason="invalid_json"} 1)"})
        expect_line(telemetry, line);
}

TEST(Telemetry, nothing_is_shown_of_what_was_never_said) {
    const std::string all = Telemetry().expose();
    EXPECT_EQ(all.find("culprit_watermark_delay_seconds "), std::string::npos)
        << "a delay of 0 before there is a watermark would be a lie";
    EXPECT_NE(all.find("culprit_filter_passes_total 0"), std::string::npos);
}

TEST(Telemetry, threads_may_count_at_once) {
    Telemetry telemetry;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
            for (int at = 0; at < 1000; ++at) telemetry.dead_letter("x");
        });
    for (auto& thread : threads) thread.join();
    expect_line(telemetry, R"(culprit_dead_letters_total{reason="x"} 4000)");
}

TEST(Telemetry, a_partition_that_is_anothers_is_not_spoken_of_any_more) {
    Telemetry telemetry;
    telemetry.consumer_lag("logs", 3, 17);
    telemetry.consumer_offset("logs", 3, 100);
    telemetry.consumer_offset("logs", 4, 200);
    expect_line(telemetry, R"(culprit_consumer_offset{partition="3",topic="logs"} 100)");
    telemetry.consumer_gone("logs", 3);
    EXPECT_EQ(telemetry.expose().find("partition=\"3\""), std::string::npos);
    expect_line(telemetry, R"(culprit_consumer_offset{partition="4",topic="logs"} 200)");
    telemetry.consumer_gone("logs", 5);  // was never spoken of
}

}  // namespace
}  // namespace culprit
