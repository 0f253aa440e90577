#include "matchers/text_search.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "matchers/catalogue.h"
#include "matchers/log_entry.h"
#include "matchers/recognition.h"

namespace culprit {
namespace {

struct Case {
    const char* expression;
    bool digit_blind;
};

TEST(Expression, is_digit_blind_when_no_digit_of_it_is_told_from_another) {
    const Case cases[] = {
        {R"x(relation "(?P<relation>[^\n]{1,300}?)" does not exist)x", true},
        {R"((?P<constraint_2>\w+) at \d{2}:[0-9]{1,2})", true},
        {R"(\x80-\xff)", true},
        {R"([^\w\x80-\xff]|$)", true},
        {"SQL Error: 0", false},
        {"[1-9][0-9]*", false},
        {R"(\x31)", false},
        {R"(\x{31})", false},
        {R"(\061)", false},
        {"[!-5]", false},
        {"a{x3}", false},
        {"[{1}]", false},
        {"0-9", false},
        {"[!-0-9]", false},
        {"[[:digit:]3]", false},
        {"[[:digit:]_-]+ [^]0-9]", true},
        {R"([\d\]]{2,} \[[0-9A-F]+\])", true},
        {R"(\Q12\E)", false},
    };
    for (const auto& c : cases) EXPECT_EQ(Expression(c.expression).digit_blind(), c.digit_blind) << c.expression;
}

RC_GTEST_PROP(Expression, that_is_digit_blind_finds_the_same_places_in_texts_that_differ_in_their_digits, ()) {
    const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "[0-9]", R"(\d)", "[!-5]", "[{1}]", "a", "0", "[^0-9a]", "[^3]", "{2}", "{1,3}", R"((?P<x_1>\w))", R"(\x31)", R"(\x61)",
        "[[:digit:]]", "[[:alpha:]7]", "[]0-9]", "[!-0-9]", "-", "]", "(", "|", ")", "?", "[/-:]", R"([\d-])"));
    std::string text;
    for (const auto& part : parts) text += part;
    const Expression expression(text);
    if (!expression.digit_blind() || expression.error()) return;
    for (int count = 0; count < 10; ++count) {
        std::string one, other;
        for (int left = *rc::gen::inRange(0, 8); left > 0; --left) {
            const char byte = *rc::gen::element('0', '0', '0', 'a', '-', '[', '{', ']', ':');
            one += byte == '0' ? *rc::gen::inRange<char>('0', '9' + 1) : byte;
            other += byte == '0' ? *rc::gen::inRange<char>('0', '9' + 1) : byte;
        }
        const auto found = find_spans(expression, one), expected = find_spans(expression, other);
        RC_ASSERT(found.has_value() == expected.has_value());
        if (!found) continue;
        for (std::size_t group = 0; group < found->size(); ++group) {
            RC_ASSERT((*found)[group].begin == (*expected)[group].begin);
            RC_ASSERT((*found)[group].end == (*expected)[group].end);
        }
    }
}

const Recognition& recognition() {
    static const auto loaded = Recognition::load({}, {RedactedValues::hash, "secret"});
    return *loaded.value();
}

std::vector<Record> examples() {
    std::vector<Record> records;
    const auto catalogue = Catalogue::load({});
    for (const auto& pattern : catalogue.value()->patterns()) {
        for (const auto& example : pattern.examples) records.push_back(example.record);
        for (const auto& example : pattern.counter_examples) records.push_back(example.record);
    }
    return records;
}

std::string with_other_digits(std::string text) {
    for (char& byte : text) {
        if (byte >= '0' && byte <= '9' && *rc::gen::inRange(0, 3) == 0) byte = static_cast<char>('0' + *rc::gen::inRange(0, 10));
    }
    return text;
}

std::string as_text(const std::vector<Signal>& signals) {
    std::string text;
    for (const auto& signal : signals) text += encode(signal) + '\n';
    return text;
}

RC_GTEST_PROP(MatchMemo, gives_the_same_signals_as_searching_anew, ()) {
    static const auto known = examples();
    // One memo for all cases: what earlier texts left in it must not show.
    static MatchMemo memo;
    static auto scratch = recognition().candidates().make_scratch();
    for (int count = 0; count < 8; ++count) {
        Record record = known[*rc::gen::inRange<std::size_t>(0, known.size())];
        record.message = with_other_digits(record.message);
        record.detail = with_other_digits(record.detail);
        record.statement = with_other_digits(record.statement);
        for (auto& [name, value] : record.fields) value = with_other_digits(value);
        RC_ASSERT(as_text(recognition().recognise(record, scratch, &memo)) == as_text(recognition().recognise(record)));
    }
}

TEST(MatchMemo, finds_in_a_text_of_a_known_shape_what_stands_there) {
    MatchMemo memo;
    const Expression key(R"x(Key \((?P<column>\w+)\)=\((?P<value>\d+)\))x");
    EXPECT_EQ(TextSearch("Key (id)=(17)", memo).find(key)->captures.at("value"), "17");
    EXPECT_EQ(TextSearch("Key (id)=(42)", memo).find(key)->captures.at("value"), "42");
    EXPECT_EQ(TextSearch("Key (id)=(423)", memo).find(key)->captures.at("value"), "423");
    EXPECT_FALSE(TextSearch("Key (id)=(xx)", memo).find(key));
    EXPECT_FALSE(TextSearch("Key (id)=(17)", memo).find(key, 1));
    EXPECT_EQ(memo.shapes(), 3u);
}

TEST(MatchMemo, asks_anew_of_an_expression_that_tells_digits_apart) {
    MatchMemo memo;
    const Expression code("code (?P<code>4[0-9])");
    EXPECT_TRUE(TextSearch("code 42", memo).find(code));
    EXPECT_FALSE(TextSearch("code 52", memo).find(code));
    EXPECT_TRUE(TextSearch("code 43", memo).find(code));
}

Record told(std::string message) {
    Record record;
    record.level = "error";
    record.time = from_micros(1);
    record.scope.service = "checkout";
    record.message = std::move(message);
    return record;
}

struct Remembered {
    const char* name;
    Record first, second;
    bool recalled;
};

TEST(SymptomMemo, recalls_a_symptom_that_differs_in_the_values_of_its_key_only) {
    const std::string error = "trace 55: duplicate key value violates unique constraint ";
    const std::string other_trace = "trace 94: duplicate key value violates unique constraint ";
    const auto with = [](Record record, auto change) {
        change(record);
        return record;
    };
    const Record plain = told(error + "\"t7_pkey\"\nDETAIL:  Key (id)=(123) already exists.");
    const Remembered cases[] = {
        {"another key", plain, told(error + "\"t7_pkey\"\nDETAIL:  Key (id)=(987) already exists."), true},
        {"another trace", plain, told(other_trace + "\"t7_pkey\"\nDETAIL:  Key (id)=(123) already exists."), true},
        {"another constraint", plain, told(error + "\"t8_pkey\"\nDETAIL:  Key (id)=(123) already exists."), false},
        {"another column", told(error + "\"t7_pkey\"\nDETAIL:  Key (id_1)=(123) already exists."),
         told(error + "\"t7_pkey\"\nDETAIL:  Key (id_2)=(123) already exists."), false},
        {"a key whose value stands elsewhere too", told(error + "\"t7_pkey\"\nDETAIL:  Key (id7)=(7) already exists."),
         told(error + "\"t7_pkey\"\nDETAIL:  Key (id7)=(8) already exists."), false},
        {"another service", plain, with(plain, [](Record& r) { r.scope.service = "billing"; }), false},
        {"another level", plain, with(plain, [](Record& r) { r.level = "info"; }), false},
        {"another statement", plain, with(plain, [](Record& r) { r.statement = "INSERT INTO t7 VALUES (1)"; }), false},
        {"another time and place", plain,
         with(plain, [](Record& r) { r.time = from_micros(2), r.source.offset = {9}, r.user = "ann"; }), true},
    };
    for (const auto& c : cases) {
        MatchMemo memo;
        auto scratch = recognition().candidates().make_scratch();
        const auto recalled = [&](const Record& record) {
            recognition().candidates().find(record, scratch);
            const std::string text = scratch.text();
            return memo.symptoms().recall(record, text, scratch.candidates(), true, recognition().redactor()).has_value();
        };
        EXPECT_EQ(as_text(recognition().recognise(c.first, scratch, &memo)), as_text(recognition().recognise(c.first))) << c.name;
        EXPECT_EQ(recalled(c.second), c.recalled) << c.name;
        EXPECT_EQ(as_text(recognition().recognise(c.second, scratch, &memo)), as_text(recognition().recognise(c.second)))
            << c.name;
    }
}

TEST(SymptomMemo, keeps_no_value) {
    MatchMemo memo;
    auto scratch = recognition().candidates().make_scratch();
    const auto text = as_text(recognition().recognise(
        told("duplicate key value violates unique constraint \"t_pkey\"\nDETAIL:  Key (card)=(4111) already exists."), scratch,
        &memo));
    const auto next = as_text(recognition().recognise(
        told("duplicate key value violates unique constraint \"t_pkey\"\nDETAIL:  Key (card)=(5222) already exists."), scratch,
        &memo));
    EXPECT_NE(text.find(recognition().redactor().hash("4111")), std::string::npos) << text;
    EXPECT_NE(next.find(recognition().redactor().hash("5222")), std::string::npos) << next;
    EXPECT_EQ(next.find("5222)"), std::string::npos) << next;
    EXPECT_EQ(next.find(recognition().redactor().hash("4111")), std::string::npos) << next;
}

TEST(SymptomMemo, is_bounded) {
    MatchMemo memo;
    auto scratch = recognition().candidates().make_scratch();
    const std::string filling(4'000, 'x');
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        for (int size = 1; size < 100; ++size) {
            const auto name = std::string(static_cast<std::size_t>(size), letter);
            const Record record = told("duplicate key value violates unique constraint \"" + name + "\"\n" + filling);
            ASSERT_EQ(recognition().recognise(record, scratch, &memo).size(), 1U);
            ASSERT_LE(memo.symptoms().bytes(), SymptomMemo::kBytes + (64 << 10));
        }
    }
    EXPECT_GT(memo.symptoms().bytes(), 0U);
}

TEST(MatchMemo, is_bounded) {
    MatchMemo memo;
    const Expression any("b");
    std::string text;
    for (std::size_t shape = 0; shape < 3 * MatchMemo::kShapes; ++shape) {
        text = "b";
        for (std::size_t rest = shape; rest > 0; rest /= 26) text += static_cast<char>('c' + rest % 20);
        text += std::string(shape / 1000, 'x');
        EXPECT_TRUE(TextSearch(text, memo).find(any));
        ASSERT_LE(memo.shapes(), MatchMemo::kShapes);
    }
    EXPECT_GT(memo.shapes(), 0u);
}

}  // namespace
}  // namespace culprit
