// What responders do ends incidents; it is never a symptom, nor held against the cause when it was aimed at something else.
#include <gtest/gtest.h>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

Signal remedy(double time, std::string kind) {
    Signal signal = change(time, std::move(kind));
    signal.family = Family::remedy;
    return by_server(signal, "shop");
}

std::vector<Signal> locked(std::vector<double> times) {
    std::vector<Signal> signals{ddl(-5, "add_column", {table_named("orders")}, "shop")};
    for (const double time : times)
        signals.push_back(by_server(symptom(time, "lock_not_available", table_named("orders")), "shop", "web"));
    return signals;
}

Json only_incident(const std::vector<Signal>& signals, double until) {
    const auto incidents = fold(entries_of(signals), until);
    EXPECT_EQ(incidents.size(), 1u);
    return incidents.front()["culprit"];
}

TEST(Responders, end_an_incident_of_locks_by_pg_terminate_backend) {
    auto signals = locked({0, 5, 10});
    signals.push_back(remedy(20, "sessions_ended"));
    const Json own = only_incident(signals, 60);
    EXPECT_EQ(own["status"], "resolved");
    EXPECT_EQ(own["resolved_by"], "sessions_ended");
    EXPECT_EQ(own["attribution"], "attributed");
}

TEST(Responders, who_end_the_wrong_sessions_are_not_held_against_the_cause) {
    auto signals = locked({0, 5, 10, 40, 50});
    const double before = only_incident(signals, 60)["causes"][0]["score"];
    signals.push_back(remedy(20, "sessions_ended"));
    const Json own = only_incident(signals, 60);
    EXPECT_EQ(own["status"], "open");
    EXPECT_EQ(own["causes"][0]["score"], before);
}

TEST(Responders, end_lost_connections_by_restarting_the_pool_or_the_server) {
    for (const bool pool : {true, false}) {
        std::vector<Signal> signals;
        for (const double time : {0.0, 5.0, 10.0})
            signals.push_back(by_server(symptom(time, "connection_failure", {}), "shop", "web"));
        signals.push_back(pool ? remedy(20, "pool_restart") : by_server(change(20, "restart", "startup"), "shop"));
        const Json own = only_incident(signals, 60);
        EXPECT_EQ(own["status"], "resolved") << pool;
        EXPECT_EQ(own["resolved_by"], pool ? "pool_restart" : "startup");
    }
}

TEST(Responders, end_a_missing_table_by_restoring_it_and_corruption_by_point_in_time_recovery) {
    std::vector<Signal> missing, damaged;
    for (const double time : {0.0, 5.0, 10.0}) {
        missing.push_back(by_server(symptom(time, "undefined_table", table_named("coupons")), "shop", "web"));
        damaged.push_back(by_server(symptom(time, "data_corrupted", {}), "shop", "web"));
    }
    missing.push_back(by_server(change(20, "restore", {}, {table_named("coupons")}), "shop"));
    damaged.push_back(by_server(change(20, "restore", "archive_recovery"), "shop"));
    EXPECT_EQ(only_incident(missing, 60)["resolved_by"], "restore");
    EXPECT_EQ(only_incident(damaged, 60)["resolved_by"], "archive_recovery");
}

}  // namespace
}  // namespace culprit::testing
