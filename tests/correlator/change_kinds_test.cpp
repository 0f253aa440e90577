// Kinds of changes that only some sources tell of: pushed code, pending migrations, failed commands, LOCK TABLE, ranges of rows.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

/// Errors every few seconds from `from` on.
std::vector<Signal> errors(double from, const std::string& kind, const DatabaseObject& object, const std::string& service,
                           int count = 5) {
    std::vector<Signal> signals{by_service(symptom(-7200, "division_by_zero", {}), service)};  // logs reach back further
    for (int i = 0; i < count; ++i) {
        signals.push_back(by_server(symptom(from + i * 6.0, kind, object), "shop", service));
        signals.push_back(by_service(symptom(from + i * 6.0 + 0.01, kind, object), service));
    }
    return signals;
}

Json incident_of(std::vector<Signal> signals, std::vector<Signal> more) {
    signals.insert(signals.end(), more.begin(), more.end());
    for (Json& incident : fold(entries_of(signals), 4000))
        if (incident["culprit"]["symptom"]["kind"] != "division_by_zero") return incident["culprit"];
    return {};
}

/// The cause, or what it says of its candidates in its place.
Json cause_of(const Json& own) {
    if (own.contains("cause")) return own["cause"];
    ADD_FAILURE() << "no cause: " << own.value("causes", Json()).dump(1);
    return {{"kind", ""}, {"operation", ""}, {"confidence", 0}, {"evidence", Json::array()}};
}

bool has_term(const Json& cause, const std::string& name) {
    return std::ranges::any_of(cause["evidence"], [&](const Json& term) { return term["name"] == name; });
}

Signal pending(double time, const std::string& service) {
    Signal line = by_service(change(time, "pending_migration"), service);
    line.phase = Phase::unknown;
    line.tool = "django";
    return line;
}

Signal pushed(double time, const std::string& service, const std::string& release, const std::string& operation = "push") {
    Signal push = by_service(change(time, "code_change", operation), service);
    push.scope.release = release;
    push.tool = "github";
    return push;
}

const DatabaseObject kWishlists = table_named("wishlists");

TEST(PendingMigration, that_an_application_reports_speaks_for_the_release_that_lacks_it) {
    const Json with = incident_of(errors(60, "undefined_table", kWishlists, "web"),
                                  {deployment(0, "web", "2.0"), pending(5, "web"), pending(35, "web")});
    ASSERT_EQ(with["attribution"], "attributed");
    EXPECT_EQ(cause_of(with)["kind"], "deployment") << with["causes"].dump(1);
    EXPECT_TRUE(has_term(cause_of(with), "pending_migration"));
    EXPECT_EQ(with["causes"].size(), 1U) << "it is part of that story, not its rival";
    const Json other =
        incident_of(errors(60, "undefined_table", kWishlists, "web"), {deployment(0, "web", "2.0"), pending(5, "reports")});
    EXPECT_FALSE(has_term(cause_of(other), "pending_migration")) << "another service's";
}

TEST(PendingMigration, is_the_cause_where_no_deployment_is_seen) {
    const Json own = incident_of(errors(60, "undefined_table", kWishlists, "web"), {pending(5, "web")});
    EXPECT_EQ(own["attribution"], "attributed");
    EXPECT_EQ(cause_of(own)["kind"], "pending_migration");
    EXPECT_EQ(own["diagnosis"]["rule"], "migration_missing_for_release");
    const Json duplicate = incident_of(errors(60, "unique_violation", constraint_on("t", "t_key"), "web"), {pending(5, "web")});
    EXPECT_EQ(duplicate["attribution"], "unattributed") << "it has nothing to do with those";
}

TEST(CodeChange, is_the_cause_where_its_deployment_is_not_seen_and_part_of_it_where_it_is) {
    const Json alone = incident_of(errors(300, "undefined_table", kWishlists, "web"), {pushed(0, "web", "c0ffee")});
    EXPECT_EQ(alone["attribution"], "attributed");
    EXPECT_EQ(cause_of(alone)["kind"], "code_change");
    const Json deployed = incident_of(errors(300, "undefined_table", kWishlists, "web"),
                                      {pushed(0, "web", "c0ffee"), deployment(240, "web", "c0ffee")});
    EXPECT_EQ(cause_of(deployed)["kind"], "deployment");
    EXPECT_EQ(deployed["causes"].size(), 1U) << deployed["causes"].dump(1);
    EXPECT_GT(cause_of(deployed)["confidence"], cause_of(alone)["confidence"]);
    const Json opened =
        incident_of(errors(300, "undefined_table", kWishlists, "web"), {pushed(0, "web", "c0ffee", "pull_request")});
    EXPECT_TRUE(opened["causes"].empty()) << "a proposal changes nothing";
    const Json of_another = incident_of(errors(300, "undefined_table", kWishlists, "web"), {pushed(0, "billing", "c0ffee")});
    EXPECT_EQ(of_another["attribution"], "unattributed");
}

TEST(Command, that_psql_failed_to_run_left_out_what_is_asked_for) {
    Signal failed = change(0, "command");
    failed.phase = Phase::failed;
    failed.tool = "psql";
    const Json own = incident_of(errors(30, "undefined_table", kWishlists, "web"), {failed});
    EXPECT_EQ(own["attribution"], "attributed");
    EXPECT_EQ(cause_of(own)["kind"], "command");
    EXPECT_EQ(own["diagnosis"]["rule"], "migration_failed_half_way");
}

TEST(LockTable, is_the_cause_of_those_that_wait_behind_it_and_of_nobody_else) {
    const auto waiting = errors(30, "lock_not_available", table_named("orders"), "web");
    const Json own = incident_of(waiting, {ddl(0, "lock_table", {table_named("orders")}, "shop")});
    EXPECT_EQ(own["attribution"], "attributed");
    EXPECT_EQ(cause_of(own)["operation"], "lock_table");
    EXPECT_EQ(own["diagnosis"]["rule"], "migration_waits_for_lock");
    EXPECT_TRUE(incident_of(waiting, {ddl(0, "lock_table", {table_named("carts")}, "shop")})["causes"].empty());
}

TEST(RemovedRows, of_a_parent_are_the_cause_of_children_that_miss_them) {
    DatabaseObject key = constraint_on("orders", "orders_customer_id_fkey");
    key.referenced_table = "customers";
    const Json own =
        incident_of(errors(60, "foreign_key_violation", key, "web"), {ddl(0, "delete_rows", {table_named("customers")}, "shop")});
    EXPECT_EQ(own["attribution"], "attributed");
    EXPECT_EQ(cause_of(own)["operation"], "delete_rows");
    EXPECT_EQ(own["diagnosis"]["rule"], "rows_removed_under_references");
}

}  // namespace
}  // namespace culprit::testing
