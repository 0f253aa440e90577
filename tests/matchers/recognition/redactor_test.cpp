#include "matchers/redactor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace culprit {
namespace {

const Redactor kHash({RedactedValues::hash, "secret"});
const Redactor kRemove({RedactedValues::remove, ""});

struct Detail {
    const char* text;
    std::vector<std::string> columns;
    const char* values;
    const char* tail;
    const char* table;
};

TEST(KeyDetail, is_split_in_every_language_and_dress) {
    const Detail cases[] = {
        {"Key (email)=(a@x.org) already exists.", {"email"}, "a@x.org", " already exists.", ""},
        {"Key (email, note)=(alice@x.org, foo)=(bar, baz) already exists.",
         {"email", "note"},
         "alice@x.org, foo)=(bar, baz",
         " already exists.",
         ""},
        {"Key (lower(email))=(u1@x.io) already exists.", {"lower(email)"}, "u1@x.io", " already exists.", ""},
        {"Key (\"Id\")=(1) is duplicated.", {"Id"}, "1", " is duplicated.", ""},
        {"Key (customer_id)=(99) is not present in table \"customers\".",
         {"customer_id"},
         "99",
         " is not present in table \"customers\".",
         "customers"},
        {"Key (id)=(1) is still referenced from table \"orders\".",
         {"id"},
         "1",
         " is still referenced from table \"orders\".",
         "orders"},
        {"Schlüssel »(email)=(a@x)« existiert bereits.", {"email"}, "a@x", "« existiert bereits.", ""},
        {"Schlüssel (kunde_id)=(7) ist nicht in Tabelle »kunden« vorhanden.",
         {"kunde_id"},
         "7",
         " ist nicht in Tabelle »kunden« vorhanden.",
         "kunden"},
        {"テーブル\"customers\"にキー(customer_id)=(7)がありません", {"customer_id"}, "7", "がありません", "customers"},
        {"Key (a)=(x) already exists. Key (b)=(y)", {"a"}, "x) already exists. Key (b)=(y", "", ""},
    };
    for (const auto& detail : cases) {
        KeyDetail key;
        ASSERT_TRUE(parse_key_detail(detail.text, key)) << detail.text;
        EXPECT_EQ(key.columns, detail.columns) << detail.text;
        EXPECT_EQ(key.values, detail.values) << detail.text;
        EXPECT_EQ(key.tail, detail.tail) << detail.text;
        EXPECT_EQ(key.referenced_table, detail.table) << detail.text;
    }
    KeyDetail key;
    EXPECT_FALSE(parse_key_detail("Failing row contains (1, alice, null).", key));
    EXPECT_FALSE(parse_key_detail("", key));
}

TEST(Redactor, shows_nothing_of_a_detail_that_was_cut_within_a_value) {
    const auto shown = kRemove.detail("Key (note)=(she said (twice) my secret");
    EXPECT_EQ(shown.find("secret"), std::string::npos) << shown;
}

TEST(Redactor, keeps_names_and_hides_values_in_messages) {
    const std::pair<const char*, const char*> cases[] = {
        {"duplicate key value violates unique constraint \"orders_pkey\"",
         "duplicate key value violates unique constraint \"orders_pkey\""},
        {"invalid input syntax for type integer: \"4111\"", "invalid input syntax for type integer: \"<redacted>\""},
        {"user 'alice' has 17 orders", "user '<redacted>' has <redacted> orders"},
        {"relation \"t1\" does not exist\nLINE 1: select 'x'", "relation \"t1\" does not exist"},
        {"failed: Key (email)=(a@x.io) already exists.", "failed: Key (email)=(<redacted>"},
        {"couldn't do it", "couldn't do it"},
        {"unclosed 'secret", "unclosed <redacted>"},
    };
    for (const auto& [text, shown] : cases) EXPECT_EQ(kRemove.message(text), shown);
}

TEST(Redactor, hides_constants_bodies_and_comments_in_statements) {
    EXPECT_EQ(kRemove.statement("INSERT INTO t(a, b) VALUES ('x''y', 12) -- card 4111"),
              "INSERT INTO t(a, b) VALUES (<redacted>, <redacted>) <redacted>");
    EXPECT_EQ(kRemove.statement("DO $$ BEGIN PERFORM 'alice'; END $$"), "DO <redacted>");
    EXPECT_EQ(kRemove.statement("SELECT * FROM \"Users\" WHERE id = $1 /* alice */"),
              "SELECT * FROM \"Users\" WHERE id = $1 <redacted>");
    EXPECT_EQ(kRemove.statement("SELECT 'unterminated alice"), "<redacted>");
    EXPECT_EQ(kRemove.statement(std::string("SELECT 1\0 alice", 15)), "<redacted>");
}

TEST(Redactor, equal_values_join_under_one_key_only) {
    EXPECT_EQ(kHash.value("a@x.io"), kHash.value("a@x.io"));
    EXPECT_NE(kHash.value("a@x.io"), kHash.value("b@x.io"));
    EXPECT_NE(kHash.value("a@x.io"), Redactor({RedactedValues::hash, "other"}).value("a@x.io"));
    EXPECT_EQ(kHash.value("a@x.io").size(), std::string("<h:123456789abc>").size());
    EXPECT_EQ(Redactor({RedactedValues::keep, ""}).value("a"), "a");
}

RC_GTEST_PROP(Redactor, never_shows_a_constant_of_a_statement, ()) {
    const auto word = "zq" + *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))) + "qz";
    const auto quote = *rc::gen::element<std::string>("'", "E'", "$$", "$tag$");
    const auto close = quote == "E'" ? "'" : quote;
    const auto sql = *rc::gen::element<std::string>("INSERT INTO t VALUES (", "ALTER TABLE t ADD CHECK (a <> ",
                                                    "COMMENT ON TABLE t IS (", "CALL p(") +
                     quote + word + close + ")";
    RC_ASSERT(kHash.statement(sql).find(word) == std::string::npos);
}

RC_GTEST_PROP(Redactor, never_shows_a_value_of_a_key_whatever_it_holds, ()) {
    const auto noise = *rc::gen::container<std::string>(rc::gen::element(')', '(', '=', '"', ' ', ',', '.', '\n', 'a', '\''));
    const auto value = noise + "zqsecretqz" + *rc::gen::container<std::string>(rc::gen::element(')', '(', '=', '"', ' ', '.'));
    const auto tail = *rc::gen::element<std::string>(" already exists.", " is not present in table \"t\".", "");
    RC_ASSERT(kHash.detail("Key (a, b)=(" + value + ")" + tail).find("zqsecretqz") == std::string::npos);
}

}  // namespace
}  // namespace culprit
