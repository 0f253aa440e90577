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

/// Else every start compiles for a fifth of a second, or recognises by an old catalogue.
TEST(Catalogue, is_prepared_by_the_build_and_says_the_same) {
    const auto whole = Catalogue::load({}), prepared = Catalogue::load({}, Catalogue::Examples::without);
    ASSERT_TRUE(whole.ok() && prepared.ok());
    EXPECT_EQ(prepared.value()->literals(), whole.value()->literals());
    EXPECT_EQ(prepared.value()->sqlstates().codes(), whole.value()->sqlstates().codes());
    EXPECT_EQ(prepared.value()->narrators().size(), whole.value()->narrators().size());
    EXPECT_EQ(prepared.value()->server_texts().literals_of_translations(),
              whole.value()->server_texts().literals_of_translations());
    const auto &some = prepared.value()->patterns(), &all = whole.value()->patterns();
    ASSERT_EQ(some.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(some[i].id, all[i].id);
        EXPECT_EQ(some[i].docs, all[i].docs);
        EXPECT_EQ(some[i].tool, all[i].tool);
        EXPECT_EQ(some[i].match ? some[i].match->text() : "", all[i].match ? all[i].match->text() : "") << all[i].id;
        EXPECT_TRUE(some[i].examples.empty());
    }
    const auto recognition = Recognition::load({}, {});
    ASSERT_TRUE(recognition.ok());
    EXPECT_TRUE(recognition.value()->filter().was_prepared());
    EXPECT_TRUE(recognition.value()->candidates().additions()->was_prepared());
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
