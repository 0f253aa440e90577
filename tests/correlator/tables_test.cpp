// The pure functions: trend, onset, severity, quoting.
#include <gtest/gtest.h>

#include "correlator/onset.h"
#include "correlator/playbook.h"
#include "correlator/sql_quoting.h"
#include "correlator/trend.h"
#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

std::vector<Occurrences> every(double step, double from, double until, std::uint64_t count = 1) {
    std::vector<Occurrences> all;
    for (double time = from; time <= until; time += step) all.push_back({at(time), count});
    return all;
}

std::vector<Occurrences> then(std::vector<Occurrences> a, const std::vector<Occurrences>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(Trend, reads_the_course_of_errors) {
    struct Case {
        const char* what;
        std::vector<Occurrences> occurrences;
        Trend expected;
        double since = 0;  // when the logs begin
    };
    const Case cases[] = {
        {"one error", every(1, 0, 0), Trend::intermittent},
        {"all within five minutes", every(10, 0, 300), Trend::spike},
        {"every two minutes for three hours", every(120, 0, 3 * 3600), Trend::constant},
        {"ever more often", then(then(every(1200, 0, 7200), every(300, 7200, 14400)), every(60, 14400, 21600)), Trend::gradual},
        {"three short visits in ten hours", then(then(every(60, 0, 60), every(60, 15000, 15060)), every(60, 36000, 36060)),
         Trend::intermittent},
        {"the same three hours behind a quiet day", every(120, 80'000, 80'000 + 3 * 3600), Trend::spike},
        {"seven hours behind a quiet day: it has become a state", every(120, 80'000, 80'000 + 7 * 3600), Trend::constant},
        {"three hours with which the logs begin", every(120, 80'000, 80'000 + 3 * 3600), Trend::constant, 79'000},
        {"ever more often behind a quiet day", then(every(1200, 80'000, 83'600), every(60, 84'000, 88'000)), Trend::gradual},
        {"a burst, and stragglers for hours", then(every(1, 0, 60), every(5000, 5000, 20'000)), Trend::spike},
        {"two errors", every(3600, 0, 3600), Trend::intermittent},
        {"twice a day, each time a burst", then(every(2, 0, 60), every(2, 40'000, 40'060)), Trend::intermittent},
        {"one a minute all day, of which only the last 24 hours count", every(60, -400'000, 80'000), Trend::constant, -400'000},
        {"yesterday's burst is left out of today's course", then(every(1, 0, 300), every(600, 100'000, 110'000)), Trend::spike},
    };
    for (const Case& each : cases)
        EXPECT_EQ(to_string(trend_of(each.occurrences, at(each.since))), to_string(each.expected)) << each.what;
}

TEST(Onset, is_the_first_error_when_there_was_no_baseline) { EXPECT_EQ(find_onset(every(10, 0, 600)).time, at(0)); }

TEST(Onset, is_the_surge_when_errors_had_trickled_before) {
    const Onset onset = find_onset(then(every(600, 0, 6000), every(2, 6300, 6600)));
    EXPECT_EQ(onset.time, at(6300));
    EXPECT_NEAR(onset.baseline_per_minute, 0.1, 0.02);
    EXPECT_GT(onset.rate_per_minute, 20);
}

TEST(Onset, does_not_move_for_a_steady_rate) { EXPECT_EQ(find_onset(every(60, 0, 86400)).time, at(0)); }

TEST(Severity, is_lowered_by_planned_maintenance_and_says_so) {
    CorrelationSettings settings;
    settings.maintenance = {{"production", "shop", at(-60), at(600)}};
    std::vector<Signal> signals;
    for (int i = 0; i < 4; ++i)
        signals.push_back(by_server(symptom(i, "unique_violation", constraint_on("t", "t_key")), "shop", "web"));
    const auto incident = fold(entries_of(signals), 100, settings)[0];
    EXPECT_EQ(incident["culprit"]["severity"], "SEV4");
    EXPECT_NE(incident["culprit"]["severity_reasons"].dump().find("planned maintenance"), std::string::npos);
}

TEST(Quoting, survives_hostile_names) {
    EXPECT_EQ(quote_identifier(R"(we"ird)"), R"("we""ird")");
    EXPECT_EQ(quote_literal("o'clock"), "'o''clock'");
}

TEST(Describe, keeps_control_bytes_of_hostile_names_off_the_terminal) {
    Correlator correlator({});
    correlator.apply(entry_of(by_server(symptom(0, "unique_violation", constraint_on("t", "t\x1b[2Jkey")), "shop")), {1});
    const auto revisions = correlator.revisions();
    EXPECT_EQ(describe(revisions[0], 80, false).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace culprit::testing
