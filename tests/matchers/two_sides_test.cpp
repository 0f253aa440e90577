// One error, told by the application and by the server, is one problem: both sides' fingerprints have the same kind and name.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "matchers/tally.h"
#include "tests/matchers/corpus_files.h"
#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;
using Problem = std::pair<std::string, std::string>;  // kind, name

std::map<Problem, std::size_t> problems_of(const std::vector<std::string>& lines) {
    std::map<Problem, std::size_t> problems;
    for (const auto& signal : Feed{lines}.all().signals) {
        if (signal.family != Family::symptom || signal.sqlstate.empty()) continue;
        const auto fingerprint = fingerprint_of(signal);
        ++problems[{fingerprint.kind, fingerprint.name}];
    }
    return problems;
}

class TwoSides : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(TwoSides, tell_of_the_same_problems) {
    const std::string archive = "'" + GetParam().string() + "'";
    std::map<Problem, std::size_t> told;
    std::map<std::string, std::map<Problem, std::size_t>> logged;  // by the server's format
    for (const auto& member : lines_of_command("tar --zstd -tf " + archive)) {
        const auto name = member.substr(member.rfind('/') + 1);
        const auto problems = [&] { return problems_of(lines_of_command("tar --zstd -xOf " + archive + " '" + member + "'")); };
        if (name.starts_with("app.")) told.merge(problems());
        if (name.starts_with("postgres.")) logged[name] = problems();
    }
    ASSERT_EQ(logged.size(), 3u) << "the server's log as jsonlog, csvlog and stderr";
    for (const auto& [format, problems] : logged) {
        EXPECT_EQ(problems, logged.begin()->second) << format;
        for (const auto& [problem, count] : told)
            EXPECT_TRUE(problems.contains(problem)) << format << " does not tell of " << problem.first << ' ' << problem.second;
    }
}

INSTANTIATE_TEST_SUITE_P(Outages, TwoSides, ::testing::ValuesIn(corpus_files("scenarios", ".tar.zst")),
                         [](const auto& file) { return "of_" + file.param.stem().stem().string(); });

}  // namespace
}  // namespace culprit
