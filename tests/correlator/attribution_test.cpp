// What culprit says of outages told as a few signals: which change did it, or that none did.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

const DatabaseObject kPhone = constraint_on("customers", "uq_customers_phone");

std::vector<Signal> both_sides(double time, const DatabaseObject& object, const std::string& kind, const std::string& database,
                               const std::string& service) {
    return {by_server(symptom(time, kind, object), database, service), by_service(symptom(time + 0.003, kind, object), service)};
}

std::vector<Signal> joined(std::vector<std::vector<Signal>> parts) {
    std::vector<Signal> all;
    for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

TEST(Attribution, names_the_migration_that_added_the_constraint_before_the_errors) {
    Signal line = change(-0.1, "migration");
    line.tool = "alembic";
    line.migration = "a1f0c2d3e4b5";
    line.phase = Phase::started;
    const auto incidents = fold(entries_of(joined({{line, ddl(0, "add_constraint", {kPhone}, "shop", "6b00.2", "alembic")},
                                                   both_sides(95, kPhone, "unique_violation", "shop", "customer-api"),
                                                   both_sides(135, kPhone, "unique_violation", "shop", "customer-api"),
                                                   both_sides(180, kPhone, "unique_violation", "shop", "customer-api")})),
                                400);
    ASSERT_EQ(incidents.size(), 1u);
    const Json& own = incidents[0]["culprit"];
    EXPECT_EQ(own["attribution"], "attributed");
    EXPECT_EQ(own["cause"]["kind"], "migration");
    EXPECT_EQ(own["cause"]["migration"], "a1f0c2d3e4b5");
    EXPECT_EQ(own["cause"]["operation"], "add_constraint");
    EXPECT_EQ(own["cause"]["sources"].size(), 2u) << "the tool's line and the server's are one cause";
    EXPECT_LT(own["cause"]["offset_seconds"], 0);
    EXPECT_GT(own["cause"]["confidence"], 0.9);
    EXPECT_EQ(own["symptom"]["count"], 3) << "both sides saw the same three errors";
    EXPECT_EQ(own["symptom"]["database"], "shop");
    EXPECT_EQ(own["diagnosis"]["rule"], "constraint_added_over_code");
}

TEST(Attribution, finds_none_when_the_same_constraint_was_added_in_another_database) {
    const auto incidents = fold(entries_of(joined({{ddl(0, "add_constraint", {kPhone}, "shop_eu")},
                                                   both_sides(20, kPhone, "unique_violation", "shop_us", "signup-us"),
                                                   both_sides(50, kPhone, "unique_violation", "shop_us", "signup-us")})),
                                400);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "unattributed");
    ASSERT_EQ(incidents[0]["culprit"]["causes"].size(), 1u) << "the candidate is kept and shown with what speaks against it";
    EXPECT_LT(incidents[0]["culprit"]["causes"][0]["confidence"], 0.1);
}

TEST(Attribution, does_not_blame_a_deployment_for_errors_that_came_before_it_at_the_same_rate) {
    std::vector<Signal> signals{deployment(185, "newsletter", "2.0.0")};
    for (int i = 0; i < 6; ++i) {
        auto pair =
            both_sides(i * 60.0, constraint_on("customers", "customers_email_key"), "unique_violation", "shop", "newsletter");
        signals.insert(signals.end(), pair.begin(), pair.end());
    }
    const auto incidents = fold(entries_of(signals), 600);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "unattributed") << incidents[0].dump(1);
}

TEST(Attribution, names_the_deployment_that_went_live_before_its_migration_and_cites_the_migration_after_the_errors) {
    std::vector<Signal> signals{deployment(0, "wishlist-api", "2.1.0"),
                                ddl(65, "create_table", {table_named("wishlists")}, "shop")};
    for (double time : {8.0, 19.0, 31.0, 42.0}) {
        auto pair = both_sides(time, table_named("wishlists"), "undefined_table", "shop", "wishlist-api");
        signals.insert(signals.end(), pair.begin(), pair.end());
    }
    const auto incidents = fold(entries_of(signals), 90);
    ASSERT_EQ(incidents.size(), 1u);
    const Json& own = incidents[0]["culprit"];
    EXPECT_EQ(own["cause"]["kind"], "deployment") << own.dump(1);
    EXPECT_EQ(own["cause"]["awaited"]["operation"], "create_table");
    EXPECT_GT(own["cause"]["awaited"]["offset_seconds"], 0);
    EXPECT_GT(own["cause"]["confidence"], 0.9);
    EXPECT_EQ(own["diagnosis"]["rule"], "application_deployed_before_migration");
    EXPECT_EQ(own["status"], "resolved") << "the table is there and the errors have ended";
    EXPECT_EQ(own["resolved_by"], "create_table");
}

TEST(Attribution, names_the_later_migration_when_no_deployment_was_seen) {
    std::vector<Signal> signals{ddl(65, "create_table", {table_named("wishlists")}, "shop")};
    for (double time : {8.0, 19.0, 31.0, 42.0})
        signals.push_back(by_server(symptom(time, "undefined_table", table_named("wishlists")), "shop", "wishlist-api"));
    const auto incidents = fold(entries_of(signals), 90);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["cause"]["kind"], "schema_change");
    EXPECT_GT(incidents[0]["culprit"]["cause"]["offset_seconds"], 0);
}

TEST(Attribution, takes_a_tool_that_creates_its_own_table_for_no_outage) {
    const auto incidents = fold(entries_of({by_server(symptom(0, "undefined_table", table_named("ledger")), "shop", ""),
                                            ddl(0.13, "create_table", {table_named("ledger")}, "shop")}),
                                60);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "unattributed") << incidents[0].dump(1);
}

TEST(Attribution, knows_a_service_whose_name_continues_the_deployments) {
    std::vector<Signal> signals{deployment(0, "billing", "5.5.0")};
    for (double time : {10.0, 30.0, 50.0})
        signals.push_back(by_service(symptom(time, "undefined_table", table_named("levels")), "billing-prod"));
    const auto incidents = fold(entries_of(signals), 90);
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "attributed");
    EXPECT_EQ(incidents[0]["culprit"]["diagnosis"]["rule"], "migration_missing_for_release");
}

TEST(Attribution, names_the_import_that_left_the_sequence_behind_and_fills_in_the_repair) {
    std::vector<Signal> signals{change(0, "import")};
    signals.back().tool = "psql";
    for (double time : {50.0, 80.0, 110.0}) {
        Signal server =
            by_server(symptom(time, "unique_violation", constraint_on("tickets", "tickets_pkey")), "desk", "helpdesk");
        server.key_columns = {"id"};
        server.key_from_default = true;
        signals.push_back(server);
        signals.push_back(by_service(symptom(time + 0.002, "unique_violation", constraint_on("", "tickets_pkey")), "helpdesk"));
    }
    Signal noise = by_server(symptom(0.003, "unique_violation", constraint_on("orders", "orders_pkey")), "misc", "misc-api");
    noise.key_columns = {"id"};
    noise.key_from_default = false;
    signals.push_back(noise);
    signals.push_back(sequence_reset(140));
    const auto incidents = fold(entries_of(signals), 155);
    ASSERT_EQ(incidents.size(), 2u);
    EXPECT_EQ(incidents[0]["culprit"]["symptom"]["constraint"], "orders_pkey");
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "unattributed")
        << "its statement gave the key itself: " << incidents[0]["culprit"]["causes"].dump(1);
    const Json& own = incidents[1]["culprit"];
    EXPECT_EQ(own["cause"]["kind"], "import") << own.dump(1);
    EXPECT_EQ(own["status"], "resolved");
    EXPECT_EQ(own["resolved_by"], "sequence_reset");
    EXPECT_EQ(own["diagnosis"]["rule"], "sequence_out_of_sync");
    EXPECT_EQ(own["diagnosis"]["fix_sql"][0],
              R"(SELECT setval(s.seq, GREATEST((SELECT max("id") FROM "tickets"), pg_sequence_last_value(s.seq))) )"
              R"(FROM (SELECT pg_get_serial_sequence('"tickets"', 'id')::regclass AS seq) AS s;)");
}

TEST(Explain, shows_in_under_a_screen_why_the_first_cause_beat_the_second) {
    Correlator correlator({});
    std::int64_t position = 0;
    std::vector<Signal> signals{deployment(-20, "web", "7"), ddl(0, "add_constraint", {kPhone}, "shop")};
    for (double time : {30.0, 50.0, 70.0}) signals.push_back(by_server(symptom(time, "unique_violation", kPhone), "shop", "web"));
    for (const Signal& signal : signals) correlator.apply(entry_of(signal), {++position});
    const auto revisions = correlator.revisions();
    ASSERT_EQ(revisions.size(), 1u);
    const std::string text = explain(revisions[0]);
    EXPECT_NE(text.find("same_object"), std::string::npos) << text;
    EXPECT_NE(text.find("same_service"), std::string::npos) << text;
    EXPECT_NE(text.find("deployment of web 7"), std::string::npos) << text;
    EXPECT_LT(std::ranges::count(text, '\n'), 24) << text;
}

TEST(Explain, fits_a_screen_when_there_is_a_candidate_of_every_kind) {
    std::vector<Signal> signals;
    for (int i = 0; i < 9; ++i) signals.push_back(deployment(-900 - i, "service-" + std::to_string(i), "7"));
    signals.push_back(deployment(-600, "web", "7"));
    signals.push_back(ddl(-300, "add_constraint", {kPhone}, "shop", "s1"));
    signals.push_back(ddl(-280, "add_constraint", {kPhone}, "billing", "s2"));
    signals.push_back(change(-200, "import", {}, {table_named("customers")}));
    for (const char* name : {"add_phone", "customers_cleanup", "0007"}) {
        Signal line = change(-100, "migration");
        line.tool = "goose";
        line.migration = name;
        signals.push_back(line);
    }
    for (int i = 0; i < 30; ++i) {
        Signal error = by_server(symptom(i < 3 ? -2400 + 700.0 * i : 2.0 * i, "unique_violation", kPhone), "shop", "web");
        error.key_from_default = i % 2 == 0;
        signals.push_back(error);
    }
    signals.push_back(sequence_reset(400));
    signals.push_back(ddl(300, "drop_constraint", {kPhone}, "shop", "s3"));
    Correlator correlator({});
    std::int64_t position = 0;
    for (const LogEntry& entry : entries_of(signals)) correlator.apply(entry, {++position});
    for (const IncidentDocument& incident : correlator.revisions()) {
        const std::string text = explain(incident);
        std::istringstream lines(text);
        int rows = 0;
        for (std::string line; std::getline(lines, line); ++rows) EXPECT_LE(line.size(), 160U) << "two rows at most: " << line;
        EXPECT_LE(rows, 40) << text;
        EXPECT_NE(text.find("more, each with less"), std::string::npos) << text;
    }
}

TEST(Explain, says_what_could_have_been_seen_where_nothing_is_a_candidate) {
    Correlator correlator({});
    correlator.apply(entry_of(by_server(symptom(0, "unique_violation", kPhone), "shop", "web")), {1});
    const std::string text = explain(correlator.revisions().at(0));
    EXPECT_NE(text.find("deployments           never_seen"), std::string::npos) << text;
}

TEST(Attribution, says_none_found_when_nothing_changed) {
    std::vector<Signal> signals;
    for (int i = 0; i < 6; ++i)
        signals.push_back(by_server(symptom(i * 240.0, "unique_violation", constraint_on("customers", "customers_lower_email")),
                                    "shop", "web"));
    const auto incidents = fold(entries_of(signals), 1500);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "unattributed");
    EXPECT_TRUE(incidents[0]["culprit"]["causes"].empty());
    EXPECT_EQ(incidents[0]["culprit"]["evidence"]["ddl"], "never_seen") << "blindness is not innocence";
}

TEST(Attribution, is_pending_until_the_clock_has_passed_the_onset) {
    const auto pending = fold(entries_of({by_server(symptom(0, "unique_violation", kPhone), "shop")}), 2);
    EXPECT_EQ(pending[0]["culprit"]["attribution"], "pending");
    const auto settled = fold(entries_of({by_server(symptom(0, "unique_violation", kPhone), "shop")}), 30);
    EXPECT_EQ(settled[0]["culprit"]["attribution"], "unattributed");
}

TEST(Attribution, shares_one_group_between_incidents_of_one_cause) {
    std::vector<Signal> signals{deployment(0, "shop", "7")};
    for (double time : {5.0, 10.0, 15.0, 20.0}) {
        signals.push_back(by_service(symptom(time, "undefined_table", table_named("carts")), "shop"));
        signals.push_back(by_service(symptom(time + 1, "undefined_table", table_named("baskets")), "shop"));
    }
    const auto incidents = fold(entries_of(signals), 60);
    ASSERT_EQ(incidents.size(), 2u);
    EXPECT_EQ(incidents[0]["culprit"]["group"], incidents[1]["culprit"]["group"]);
    EXPECT_EQ(incidents[0]["culprit"]["related"][0], incidents[1]["culprit"]["id"]);
}

TEST(Attribution, takes_a_restart_for_the_cause_of_what_it_cut_off_however_long_the_start_takes) {
    const auto server = [](double time, const char* operation, Phase phase) {
        Signal signal = by_server(change(time, "restart", operation), "");
        signal.phase = phase;
        return signal;
    };
    std::vector<Signal> signals{server(0, "shutdown", Phase::started), server(45, "startup", Phase::succeeded)};
    for (const double time : {0.1, 0.2, 0.3}) signals.push_back(by_server(symptom(time, "admin_shutdown", {}), "shop", "web"));
    const auto incidents = fold(entries_of(signals), 90);
    ASSERT_EQ(incidents.size(), 1u);
    EXPECT_EQ(incidents[0]["culprit"]["attribution"], "attributed") << incidents[0].dump(1);
    EXPECT_EQ(incidents[0]["culprit"]["diagnosis"]["rule"], "database_restarted");
}

TEST(Attribution, AnIncidentLeadsToItsCausesPagesAndToItsErrorsIssue) {
    Signal started = deployment(0, "web", "2.1.0"), done = deployment(5, "web", "2.1.0");
    started.phase = Phase::started;
    started.links = {{"run", "https://ci.example/7"}};
    done.links = {{"commit", "https://git.example/c"}};
    std::vector<Signal> signals{started, done};
    for (int at = 0; at < 20; ++at) {
        Signal error = by_service(symptom(20 + at, "undefined_table", table_named("carts")), "web");
        error.scope.release = "2.1.0";
        if (at == 3) error.links = {{"issue", "https://sentry.example/1"}};
        signals.push_back(error);
    }
    const Json own = fold(entries_of(signals), 10'000).at(0)["culprit"];
    ASSERT_EQ(own["attribution"], "attributed") << own["causes"];
    EXPECT_EQ(own["links"],
              Json::parse(R"([{"title":"Commit","url":"https://git.example/c"},{"title":"Run","url":"https://ci.example/7"},
                                            {"title":"Issue","url":"https://sentry.example/1"}])"));
    signals.erase(signals.begin(), signals.begin() + 2);
    const Json alone = fold(entries_of(signals), 10'000).at(0)["culprit"];
    EXPECT_EQ(alone["links"], Json::parse(R"([{"title":"Issue","url":"https://sentry.example/1"}])"));
}

}  // namespace
}  // namespace culprit::testing
