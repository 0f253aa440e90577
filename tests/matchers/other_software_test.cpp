// Logs of other software, and of applications and servers on an ordinary day: nothing is found in them that is not there, and the
// filter holds them back.
#include <gtest/gtest.h>

#include "matchers/literal_filter.h"
#include "tests/matchers/corpus_files.h"
#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

class OtherSoftware : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(OtherSoftware, shows_no_symptom_of_PostgreSQL) {
    const auto lines = unpacked(GetParam());
    ASSERT_GE(lines.size(), 20u);
    for (const auto& signal : Feed{lines}.all().signals) {
        if (signal.family == Family::symptom) {
            ADD_FAILURE() << signal.kind << " by " << signal.rule << ": "
                          << lines.at(static_cast<std::size_t>(signal.source.offset.value)).substr(0, 300);
        }
    }
}

std::string name_of(const ::testing::TestParamInfo<std::filesystem::path>& file) {
    auto name = file.param.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Logs, OtherSoftware, ::testing::ValuesIn(corpus_files("other_software", ".log.gz")), name_of);
INSTANTIATE_TEST_SUITE_P(Ordinary, OtherSoftware, ::testing::ValuesIn(corpus_files("ordinary", ".log.gz")), name_of);

TEST(OrdinaryLogs, pass_the_filter_in_2_of_100_lines_at_most) {
    auto scratch = recognition().filter().make_scratch();
    std::size_t all = 0, all_passed = 0;
    for (const auto& file : corpus_files("ordinary", ".log.gz")) {
        const auto lines = unpacked(file);
        std::size_t passed = 0;
        std::string first;
        for (const auto& line : lines) {
            if (!recognition().filter().passes(line, scratch)) continue;
            if (passed++ == 0) first = line;
        }
        EXPECT_LE(passed * 100, lines.size() * 6) << file.filename() << ": " << passed << " of " << lines.size() << ", " << first;
        all += lines.size();
        all_passed += passed;
    }
    ASSERT_GE(all, 10'000u);
    EXPECT_LE(all_passed * 100, all * 2);
}

}  // namespace
}  // namespace culprit
