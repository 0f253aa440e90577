// Whom an incident reaches: releases in their order.
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

Json impact_of(const std::vector<Signal>& signals) { return fold(entries_of(signals), 1000).at(0)["culprit"]["impact"]; }

TEST(Impact, says_with_which_release_it_began_and_which_met_it_last) {
    const Json impact = impact_of({met(0, "web", "u", "2.10"), met(60, "web", "u", "2.10"), met(120, "web", "u", "2.9")});
    EXPECT_EQ(impact["first_release"], "2.10");
    EXPECT_EQ(impact["last_release"], "2.9") << "by time, not by name";
    EXPECT_EQ(impact["releases"].size(), 2U);
    EXPECT_FALSE(impact_of({met(0, "web", "u")}).contains("first_release"));
}

}  // namespace
}  // namespace culprit::testing
