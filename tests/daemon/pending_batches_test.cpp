#include "daemon/pending_batches.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

using std::chrono::milliseconds;

const InputPartition kInput{SourceType::kafka, "app-logs", 3};

CommitRequest quiet(std::int64_t next, std::int64_t watermark, bool idle = false) {
    CommitRequest request;
    request.batch.input = kInput;
    request.batch.next = Offset{next};
    request.batch.watermark = {kInput, from_micros(watermark), idle, {}};
    request.batch.counters.records = 1;
    return request;
}

CommitRequest with_signal(std::int64_t next) {
    CommitRequest request = quiet(next, next);
    request.batch.signals.emplace_back().kind = "unique_violation";
    return request;
}

class PendingBatchesTest : public testing::Test {
   protected:
    PendingBatches pending_{milliseconds{1'000}};
    WallClock::time_point start_ = WallClock::now();
};

TEST_F(PendingBatchesTest, ABatchWithASignalIsDueAtOnce) {
    pending_.add(with_signal(5), start_);
    ASSERT_EQ(pending_.take_due(start_).size(), 1U);
    EXPECT_TRUE(pending_.empty());
}

TEST_F(PendingBatchesTest, BatchesThatOnlyMoveTheWatermarkWaitASecondAndBecomeOne) {
    pending_.add(quiet(5, 50), start_);
    pending_.add(quiet(6, 40), start_ + milliseconds{400});
    EXPECT_TRUE(pending_.take_due(start_ + milliseconds{999}).empty());
    const auto due = pending_.take_due(start_ + milliseconds{1'000});
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].batch.next.value, 6);
    EXPECT_EQ(to_micros(due[0].batch.watermark.watermark), 50) << "a watermark never goes back";
    EXPECT_EQ(due[0].batch.counters.records, 2U);
}

TEST_F(PendingBatchesTest, WhatASenderAwaitsWaitsAFifthAndItsKeysStayWithIt) {
    CommitRequest first = quiet(5, 50), second = quiet(9, 90);
    first.awaited = second.awaited = true;
    first.keys.added = {{"a", 1, 1}};
    second.keys = {{{"b", 2, 2}}, {"c"}};
    pending_.add(first, start_);
    pending_.add(second, start_ + milliseconds{100});
    EXPECT_TRUE(pending_.take_due(start_ + milliseconds{199}).empty());
    const auto due = pending_.take_due(start_ + milliseconds{200});
    ASSERT_EQ(due.size(), 1U);
    ASSERT_EQ(due[0].keys.added.size(), 2U);
    EXPECT_EQ(due[0].keys.added[1].name, "b");
    EXPECT_EQ(due[0].keys.forgotten, std::vector<std::string>{"c"});
}

TEST_F(PendingBatchesTest, ASignalTakesTheWaitingBatchesOfItsPartitionAlong) {
    pending_.add(quiet(5, 50), start_);
    pending_.add(with_signal(9), start_);
    const auto due = pending_.take_due(start_);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].batch.next.value, 9);
    EXPECT_EQ(due[0].batch.signals.size(), 1U);
    EXPECT_EQ(due[0].batch.counters.records, 2U);
}

TEST_F(PendingBatchesTest, BecomingIdleAndActiveAgainIsSaidAtOnceAndStayingSoIsNot) {
    pending_.add(quiet(5, 50, true), start_);
    EXPECT_EQ(pending_.take_due(start_).size(), 1U);
    pending_.add(quiet(6, 50, true), start_);
    EXPECT_TRUE(pending_.take_due(start_).empty());
    pending_.add(quiet(7, 60, false), start_);
    EXPECT_EQ(pending_.take_due(start_).size(), 1U);
}

TEST_F(PendingBatchesTest, EvidenceOfOneScopeIsJoined) {
    const EvidenceSeen early{EvidenceKind::ddl, "production", "shop", "", from_micros(1), from_micros(2)};
    const EvidenceSeen late{EvidenceKind::ddl, "production", "shop", "", from_micros(5), from_micros(9)};
    const EvidenceSeen other{EvidenceKind::deployments, "production", "", "", from_micros(5), from_micros(9)};
    CommitRequest first = quiet(1, 1), second = quiet(2, 2);
    first.batch.watermark.evidence = {late};
    second.batch.watermark.evidence = {early, other};
    merge(first, std::move(second));
    ASSERT_EQ(first.batch.watermark.evidence.size(), 2U);
    EXPECT_EQ(first.batch.watermark.evidence[0].first, early.first);
    EXPECT_EQ(first.batch.watermark.evidence[0].last, late.last);
}

TEST_F(PendingBatchesTest, TransactionsKeepADistanceUnlessMuchHasComeAndSymptomsOfOnePartitionBecomeOneBatch) {
    PendingBatches spaced{milliseconds{1'000}, milliseconds{50}};
    spaced.add(with_signal(1), start_);
    EXPECT_EQ(spaced.take_due(start_).size(), 1U) << "the first goes at once";
    spaced.add(with_signal(2), start_ + milliseconds{10});
    spaced.add(with_signal(3), start_ + milliseconds{20});
    EXPECT_TRUE(spaced.take_due(start_ + milliseconds{49}).empty());
    const auto due = spaced.take_due(start_ + milliseconds{50});
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].batch.next.value, 3);
    EXPECT_EQ(due[0].batch.signals.size(), 2U);
    for (std::size_t i = 0; i < PendingBatches::kMost; ++i) {
        EXPECT_TRUE(spaced.take_due(start_ + milliseconds{60}).empty());
        spaced.add(with_signal(4), start_ + milliseconds{60});
    }
    EXPECT_EQ(spaced.take_due(start_ + milliseconds{60}).size(), 1U) << "memory is bounded whatever comes";
    spaced.add(with_signal(5), start_ + milliseconds{61});
    EXPECT_EQ(spaced.take_all().size(), 1U);
}

TEST_F(PendingBatchesTest, StoppingTakesWhatStillWaits) {
    pending_.add(quiet(5, 50), start_);
    EXPECT_EQ(pending_.take_all().size(), 1U);
    EXPECT_TRUE(pending_.empty());
}

}  // namespace
}  // namespace culprit
