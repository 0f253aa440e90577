#include "daemon/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace culprit {
namespace {

using std::chrono::milliseconds;

TEST(BoundedQueue, AFullQueueRefusesAndLeavesTheItemWithItsOwner) {
    BoundedQueue<std::unique_ptr<int>> queue(1);
    auto first = std::make_unique<int>(1), second = std::make_unique<int>(2);
    ASSERT_TRUE(queue.push(first, milliseconds{0}));
    ASSERT_FALSE(queue.push(second, milliseconds{5}));
    EXPECT_EQ(*second, 2);
    EXPECT_EQ(**queue.pop(milliseconds{0}), 1);
    EXPECT_TRUE(queue.push(second, milliseconds{0}));
}

TEST(BoundedQueue, AClosedQueueGivesWhatItHoldsAndTakesNothingMore) {
    BoundedQueue<int> queue(2);
    int item = 7;
    ASSERT_TRUE(queue.push(item, milliseconds{0}));
    queue.close();
    EXPECT_FALSE(queue.push(item, milliseconds{0}));
    EXPECT_FALSE(queue.closed_and_empty());
    EXPECT_EQ(queue.pop(milliseconds{0}), 7);
    EXPECT_TRUE(queue.closed_and_empty());
    EXPECT_EQ(queue.pop(milliseconds{0}), std::nullopt);
}

TEST(BoundedQueue, NothingIsLostBetweenManyProducersAndOneConsumer) {
    BoundedQueue<int> queue(3);
    long sum = 0;
    {
        std::vector<std::jthread> producers;
        for (int producer = 0; producer < 4; ++producer) {
            producers.emplace_back([&] {
                for (int i = 1; i <= 1'000; ++i) {
                    int item = i;
                    while (!queue.push(item, milliseconds{100})) {
                    }
                }
            });
        }
        for (int popped = 0; popped < 4'000; ++popped) sum += queue.pop(milliseconds{5'000}).value_or(0);
    }
    EXPECT_EQ(sum, 4 * 500'500L);
    EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace culprit
