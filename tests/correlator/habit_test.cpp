// What comes every night or every Monday is no new incident cause; a surge above it still is.
#include "correlator/habit.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "correlator/forgetting.h"
#include "matchers/log_entry.h"
#include "matchers/log_entry_json.h"
#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

constexpr double kDay = 86'400;

HourlyCounts nights(std::initializer_list<int> days_before, std::uint64_t count) {
    HourlyCounts counts;
    for (const int day : days_before) counts[std::chrono::floor<std::chrono::hours>(at(-day * kDay))] = count;
    return counts;
}

TEST(Habit, is_what_came_at_this_hour_on_most_days_before) {
    struct Case {
        const char* what;
        HourlyCounts before;
        std::uint64_t now;
        double since, until;  // days before
        double least, most;   // likeness
    };
    const Case cases[] = {
        {"every night for a week", nights({1, 2, 3, 4, 5, 6, 7}, 5), 5, 8, 0, 1, 1},
        {"half as much again is a night like others", nights({1, 2, 3, 4}, 10), 15, 5, 0, 1, 1},
        {"four times as much is new", nights({1, 2, 3, 4}, 5), 20, 5, 0, 0, 0},
        {"never before", nights({}, 5), 5, 8, 0, 0, 0},
        {"one night of a week is none", nights({3}, 5), 5, 7.5, 0, 0, 0},
        {"yesterday, and the logs reach no further", nights({1}, 5), 5, 1.5, 0, 0.5, 0.5},
        {"the weekdays of two weeks", nights({1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15}, 5), 5, 16, 0, 1, 1},
        {"this weekday in both weeks", nights({7, 14}, 5), 5, 16, 0, 1, 1},
        {"this weekday last week, the week before not read", nights({7}, 5), 5, 8, 0, 0.5, 0.5},
        {"this weekday two weeks ago only", nights({14}, 5), 5, 16, 0, 0.5, 0.5},
        {"since the change, three nights ago, and not before", nights({1, 2}, 5), 5, 16, 3, 0, 0},
        {"before the change and since", nights({1, 2, 3, 4, 5, 6, 7, 8}, 5), 5, 9, 2.5, 1, 1},
        {"the two nights that there are logs of", nights({1, 2}, 5), 5, 2, 0, 1, 1},
        {"longer ago than is looked at", nights({16, 17, 18}, 5), 5, 30, 0, 0, 0},
    };
    for (const Case& each : cases) {
        HourlyCounts counts = each.before;
        counts[std::chrono::floor<std::chrono::hours>(at(0))] = each.now;
        const double likeness = habit_of(counts, at(60), at(300), at(-each.since * kDay), at(-each.until * kDay)).likeness();
        EXPECT_GE(likeness, each.least) << each.what;
        EXPECT_LE(likeness, each.most) << each.what;
    }
}

TEST(Habit, is_not_cut_in_two_by_the_full_hour) {
    HourlyCounts counts;
    const Hour ten = std::chrono::floor<std::chrono::hours>(at(0));
    for (int day = 1; day <= 4; ++day) {  // some before the full hour, some behind it
        counts[ten - std::chrono::days{day} - std::chrono::hours{1}] = 5;
        counts[ten - std::chrono::days{day}] = 5;
    }
    counts[ten] = 10;
    EXPECT_EQ(habit_of(counts, at(60), at(120), at(-6 * kDay), at(0)).likeness(), 1);
}

TEST(Habit, of_the_time_of_day_is_an_hour_wide_on_either_side) {
    EXPECT_TRUE(is_same_time_of_day(at(-kDay), at(0)));
    EXPECT_TRUE(is_same_time_of_day(at(-3 * kDay + 3000), at(0)));
    EXPECT_FALSE(is_same_time_of_day(at(-3 * kDay + 4000), at(0)));
    EXPECT_FALSE(is_same_time_of_day(at(-1800), at(0))) << "the same day";
    EXPECT_FALSE(is_same_time_of_day(at(0), at(-kDay)));
}

const DatabaseObject kKey = constraint_on("ledger", "ledger_ref_key");

/// Errors of a nightly batch on the days [-from, -until], tonight's among them when `until` is 0.
std::vector<Signal> a_batch(int from, int until, int count, double hour = 0) {
    std::vector<Signal> signals;
    for (int day = from; day >= until; --day)
        for (int i = 0; i < count; ++i)
            signals.push_back(by_server(symptom(-day * kDay + hour + i * 4.0, "unique_violation", kKey), "shop", "ledger-batch"));
    return signals;
}

Json last_of(std::vector<Signal> signals, double until = 1000) {
    const auto incidents = fold(entries_of(signals), until);
    return incidents.empty() ? Json() : incidents.back()["culprit"];
}

std::vector<Signal> with(std::vector<Signal> signals, const Signal& more) {
    signals.push_back(more);
    return signals;
}

TEST(NightlyErrors, are_not_blamed_on_a_change_of_tonight) {
    const Json of_release = last_of(with(with(a_batch(8, 0, 5), deployment(-8 * kDay - 400, "ledger-batch", "2.0.0")),
                                         deployment(-400, "ledger-batch", "2.1.0")));
    EXPECT_EQ(of_release["attribution"], "unattributed") << "another release at this hour is another change";
    for (const Signal& change : {deployment(-400, "ledger-batch", "2.1.0"), ddl(-300, "add_constraint", {kKey}, "shop"),
                                 change(-600, "import", {}, {table_named("ledger")})}) {
        const Json own = last_of(with(a_batch(8, 0, 5), change));
        EXPECT_EQ(own["attribution"], "unattributed") << change.kind << own["causes"].dump(1);
        EXPECT_EQ(own["symptom"]["habit"]["days"], 8);
        EXPECT_GT(own["symptom"]["baseline_per_minute"], 0);
    }
    EXPECT_EQ(last_of(with(a_batch(0, 0, 5), ddl(-300, "add_constraint", {kKey}, "shop")))["attribution"], "attributed")
        << "the same on the first night";
}

TEST(NightlyErrors, that_are_many_times_more_tonight_are) {
    auto signals = with(a_batch(8, 1, 5), ddl(-300, "add_constraint", {kKey}, "shop"));
    for (Signal& error : a_batch(0, 0, 60)) signals.push_back(std::move(error));
    const Json own = last_of(signals);
    EXPECT_EQ(own["attribution"], "attributed") << own.dump(1);
    EXPECT_EQ(own["cause"]["operation"], "add_constraint");
}

TEST(NightlyErrors, are_blamed_on_the_change_since_which_they_come) {
    std::vector<Signal> quiet{by_server(symptom(-14 * kDay, "division_by_zero", {}), "shop", "web")};  // logs reach back further
    auto signals = with(a_batch(5, 0, 5), ddl(-5 * kDay - 300, "add_constraint", {kKey}, "shop"));
    signals.insert(signals.end(), quiet.begin(), quiet.end());
    const Json own = last_of(signals);
    EXPECT_EQ(own["attribution"], "attributed") << own["causes"].dump(1);
    EXPECT_EQ(own["causes"][0]["operation"], "add_constraint");
}

TEST(NightlyErrors, are_still_the_import_s_that_comes_every_night_before_them) {
    auto signals = a_batch(6, 0, 5);
    for (int day = 6; day >= 0; --day) {
        Signal load = change(-day * kDay - 200, "import", {}, {table_named("ledger")});
        load.tool = "psql";
        signals.push_back(load);
    }
    const Json own = last_of(signals);
    for (const Json& term : own["causes"][0]["evidence"]) EXPECT_NE(term["name"], "habit") << own["causes"].dump(1);
}

TEST(NightlyErrors, leave_the_watch_of_a_change_clean) {
    const auto verdict = [](const std::vector<Signal>& signals) {
        Correlator correlator({});
        std::int64_t position = 0;
        for (const LogEntry& entry : entries_of(signals)) correlator.apply(entry, {++position});
        correlator.apply(quiet_until(4000), {++position});
        correlator.revisions();
        correlator.change_revisions();
        return Json::parse(correlator.changes().front().json)["culprit"]["watch"]["verdict"].get<std::string>();
    };
    const Signal unrelated = ddl(-300, "create_index", {table_named("carts")}, "shop");
    EXPECT_EQ(verdict(with(a_batch(8, 0, 5), unrelated)), "clean");
    EXPECT_EQ(verdict(with(a_batch(0, 0, 5), unrelated)), "dirty");
}

/// What the fold says of tonight after it has let go of everything older than `age`, and was started again from a snapshot.
std::vector<Json> after_forgetting(const std::vector<LogEntry>& entries, double before, Duration age,
                                   std::size_t* kept = nullptr) {
    Correlator first({}), second({});
    std::int64_t position = 0;
    for (const LogEntry& entry : entries) first.apply(entry, {++position});
    FoldSnapshot snapshot = first.snapshot();
    let_go(snapshot, at(before), age);
    if (kept) *kept = snapshot.entries.size();
    for (LogEntry& entry : snapshot.entries) entry = decode_log_entry(encode(entry)).value();  // as it is stored
    second.restore(snapshot);
    second.apply(quiet_until(1000), {++position});
    second.revisions();
    std::vector<Json> incidents;
    for (const IncidentDocument& document : second.incidents()) {
        incidents.push_back(Json::parse(document.json));
        incidents.back()["culprit"].erase("version");
    }
    return incidents;
}

TEST(Forgetting, keeps_the_habit_of_nights_that_are_let_go_of_over_a_restart) {
    const auto entries = entries_of(with(a_batch(12, 0, 5), ddl(-300, "add_constraint", {kKey}, "shop")));
    const auto incidents = after_forgetting(entries, -2 * kDay, std::chrono::days{1});
    EXPECT_LT(incidents.size(), 6U) << "the others' tallies are gone";
    EXPECT_EQ(incidents.back(), fold(entries, 1000).back());
    EXPECT_EQ(incidents.back()["culprit"]["attribution"], "unattributed");
}

TEST(Forgetting, lets_go_of_hours_that_no_kept_incident_asks_for) {
    std::size_t kept = 0;
    after_forgetting(entries_of(a_batch(60, 50, 5)), 0, std::chrono::days{7}, &kept);
    EXPECT_EQ(kept, 1U) << "evidence alone";
}

TEST(Forgetting, keeps_a_bounded_number_of_hours_those_of_problems_seen_last) {
    FoldSnapshot snapshot;
    for (int i = 0; i < static_cast<int>(kHours) + 50; ++i)
        snapshot.entries.push_back(
            entry_of(by_server(symptom(-20 * kDay - i * 0.5, "undefined_table", table_named("t" + std::to_string(i))), "shop")));
    let_go(snapshot, at(0), std::chrono::days{7});
    EXPECT_EQ(snapshot.entries.size(), kHours);
    EXPECT_TRUE(std::ranges::any_of(snapshot.entries,
                                    [](const LogEntry& entry) { return std::get<Tally>(entry).key.fingerprint.name == "t0"; }));
}

RC_GTEST_PROP(Forgetting, changes_nothing_that_is_said_of_what_is_kept, ()) {
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    const auto draw = [&](double most) { return std::uniform_real_distribution<double>(0, most)(random); };
    std::vector<Signal> signals;
    for (int day = 9; day >= 0; --day)
        for (int visit = 0; visit < 2; ++visit)
            for (int i = 0, n = static_cast<int>(draw(6)); i < n; ++i) {
                const double time = -day * kDay + visit * 20'000 + draw(2400);
                if (time > 0) continue;
                const Signal error = symptom(time, "unique_violation", kKey);
                signals.push_back(draw(1) < 0.5 ? by_server(error, "shop", "web") : by_service(error, "web"));
            }
    signals.push_back(by_server(symptom(-10, "unique_violation", kKey), "shop", "web"));
    signals.push_back(deployment(-draw(5000), "web", "2.0"));
    const auto entries = entries_of(signals);
    const double before = -draw(3 * kDay) - 2 * kDay;
    const auto whole = fold(entries, 1000), rest = after_forgetting(entries, before, std::chrono::days{1});
    RC_ASSERT(rest.size() <= whole.size());
    // What began before it was let go of has lost its beginning, and of its day another part may be missing.
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const Json &mine = rest[rest.size() - 1 - i], &full = whole[whole.size() - 1 - i];
        if (full["culprit"]["onset"].get<std::string>() < to_rfc3339(at(before + kDay))) break;
        RC_ASSERT(mine.dump() == full.dump());
    }
}

}  // namespace
}  // namespace culprit::testing
