// Memory is bounded whatever arrives: a storm of distinct names.
#include <gtest/gtest.h>

#include "correlator/symptom_groups.h"
#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

Tally tally_of(int number) {
    TallyTable table;
    table.add(by_server(symptom(number * 0.0001, "undefined_table", table_named("t" + std::to_string(number))), "shop"));
    return table.drain().front();
}

TEST(Overflow, a_million_distinct_problems_fold_into_one_and_every_symptom_is_counted) {
    CorrelationSettings settings;
    SymptomGroups groups(settings);
    constexpr int kStorm = 1'000'000;
    const Tally one = tally_of(0);
    for (int i = 0; i < kStorm; ++i) {
        Tally tally = one;
        tally.key.fingerprint.name = "t" + std::to_string(i);
        groups.add(tally);
    }
    EXPECT_LE(groups.size(), SymptomGroups::kProblems + 1);
    std::uint64_t count = 0;
    for (const ProblemKey& problem : groups.problems())
        for (const Session& session : groups.sessions(problem)) count += session.count();
    EXPECT_EQ(count, static_cast<std::uint64_t>(kStorm));
    const auto overflow = groups.sessions({"undefined_table", std::string(kOverflow)});
    ASSERT_EQ(overflow.size(), 1U);
    EXPECT_EQ(overflow[0].count(), kStorm - SymptomGroups::kProblems);
    EXPECT_EQ(overflow[0].sum().table, "") << "it is about no table in particular";
}

TEST(Overflow, what_was_known_before_the_storm_is_still_told_apart_and_a_snapshot_keeps_it_so) {
    CorrelationSettings settings;
    SymptomGroups groups(settings), after(settings);
    const Tally one = tally_of(0);
    const auto add = [&](int number) {
        Tally tally = one;
        tally.key.fingerprint.name = "t" + std::to_string(number);
        return groups.add(tally);
    };
    for (int i = 0; i < static_cast<int>(SymptomGroups::kProblems) + 10; ++i) add(i);
    EXPECT_EQ(add(7).name, "t7");
    EXPECT_EQ(add(999'999).name, kOverflow);
    groups.for_each([&](const LogEntry& entry) { after.add(std::get<Tally>(entry)); });
    ASSERT_EQ(after.size(), groups.size());
    EXPECT_EQ(after.sessions({"undefined_table", std::string(kOverflow)}).at(0).count(), 11U);
    EXPECT_EQ(after.sessions({"undefined_table", "t7"}).at(0).count(), 2U);
}

}  // namespace
}  // namespace culprit::testing
