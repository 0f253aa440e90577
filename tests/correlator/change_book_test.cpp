// What became of each change: watches, warnings, groups. Told as a few signals.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

const DatabaseObject kPhone = constraint_on("customers", "uq_customers_phone");

/// The changes' documents at the end.
std::vector<Json> changes_of(const std::vector<Signal>& signals, double until) {
    Correlator correlator({});
    std::int64_t position = 0;
    for (const LogEntry& entry : entries_of(signals)) correlator.apply(entry, {++position});
    correlator.apply(quiet_until(until), {++position});
    correlator.revisions();
    correlator.change_revisions();
    std::vector<Json> changes;
    for (const IncidentDocument& document : correlator.changes()) {
        EXPECT_EQ(document.kind, DocumentKind::change);
        changes.push_back(Json::parse(document.json));
    }
    return changes;
}

std::vector<Signal> errors(double from, int count, const DatabaseObject& object, const std::string& kind,
                           const std::string& database) {
    std::vector<Signal> signals;
    for (int i = 0; i < count; ++i) signals.push_back(by_server(symptom(from + i * 5.0, kind, object), database, "web"));
    return signals;
}

TEST(Watch, is_open_for_half_an_hour_and_then_clean_when_nothing_happened) {
    const auto open = changes_of({ddl(0, "add_constraint", {kPhone}, "shop")}, 600);
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0]["culprit"]["watch"]["verdict"], "open");
    EXPECT_EQ(open[0]["culprit"]["watch"]["until"], "2026-03-01T10:30:00.000000Z");
    const auto clean = changes_of({ddl(0, "add_constraint", {kPhone}, "shop")}, 1801);
    EXPECT_EQ(clean[0]["culprit"]["watch"]["verdict"], "clean");
    EXPECT_EQ(clean[0]["culprit"]["change"]["operation"], "add_constraint");
}

TEST(Watch, is_dirty_with_the_incident_that_the_change_caused_whenever_that_began) {
    std::vector<Signal> signals{ddl(0, "add_constraint", {kPhone}, "shop")};
    for (Signal& error : errors(4000, 4, kPhone, "unique_violation", "shop")) signals.push_back(std::move(error));
    const auto changes = changes_of(signals, 5000);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0]["culprit"]["watch"]["verdict"], "dirty") << changes[0].dump(1);
    EXPECT_EQ(changes[0]["culprit"]["watch"]["reasons"][0]["why"], "caused");
}

TEST(Watch, holds_new_errors_without_a_cause_against_a_change_of_their_database_and_of_no_other) {
    std::vector<Signal> signals{ddl(0, "create_index", {table_named("orders")}, "shop", "s1"),
                                ddl(1, "create_index", {table_named("orders")}, "billing", "s2")};
    for (Signal& error : errors(600, 4, table_named("carts"), "division_by_zero", "shop")) signals.push_back(std::move(error));
    const auto changes = changes_of(signals, 4000);
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[0]["culprit"]["watch"]["verdict"], "dirty") << changes[0].dump(1);
    EXPECT_EQ(changes[0]["culprit"]["watch"]["reasons"][0]["why"], "unexplained");
    EXPECT_EQ(changes[1]["culprit"]["watch"]["verdict"], "clean");
}

TEST(Watch, of_an_incident_is_found_by_the_id_that_its_cause_names) {
    std::vector<Signal> signals{ddl(0, "add_constraint", {kPhone}, "shop")};
    for (Signal& error : errors(60, 4, kPhone, "unique_violation", "shop")) signals.push_back(std::move(error));
    const auto incidents = fold(entries_of(signals), 300);
    const auto changes = changes_of(signals, 300);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["cause"]["change"], changes.at(0)["culprit"]["id"]);
}

TEST(Group, is_the_release_whose_deployment_broke_several_things) {
    std::vector<Signal> signals{deployment(0, "shop", "7")};
    for (double time : {5.0, 10.0, 15.0, 20.0}) {
        signals.push_back(by_service(symptom(time, "undefined_table", table_named("carts")), "shop"));
        signals.push_back(by_service(symptom(time + 1, "undefined_table", table_named("baskets")), "shop"));
    }
    const auto changes = changes_of(signals, 60);
    ASSERT_EQ(changes.size(), 1u);
    const Json& group = changes[0]["culprit"]["group"];
    EXPECT_EQ(group["incidents"].size(), 2u) << changes[0].dump(1);
    EXPECT_EQ(group["services"], Json::array({"shop"}));
    EXPECT_EQ(group["status"], "open");
    EXPECT_EQ(fold(entries_of(signals), 60)[0]["culprit"]["group"], changes[0]["culprit"]["id"]);
}

TEST(Warning, of_an_import_with_its_own_keys_that_no_sequence_reset_follows) {
    Signal load = change(0, "import", {}, {table_named("tickets")});
    load.tool = "psql";
    const auto warned = changes_of({load}, 700);
    const Json& warning = warned.at(0)["culprit"]["warnings"].at(0);
    EXPECT_EQ(warning["rule"], "import_without_sequence_reset");
    EXPECT_EQ(warning["status"], "open");
    EXPECT_NE(warning["verify_sql"][0].get<std::string>().find("'\"tickets\"'::regclass"), std::string::npos) << warning.dump(1);
    EXPECT_FALSE(changes_of({load}, 300).at(0)["culprit"].contains("warnings")) << "it may still come";
    EXPECT_FALSE(changes_of({load, sequence_reset(30)}, 700).at(0)["culprit"].contains("warnings")) << "it came";
    const auto late = changes_of({load, sequence_reset(900)}, 1000);
    EXPECT_EQ(late.at(0)["culprit"]["warnings"][0]["status"], "resolved");
}

TEST(Warning, is_not_given_of_an_import_that_leaves_the_key_to_its_default) {
    Signal load = change(0, "import", {}, {table_named("tickets")});
    load.statement = "COPY tickets (subject, status) FROM STDIN";
    EXPECT_FALSE(changes_of({load}, 700).at(0)["culprit"].contains("warnings"));
}

TEST(Warning, of_a_migration_that_failed_after_some_of_its_statements) {
    Signal done = ddl(0, "rename_table", {table_named("orders")}, "shop", "m1", "goose");
    Signal begun = ddl(1, "create_unique_index", {constraint_on("orders_v2", "orders_v2_uq")}, "shop", "m1", "goose");
    Signal failed = begun;
    failed.time = at(1.2);
    failed.phase = Phase::failed;
    Signal line = change(1.5, "migration");
    line.tool = "goose";
    line.migration = "20260301_orders.sql";
    line.phase = Phase::failed;
    const auto changes = changes_of({done, begun, failed, line}, 300);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_NE(changes[0]["culprit"]["warnings"].at(0)["summary"].get<std::string>().find("after 1 of its statements"),
              std::string::npos);
    EXPECT_EQ(changes[0]["culprit"]["warnings"].at(0)["rule"], "migration_left_half_done") << changes[0].dump(1);
}

TEST(Warning, of_a_constraint_that_is_never_validated_until_it_is) {
    Signal added = ddl(0, "add_constraint", {constraint_on("orders", "orders_total_check")}, "shop");
    added.statement = "ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total > 0) NOT VALID";
    const auto warned = changes_of({added}, 4000);
    EXPECT_EQ(warned.at(0)["culprit"]["warnings"].at(0)["fix_sql"][0],
              R"(ALTER TABLE "orders" VALIDATE CONSTRAINT "orders_total_check";)");
    const Signal validated = ddl(600, "validate_constraint", {constraint_on("orders", "orders_total_check")}, "shop", "s9");
    EXPECT_FALSE(changes_of({added, validated}, 4000).at(0)["culprit"].contains("warnings"));
}

}  // namespace
}  // namespace culprit::testing
