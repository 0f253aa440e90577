#include "daemon/sources/answered_requests.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

constexpr std::int64_t kDay = 86'400;

TEST(AnsweredRequests, KnowARepetitionByItsKeyAndItsBody) {
    AnsweredRequests answered(kDay);
    EXPECT_FALSE(answered.find("a", 1));
    const KeyChanges changes = answered.add({"a", 1, 1'000}, Offset{7});
    ASSERT_EQ(changes.added.size(), 1U);
    EXPECT_EQ(changes.added[0].name, "a");
    EXPECT_TRUE(changes.forgotten.empty());
    ASSERT_TRUE(answered.find("a", 1));
    EXPECT_TRUE(answered.find("a", 1)->same_body);
    EXPECT_EQ(answered.find("a", 1)->end, Offset{7});
    EXPECT_FALSE(answered.find("a", 2)->same_body);
    EXPECT_FALSE(answered.find("b", 1));
}

TEST(AnsweredRequests, KnowWhatTheSignalLogHeldAtTheStart) {
    AnsweredRequests answered(kDay);
    answered.restore({"a", 1, 1'000});
    ASSERT_TRUE(answered.find("a", 1));
    EXPECT_EQ(answered.find("a", 1)->end, Offset{0});  // in the log already
}

TEST(AnsweredRequests, ForgetTheOldestBeyondTheirNumber) {
    AnsweredRequests answered(kDay, 2);
    answered.add({"a", 1, 1'000}, Offset{1});
    answered.add({"b", 1, 1'001}, Offset{2});
    EXPECT_EQ(answered.add({"c", 1, 1'002}, Offset{3}).forgotten, std::vector<std::string>{"a"});
    EXPECT_EQ(answered.size(), 2U);
    EXPECT_FALSE(answered.find("a", 1));
    EXPECT_TRUE(answered.find("b", 1));
}

TEST(AnsweredRequests, ForgetThoseThatAreTooOld) {
    AnsweredRequests answered(60);
    answered.restore({"a", 1, 1'000});
    answered.restore({"b", 1, 1'030});
    EXPECT_TRUE(answered.add({"c", 1, 1'060}, Offset{3}).forgotten.empty());
    EXPECT_EQ(answered.add({"d", 1, 1'061}, Offset{4}).forgotten, std::vector<std::string>{"a"});
    EXPECT_EQ(answered.add({"e", 1, 2'000}, Offset{5}).forgotten, (std::vector<std::string>{"b", "c", "d"}));
}

TEST(AnsweredRequests, DoNotKnowWhatWasNotTakenInAfterAll) {
    AnsweredRequests answered(kDay, 2);
    answered.add({"a", 1, 1'000}, Offset{1});
    answered.withdraw("a");
    EXPECT_FALSE(answered.find("a", 1));
    answered.add({"a", 1, 1'001}, Offset{1});  // the same again, now for good
    EXPECT_TRUE(answered.add({"b", 1, 1'002}, Offset{2}).forgotten.empty());
    EXPECT_TRUE(answered.find("a", 1));
}

}  // namespace
}  // namespace culprit
