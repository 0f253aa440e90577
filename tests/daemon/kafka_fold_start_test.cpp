#include <gtest/gtest.h>

#include <set>

#include "daemon/kafka_fold.h"
#include "daemon/kafka_topics.h"
#include "daemon/pending_batches.h"
#include "daemon/signal_log/kafka_signal_log.h"

namespace culprit {
namespace {

struct Case {
    const char* what;
    std::optional<StoredPlace> stored;
    std::int64_t low, high;
    std::int64_t epoch, first;
    bool anew, warns;
};
void PrintTo(const Case& given, std::ostream* out) { *out << given.what; }

class APartitionOfTheLogIsFolded : public testing::TestWithParam<Case> {};

TEST_P(APartitionOfTheLogIsFolded, FromItsSnapshotUnderTheRightEpoch) {
    const Case& given = GetParam();
    const FoldStart start = fold_start(given.stored, "rules", given.low, given.high, 500);
    EXPECT_EQ(start.epoch, given.epoch);
    EXPECT_EQ(start.first, given.first);
    EXPECT_EQ(start.anew, given.anew);
    EXPECT_EQ(!start.warning.empty(), given.warns) << start.warning;
}

INSTANTIATE_TEST_SUITE_P(
    KafkaFold, APartitionOfTheLogIsFolded,
    testing::Values(Case{"nothing was ever folded", {}, 0, 90, 500, 0, false, false},
                    Case{"nothing was ever folded, and retention has passed", {}, 40, 90, 500, 40, false, false},
                    Case{"a snapshot, and a tail", StoredPlace{7, 59, "rules"}, 40, 90, 7, 60, false, false},
                    Case{"a snapshot of everything", StoredPlace{7, 89, "rules"}, 40, 90, 7, 90, false, false},
                    Case{"a snapshot of an empty log", StoredPlace{7, -1, "rules"}, 0, 0, 7, 0, false, false},
                    Case{"the rules changed", StoredPlace{7, 59, "others"}, 40, 90, 500, 60, false, false},
                    Case{"the rules changed within a minute", StoredPlace{500, 59, "others"}, 40, 90, 501, 60, false, false},
                    Case{"the log was made anew", StoredPlace{7, 120, "rules"}, 0, 90, 500, 0, true, true},
                    Case{"the clock stands still and the log was made anew", StoredPlace{600, 120, "rules"}, 0, 90, 601, 0, true,
                         true},
                    Case{"retention outran the snapshot", StoredPlace{7, 20, "rules"}, 40, 90, 7, 40, false, true}));

TEST(KafkaSignalLogPartitions, AnEnvironmentIsAlwaysInTheSameOne) {
    std::set<int> used;
    for (int i = 0; i < 100; ++i) {
        const int partition = log_partition_of("production-" + std::to_string(i), 8);
        ASSERT_GE(partition, 0);
        ASSERT_LT(partition, 8);
        used.insert(partition);
    }
    EXPECT_EQ(used.size(), 8U);
    // Written down: another hash would send an environment's tail to another partition than its past.
    EXPECT_EQ(log_partition_of("production", 4), log_partition_of("production", 4));
    EXPECT_EQ(log_partition_of("", 4), 1);
}

TEST(KafkaTopics, AnExistingTopicThatDoesNotFitIsToldHowToFit) {
    const TopicWanted wanted{"s.snapshots",     "its snapshots", 4, 0, {{"cleanup.policy", "compact"}, {"segment.ms", "1"}},
                             {"cleanup.policy"}};
    EXPECT_TRUE(topic_problems(wanted, {4, {{"cleanup.policy", "compact"}, {"segment.ms", "2"}}}).empty());
    const auto problems = topic_problems(wanted, {3, {{"cleanup.policy", "delete"}}});
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_NE(problems[0].find("it has 3 partitions, expected 4"), std::string::npos) << problems[0];
    EXPECT_EQ(problems[1], "its cleanup.policy is 'delete', expected 'compact'; alter the topic's configuration");
}

TEST(PendingBatchesOfAGroup, WhatWasReadUnderAnEarlierLeaseIsReplacedNotJoined) {
    const auto request = [](std::shared_ptr<GroupLease> lease, std::int64_t next) {
        CommitRequest made;
        made.batch.input = {SourceType::kafka, "logs", 0};
        made.batch.next = Offset{next};
        made.batch.counters.records = 10;
        made.lease = std::move(lease);
        return made;
    };
    const auto first = std::make_shared<GroupLease>(nullptr, std::map<std::string, std::string>{});
    const auto second = std::make_shared<GroupLease>(nullptr, std::map<std::string, std::string>{});
    PendingBatches pending(std::chrono::seconds{1});
    pending.add(request(first, 10), {});
    first->lose();
    pending.add(request(second, 8), {});  // read again, from what the group had committed
    const auto due = pending.take_all();
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].batch.next.value, 8);
    EXPECT_EQ(due[0].batch.counters.records, 10U);
    EXPECT_TRUE(due[0].lease->held());
}

}  // namespace
}  // namespace culprit
