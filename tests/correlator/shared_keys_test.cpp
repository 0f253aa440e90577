// One error told from two sides: an application that names only the columns, and the server, which names the constraint.
#include "correlator/shared_keys.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

/// "Unique constraint failed on the fields: (`email`)".
Signal by_columns(double time, std::vector<std::string> columns, std::string service = "web") {
    Signal signal = by_service(symptom(time, "unique_violation", {}), std::move(service));
    signal.objects.clear();
    signal.sqlstate = "23505";
    signal.key_columns = std::move(columns);
    if (signal.key_columns.size() == 1) {
        const std::string& column = signal.key_columns.front();
        signal.objects.push_back({"column", {}, column, column, {}, {}, {}});
    }
    return signal;
}

/// With its DETAIL.
Signal by_constraint(double time, std::string table, std::string name, std::vector<std::string> columns) {
    Signal signal = by_server(symptom(time, "unique_violation", constraint_on(std::move(table), std::move(name))), "shop");
    signal.sqlstate = "23505";
    signal.key_columns = std::move(columns);
    return signal;
}

std::vector<Json> incidents_of(const std::vector<Signal>& signals) { return fold(entries_of(signals), 10'000); }

TEST(SharedKeys, OneErrorToldByColumnsAndByConstraintIsOneIncident) {
    std::vector<Signal> signals;
    for (int i = 0; i < 5; ++i) {
        signals.push_back(by_constraint(10 * i, "users", "users_email_key", {"email"}));
        signals.push_back(by_columns(10 * i + 0.02, {"email"}));
    }
    const auto incidents = incidents_of(signals);
    ASSERT_EQ(incidents.size(), 1U);
    const Json& found = incidents[0]["culprit"]["symptom"];
    EXPECT_EQ(found["constraint"], "users_email_key");
    EXPECT_EQ(found["count"], 5);
    EXPECT_EQ(found["application_count"], 5);
    EXPECT_EQ(found["server_count"], 5);
    EXPECT_EQ(incidents[0]["service"]["name"], "web");
}

TEST(SharedKeys, ListTheirColumnsInAnyOrder) {
    const auto incidents = incidents_of(
        {by_constraint(0, "users", "users_shop_email_key", {"shop_id", "email"}), by_columns(0.1, {"email", "shop_id"})});
    ASSERT_EQ(incidents.size(), 1U);
    EXPECT_EQ(incidents[0]["culprit"]["symptom"]["constraint"], "users_shop_email_key");
}

TEST(SharedKeys, OfSeveralConstraintsOverOneColumnTheOneWhoseErrorsCameThen) {
    std::vector<Signal> signals;
    for (int i = 0; i < 5; ++i) {
        signals.push_back(by_constraint(10 * i, "users", "users_email_key", {"email"}));
        signals.push_back(by_columns(10 * i + 0.02, {"email"}));
        signals.push_back(by_constraint(10 * i + 5, "customers", "customers_email_key", {"email"}));
    }
    const auto incidents = incidents_of(signals);
    ASSERT_EQ(incidents.size(), 2U);
    for (const Json& incident : incidents) {
        const Json& found = incident["culprit"]["symptom"];
        EXPECT_EQ(found.value("application_count", 0), found["constraint"] == "users_email_key" ? 5 : 0) << found["constraint"];
    }
}

TEST(SharedKeys, StayApartWhereNobodyCanTellWhichItIs) {
    const std::vector<std::pair<const char*, std::vector<Signal>>> table = {
        {"two constraints fail at the same time",
         {by_constraint(0, "users", "users_email_key", {"email"}),
          by_constraint(0.1, "customers", "customers_email_key", {"email"}), by_columns(0.2, {"email"})}},
        {"the server's errors are of another time",
         {by_constraint(600, "users", "users_email_key", {"email"}), by_columns(0, {"email"})}},
        {"another column", {by_constraint(0, "users", "users_name_key", {"name"}), by_columns(0, {"email"})}},
        {"half of the key", {by_constraint(0, "users", "users_key", {"shop_id", "email"}), by_columns(0, {"email"})}},
    };
    for (const auto& [what, signals] : table) {
        std::size_t constraints = 0;
        for (const Signal& signal : signals) constraints += signal.side == Side::server ? 1 : 0;
        EXPECT_EQ(incidents_of(signals).size(), constraints + 1) << what;
    }
}

TEST(SharedKeys, WhatWasAnIncidentOfItsOwnBeforeTheServersLogCameIsMergedIntoTheServers) {
    Correlator correlator({});
    std::int64_t position = 0;
    correlator.apply(entry_of(by_columns(0.02, {"email"})), {++position});
    const auto alone = correlator.revisions();
    ASSERT_EQ(alone.size(), 1U);
    correlator.apply(entry_of(by_constraint(0, "users", "users_email_key", {"email"})), {++position});
    correlator.revisions();
    const auto left = correlator.incidents();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_NE(left[0].id, alone[0].id);
}

TEST(SharedKeys, TheSupersededDocumentSaysWhichOneHoldsItNow) {
    Correlator correlator({});
    correlator.apply(entry_of(by_columns(0.02, {"email"})), {1});
    const std::string before = correlator.revisions().at(0).id;
    correlator.apply(entry_of(by_constraint(0, "users", "users_email_key", {"email"})), {2});
    const auto revisions = correlator.revisions();
    const auto merged = std::ranges::find(revisions, before, &IncidentDocument::id);
    ASSERT_NE(merged, revisions.end());
    EXPECT_EQ(merged->status, "merged");
    EXPECT_EQ(Json::parse(merged->json)["culprit"]["merged_into"], correlator.incidents().at(0).id);
}

/// Errors of some columns from both sides, some of them together.
std::vector<Signal> a_story(std::mt19937& random) {
    const auto pick = [&](int below) { return std::uniform_int_distribution<int>(0, below - 1)(random); };
    const std::vector<std::vector<std::string>> keys{{"email"}, {"email", "shop_id"}};
    const std::vector<std::string> tables{"users", "customers"};
    std::vector<Signal> signals;
    for (int i = 0, n = 2 + pick(25); i < n; ++i) {
        const double time = pick(4000);
        const auto& key = keys[static_cast<std::size_t>(pick(2))];
        const std::string& table = tables[static_cast<std::size_t>(pick(4) == 0)];
        if (pick(4) != 0)
            signals.push_back(by_constraint(time, table, table + "_" + key.front() + std::to_string(key.size()), key));
        if (pick(4) != 0) signals.push_back(by_columns(time + 0.1 * pick(30), key, pick(3) == 0 ? "jobs" : "web"));
        if (pick(6) == 0) signals.push_back(deployment(time - 30, "web", std::to_string(i)));
    }
    return signals;
}

RC_GTEST_PROP(SharedKeys, join_the_same_errors_whatever_the_order_of_arrival_and_however_often_revisions_are_asked_for, ()) {
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    auto entries = entries_of(a_story(random));
    const auto expected = fold(entries, 10'000);
    std::ranges::shuffle(entries, random);
    RC_ASSERT(fold(entries, 10'000) == expected);

    Correlator correlator({});
    std::map<std::string, IncidentDocument> newest;
    std::int64_t position = 0;
    const auto take = [&] {
        for (IncidentDocument& document : correlator.revisions()) newest[document.id] = std::move(document);
    };
    for (const LogEntry& entry : entries) {
        correlator.apply(entry, {++position});
        if (random() % 3 == 0) take();
    }
    correlator.apply(quiet_until(10'000), {++position});
    take();
    std::vector<std::string> living, wanted;
    for (const auto& [id, document] : newest) {
        if (document.status == "merged") continue;
        Json json = Json::parse(document.json);
        json["culprit"].erase("version");
        living.push_back(json.dump());
    }
    for (const Json& json : expected) wanted.push_back(json.dump());
    std::ranges::sort(living);
    std::ranges::sort(wanted);
    RC_ASSERT(living == wanted);
}

RC_GTEST_PROP(SharedKeys, go_on_from_a_snapshot_as_if_nothing_had_happened, ()) {
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    const auto entries = entries_of(a_story(random));
    const std::size_t stopped = random() % (entries.size() + 1);
    const auto expected = fold(entries, 10'000);
    Correlator first({});
    std::int64_t position = 0;
    for (std::size_t i = 0; i < stopped; ++i) first.apply(entries[i], {++position});
    first.revisions();
    Correlator second({});
    second.restore(first.snapshot());
    for (std::size_t i = stopped; i < entries.size(); ++i) second.apply(entries[i], {++position});
    second.apply(quiet_until(10'000), {++position});
    second.revisions();
    std::vector<Json> after;
    for (const IncidentDocument& document : second.incidents()) {
        Json json = Json::parse(document.json);
        json["culprit"].erase("version");
        after.push_back(std::move(json));
    }
    RC_ASSERT(after == expected);
}

}  // namespace
}  // namespace culprit::testing
