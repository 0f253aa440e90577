// The promises about the fold: order never matters, batches never matter, and documents only move forward.
#include "tests/correlator/fold.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "tests/correlator/a_day.h"

namespace culprit::testing {
namespace {

RC_GTEST_PROP(Fold, gives_the_same_documents_whatever_the_order_of_arrival, ()) {
    auto entries = a_day(*rc::gen::inRange(0, 1000));
    CorrelationSettings settings;
    settings.resolve_after = std::chrono::minutes(*rc::gen::inRange(1, 40));
    const auto expected = fold(entries, 6000, settings);
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    std::shuffle(entries.begin(), entries.end(), random);
    RC_ASSERT(fold(entries, 6000, settings) == expected);
}

RC_GTEST_PROP(Fold, gives_the_same_documents_however_often_revisions_are_asked_for, ()) {
    auto entries = a_day(*rc::gen::inRange(0, 1000));
    const auto expected = fold(entries, 6000);
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    std::shuffle(entries.begin(), entries.end(), random);
    const auto every = *rc::gen::inRange<std::size_t>(1, 9);
    Correlator correlator({});
    std::map<std::string, IncidentDocument> newest;
    std::int64_t position = 0;
    const auto take = [&] {
        for (IncidentDocument& document : correlator.revisions()) {
            auto& held = newest[document.id];
            RC_ASSERT(document.version >= held.version);
            held = std::move(document);
        }
    };
    for (const LogEntry& entry : entries) {
        correlator.apply(entry, {++position});
        if (static_cast<std::size_t>(position) % every == 0) take();
    }
    correlator.apply(quiet_until(6000), {++position});
    take();
    std::vector<Json> living;
    for (const auto& [id, document] : newest)
        if (document.status != "merged") living.push_back(Json::parse(document.json));
    for (Json& json : living) json["culprit"].erase("version");
    std::ranges::sort(living, {}, [](const Json& json) { return json.dump(); });
    auto sorted = expected;
    std::ranges::sort(sorted, {}, [](const Json& json) { return json.dump(); });
    RC_ASSERT(living == sorted);
}

TEST(Fold, adds_tallies_of_one_second_up_wherever_a_batch_was_cut) {
    TallyTable whole;
    std::vector<LogEntry> parts;
    for (int i = 0; i < 10; ++i) {
        const Signal error = by_server(symptom(0.05 * i, "unique_violation", constraint_on("t", "t_pkey")), "shop", "web");
        whole.add(error);
        parts.push_back(entry_of(error));
    }
    const auto tallies = whole.drain();
    EXPECT_EQ(fold(parts, 60), fold({tallies.begin(), tallies.end()}, 60));
}

TEST(Fold, merges_two_incidents_when_a_late_symptom_joins_their_sessions) {
    CorrelationSettings settings;
    settings.resolve_after = std::chrono::minutes(1);
    Correlator correlator(settings);
    const auto error = [](double time) {
        return entry_of(by_server(symptom(time, "unique_violation", constraint_on("t", "t_pkey")), "shop"));
    };
    correlator.apply(error(0), {1});
    correlator.apply(error(90), {2});
    EXPECT_EQ(correlator.revisions().size(), 2u);
    correlator.apply(error(45), {3});
    const auto revisions = correlator.revisions();
    ASSERT_EQ(revisions.size(), 2u);
    const auto merged = std::ranges::find(revisions, "merged", &IncidentDocument::status);
    ASSERT_NE(merged, revisions.end());
    EXPECT_EQ(Json::parse(merged->json)["culprit"]["merged_into"], correlator.incidents().front().id);
    EXPECT_EQ(correlator.incidents().size(), 1u);
}

TEST(Fold, keeps_an_incidents_id_when_the_server_log_later_says_the_database) {
    Correlator correlator({});
    correlator.apply(entry_of(by_service(symptom(0, "unique_violation", constraint_on("", "t_pkey")), "web")), {1});
    const auto first = correlator.revisions();
    correlator.apply(entry_of(by_server(symptom(0.01, "unique_violation", constraint_on("t", "t_pkey")), "shop", "web")), {2});
    const auto second = correlator.revisions();
    ASSERT_EQ(first.size(), 1u);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(first[0].id, second[0].id);
    EXPECT_GT(second[0].version, first[0].version);
}

TEST(Fold, says_nothing_new_when_nothing_changed) {
    Correlator correlator({});
    correlator.apply(entry_of(by_server(symptom(0, "unique_violation", constraint_on("t", "t_pkey")), "shop")), {1});
    EXPECT_EQ(correlator.revisions().size(), 1u);
    EXPECT_TRUE(correlator.revisions().empty());
    correlator.apply(WatermarkUpdate{{SourceType::kafka, "logs", 0}, at(1), false, {}}, {2});
    EXPECT_TRUE(correlator.revisions().empty());
}

TEST(Fold, resolves_by_quiet_alone_when_the_watermark_has_passed_the_gap) {
    const auto incidents =
        fold(entries_of({by_server(symptom(0, "unique_violation", constraint_on("t", "t_pkey")), "shop")}), 1801);
    EXPECT_EQ(incidents[0]["culprit"]["status"], "resolved");
}

TEST(Fold, holds_the_clock_at_the_slowest_partition_that_is_not_idle) {
    Correlator correlator({});
    correlator.apply(WatermarkUpdate{{SourceType::kafka, "b", 0}, at(200), false, {}}, {1});
    correlator.apply(WatermarkUpdate{{SourceType::kafka, "a", 0}, at(500), false, {}}, {2});
    EXPECT_EQ(correlator.watermark(), at(200 - 120));
    correlator.apply(WatermarkUpdate{{SourceType::kafka, "b", 0}, at(200), true, {}}, {3});
    EXPECT_EQ(correlator.watermark(), at(500 - 120));
}

}  // namespace
}  // namespace culprit::testing
