// DESIGN.md, promise 2: recovery is a snapshot at a log position plus the tail, and equals folding everything.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "correlator/rules_fingerprint.h"
#include "tests/correlator/a_day.h"

namespace culprit::testing {
namespace {

std::vector<std::string> contents(const Correlator& correlator) {
    std::vector<std::string> documents;
    for (const IncidentDocument& incident : correlator.incidents()) {
        Json json = Json::parse(incident.json);
        json["culprit"].erase("version");
        documents.push_back(json.dump());
    }
    return documents;
}

RC_GTEST_PROP(Snapshot, with_the_tail_equals_folding_everything, ()) {
    auto entries = a_day(*rc::gen::inRange(0, 1000));
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    std::shuffle(entries.begin(), entries.end(), random);
    // Watermarks and evidence in between, one input behind the other.
    std::vector<LogEntry> log;
    for (const LogEntry& entry : entries) {
        log.push_back(entry);
        WatermarkUpdate update{
            {SourceType::kafka, "logs", static_cast<int>(random() % 3)}, at(random() % 5000), random() % 2 == 0, {}};
        update.evidence.push_back(
            {EvidenceKind::migrations, "production", "shop", "", at(random() % 90'000), at(random() % 90'000)});
        log.emplace_back(update);
    }
    CorrelationSettings settings;
    settings.resolve_after = std::chrono::minutes(*rc::gen::inRange(1, 40));
    const auto cut = *rc::gen::inRange<std::size_t>(0, log.size() + 1);

    Correlator whole(settings), first(settings), second(settings);
    for (std::size_t i = 0; i < log.size(); ++i) {
        whole.apply(log[i], {static_cast<std::int64_t>(i)});
        if (i % 7 == 0) whole.revisions();
        if (i < cut) first.apply(log[i], {static_cast<std::int64_t>(i)});
    }
    const FoldSnapshot snapshot = first.snapshot();
    second.restore(snapshot);
    for (std::size_t i = cut; i < log.size(); ++i) second.apply(log[i], {static_cast<std::int64_t>(i)});
    whole.revisions();
    second.revisions();
    RC_ASSERT(contents(second) == contents(whole));
    RC_ASSERT(second.watermark() == whole.watermark());
    RC_ASSERT(!contents(whole).empty());
}

TEST(Snapshot, keeps_the_fold_s_clock_when_a_partition_opens_that_lies_behind) {
    Correlator before({});
    before.apply(WatermarkUpdate{{SourceType::kafka, "logs", 0}, at(1000), false, {}}, {1});
    const auto clock = before.watermark();
    before.apply(WatermarkUpdate{{SourceType::kafka, "logs", 1}, at(10), false, {}}, {2});
    Correlator after({});
    after.restore(before.snapshot());
    EXPECT_EQ(after.watermark(), clock);
}

TEST(Snapshot, is_small_when_a_storm_repeats_itself) {
    Correlator correlator({});
    for (int i = 0; i < 5000; ++i)
        correlator.apply(entry_of(by_server(symptom(i % 10, "unique_violation", constraint_on("t", "t_pkey")), "shop")), {i});
    EXPECT_LE(correlator.snapshot().entries.size(), 12u) << "one tally a second, not one an entry";
}

TEST(RulesFingerprint, changes_with_what_changes_documents_and_not_with_the_epoch) {
    CorrelationSettings settings, other_epoch, other_gap, other_service;
    other_epoch.epoch = 7;
    other_gap.resolve_after = std::chrono::minutes{31};
    other_service.database_of_service["checkout"] = "shop";
    EXPECT_EQ(rules_fingerprint(settings), rules_fingerprint(other_epoch));
    EXPECT_NE(rules_fingerprint(settings), rules_fingerprint(other_gap));
    EXPECT_NE(rules_fingerprint(settings), rules_fingerprint(other_service));
}

}  // namespace
}  // namespace culprit::testing
