// Whom an incident reaches: users and their share of all, releases in their order.
#include <gtest/gtest.h>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

Signal met(double time, const std::string& service, const std::string& user, const std::string& release = {}) {
    Signal error = by_service(symptom(time, "unique_violation", constraint_on("t", "t_key")), service);
    error.user = user;
    error.scope.release = release;
    return error;
}

Json impact_of(const std::vector<Signal>& signals, std::vector<ActiveUsers> active = {}) {
    CorrelationSettings settings;
    settings.active_users = std::move(active);
    return fold(entries_of(signals), 1000, settings).at(0)["culprit"]["impact"];
}

TEST(Impact, is_a_share_of_the_active_users_where_the_operator_says_how_many_there_are) {
    std::vector<Signal> signals;
    for (int user = 0; user < 12; ++user) signals.push_back(met(user, "checkout", "u" + std::to_string(user)));
    EXPECT_EQ(impact_of(signals)["users"], 12);
    EXPECT_FALSE(impact_of(signals).contains("users_ratio")) << "nobody says";
    EXPECT_EQ(impact_of(signals, {{"production", "checkout", 48}})["users_ratio"], 0.25);
    EXPECT_EQ(impact_of(signals, {{"production", "checkout", 48}, {"", "", 1000}})["users_ratio"], 0.25)
        << "of this service first";
    EXPECT_EQ(impact_of(signals, {{"", "billing", 48}, {"", "", 1000}})["users_ratio"], 0.012) << "else of all together";
    EXPECT_FALSE(impact_of(signals, {{"staging", "checkout", 48}, {"", "billing", 9}}).contains("users_ratio"));
    EXPECT_EQ(impact_of(signals, {{"", "checkout", 10}})["users_ratio"], 1) << "more than were thought to be there";
}

TEST(Impact, of_several_services_is_a_share_of_all_users_else_of_the_greatest_one_s) {
    std::vector<Signal> signals;
    for (int user = 0; user < 10; ++user) signals.push_back(met(user, user % 2 ? "checkout" : "web", "u" + std::to_string(user)));
    EXPECT_EQ(impact_of(signals, {{"", "checkout", 20}, {"", "web", 40}, {"", "", 100}})["users_ratio"], 0.1);
    EXPECT_EQ(impact_of(signals, {{"", "checkout", 20}, {"", "web", 40}})["users_ratio"], 0.25);
}

TEST(Impact, without_a_named_user_has_no_share) {
    EXPECT_FALSE(impact_of({met(0, "checkout", "")}, {{"", "checkout", 20}}).contains("users_ratio"));
}

TEST(Impact, says_with_which_release_it_began_and_which_met_it_last) {
    const Json impact = impact_of({met(0, "web", "u", "2.10"), met(60, "web", "u", "2.10"), met(120, "web", "u", "2.9")});
    EXPECT_EQ(impact["first_release"], "2.10");
    EXPECT_EQ(impact["last_release"], "2.9") << "by time, not by name";
    EXPECT_EQ(impact["releases"].size(), 2U);
    EXPECT_FALSE(impact_of({met(0, "web", "u")}).contains("first_release"));
}

}  // namespace
}  // namespace culprit::testing
