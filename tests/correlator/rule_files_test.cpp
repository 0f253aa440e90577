#include "correlator/rule_files.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "correlator/correlator.h"
#include "correlator/rules_fingerprint.h"

namespace culprit {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == text.npos) throw std::runtime_error(from + " is not in the table");
    return text.replace(at, from.size(), to);
}

TEST(RuleFiles, an_operators_file_stands_in_place_of_the_embedded_one_of_its_name) {
    CorrelationSettings settings;
    const std::string embedded(rule_table(settings, "causality.yaml"));
    EXPECT_NE(embedded.find("calibration"), std::string::npos);
    settings.rules["causality.yaml"] = "mine";
    EXPECT_EQ(rule_table(settings, "causality.yaml"), "mine");
    EXPECT_NE(rule_table(settings, "severity.yaml"), "mine");

    const auto before = playbook_files({});
    settings.rules["playbooks/locks.yaml"] = "locks of mine";
    settings.rules["playbooks/mine.yaml"] = "one more";
    const auto files = playbook_files(settings);
    ASSERT_EQ(files.size(), before.size() + 1);
    EXPECT_EQ(std::ranges::find(files, "locks.yaml", &EmbeddedFile::name)->content, "locks of mine");
    EXPECT_EQ(files.back().name, "mine.yaml");
}

TEST(RuleFiles, other_rules_have_another_fingerprint_and_the_same_ones_in_a_folder_have_not) {
    CorrelationSettings settings;
    const std::string before = rules_fingerprint(settings);
    settings.rules["causality.yaml"] = std::string(rule_table({}, "causality.yaml"));
    EXPECT_EQ(rules_fingerprint(settings), before);
    settings.rules["causality.yaml"] += "# changed\n";
    EXPECT_NE(rules_fingerprint(settings), before);
}

TEST(RuleFiles, what_does_not_load_is_an_error_that_names_file_and_line) {
    CorrelationSettings settings;
    settings.rules["causality.yaml"] = replaced(std::string(rule_table({}, "causality.yaml")), "none: -1.0", "none: [1]");
    try {
        const Correlator correlator(settings);
        FAIL() << "it is no number";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("causality.yaml:"), std::string::npos) << error.what();
    }
}

TEST(RuleFiles, only_names_that_mean_something_are_taken) {
    for (const char* name : {"causality.yaml", "severity.yaml", "warnings.yaml", "playbooks/any.yaml"})
        EXPECT_TRUE(is_rule_file(name));
    for (const char* name : {"causalty.yaml", "locks.yaml", "playbooks/any.yml", "sub/causality.yaml"})
        EXPECT_FALSE(is_rule_file(name));
}

}  // namespace
}  // namespace culprit
