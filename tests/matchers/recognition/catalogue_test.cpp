#include "matchers/catalogue.h"

#include <gtest/gtest.h>

#include "matchers/recognition.h"

namespace culprit {
namespace {

TEST(Catalogue, every_example_is_recognised_and_no_counter_example_is) {
    const auto catalogue = Catalogue::load({});
    ASSERT_TRUE(catalogue.ok()) << catalogue.error().message;
    for (const auto& failure : run_examples(*catalogue.value())) ADD_FAILURE() << failure;
    std::size_t examples = 0;
    for (const auto& pattern : catalogue.value()->patterns()) examples += pattern.examples.size();
    EXPECT_GT(examples, 100u);
}

struct Wrong {
    const char* yaml;
    const char* error;
};

TEST(Catalogue, an_error_names_file_line_and_what_was_expected) {
    const Wrong cases[] = {
        {"subject: x\npaterns: []\n", "x.yaml:2: expected one of subject, docs, tool, patterns"},
        {"subject: [\n", "x.yaml:2: expected YAML"},
        {"patterns: []\n", "x.yaml:1: expected a 'subject'"},
        {"subject: x\npatterns:\n  - id: a\n    match: '(unclosed'\n    says: {family: change, kind: import}\n",
         "x.yaml:4: expected a regular expression"},
        {"subject: x\npatterns:\n  - id: a\n    match: '\\d+ [a-z]+'\n    says: {family: change, kind: import}\n",
         "x.yaml:4: expected an expression with a literal"},
        {"subject: x\npatterns:\n  - id: a\n    match: 'abcdef'\n    says: {family: chaos}\n",
         "x.yaml:5: expected 'family': symptom, change or remedy"},
        {"subject: x\npatterns:\n  - id: a\n    match: 'abcdef'\n    says: {family: change, kind: import}\n",
         "x.yaml:3: expected 'examples'"},
        {"subject: x\nsqlstates: {'2350': x}\n", "x.yaml:2: expected an SQLSTATE of five characters"},
    };
    for (const auto& wrong : cases) {
        const auto catalogue = Catalogue::parse("x.yaml", wrong.yaml);
        ASSERT_FALSE(catalogue.ok()) << wrong.yaml;
        EXPECT_EQ(catalogue.error().message.substr(0, std::string(wrong.error).size()), wrong.error) << wrong.yaml;
    }
}

TEST(Catalogue, knows_the_condition_names_of_the_manual) {
    const auto catalogue = Catalogue::load({});
    ASSERT_TRUE(catalogue.ok());
    const auto& table = catalogue.value()->sqlstates();
    EXPECT_EQ(table.condition("23505"), "unique_violation");
    EXPECT_EQ(table.condition("42P01"), "undefined_table");
    EXPECT_EQ(table.condition("55P03"), "lock_not_available");
    EXPECT_EQ(table.condition("99999"), "");
    EXPECT_EQ(table.code_of_class("UniqueViolation"), "23505");
    EXPECT_EQ(table.code_of_class("DeadlockDetected"), "40P01");
    EXPECT_GT(table.codes().size(), 200u);
}

}  // namespace
}  // namespace culprit
