// What names tell.
#include "correlator/names.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(Names, of_a_migration_mention_what_it_touches) {
    EXPECT_TRUE(mentions("20260524115619_campaigns_rename_weight.sql", "campaigns"));
    EXPECT_TRUE(mentions("0012_unique_orderItem_sku", "order_items"));
    EXPECT_TRUE(mentions("AddEmailToCustomers", "customers"));
    EXPECT_TRUE(mentions("1772624873101_create-t-claim", "t_claim"));
    EXPECT_TRUE(mentions("V3__categories", "category"));
    EXPECT_FALSE(mentions("0012_cleanup", "customers"));
    EXPECT_FALSE(mentions("0012_customers_archive", "customer_orders"));
    EXPECT_FALSE(mentions("a1f0c2d3e4b5", "x")) << "a name without a word is never mentioned";
    EXPECT_FALSE(mentions("step_two", ""));
}

TEST(Names, are_descriptive_when_they_say_more_than_a_number) {
    EXPECT_TRUE(is_descriptive("0012_orders_total"));
    EXPECT_FALSE(is_descriptive("a1f0c2d3e4b5"));
    EXPECT_FALSE(is_descriptive("0012"));
}

TEST(Names, of_one_service_may_continue_each_other) {
    EXPECT_TRUE(same_service("billing", "billing-prod"));
    EXPECT_TRUE(same_service("billing", "billing"));
    EXPECT_FALSE(same_service("bill", "billing"));
    EXPECT_FALSE(same_service("", "billing"));
}

}  // namespace
}  // namespace culprit
