// The server's own messages, in its languages and with hostile names, in records without an SQLSTATE.
#include <gtest/gtest.h>

#include "matchers/error_context.h"
#include "matchers/message_arguments.h"
#include "matchers/recognition.h"
#include "matchers/sql_names.h"
#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using testing_lines::recognition;

Record server(std::string message, std::string statement = {}, std::string detail = {}, std::string level = "error") {
    Record record;
    record.side = Side::server;
    record.format = "stderr";
    record.level = std::move(level);
    record.message = std::move(message);
    record.statement = std::move(statement);
    record.detail = std::move(detail);
    return record;
}

Signal symptom(const Record& record) {
    for (auto& signal : recognition().recognise(record)) {
        if (signal.family == Family::symptom) return signal;
    }
    return {};
}

std::string table_of(const Signal& signal) {
    for (const auto& object : signal.objects) {
        if (object.type == "table") return object.name;
    }
    return {};
}

struct Spoken {
    const char* language;
    const char* message;
    const char* kind;
    const char* table;
    const char* name;  // of the constraint or the column
};

class InItsLanguages : public testing::TestWithParam<Spoken> {};

TEST_P(InItsLanguages, a_message_means_what_it_means_in_english) {
    const auto& [language, message, kind, table, name] = GetParam();
    const auto found = symptom(server(message));
    EXPECT_EQ(found.kind, kind) << message;
    EXPECT_EQ(table_of(found), table) << message;
    ASSERT_FALSE(found.objects.empty());
    EXPECT_EQ(found.objects.front().name, name) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Server, InItsLanguages,
    testing::Values(
        Spoken{"de", "Check-Constraint »late_chk« von Relation »orders« wird von irgendeiner Zeile verletzt", "check_violation",
               "orders", "late_chk"},
        Spoken{"es", "la restricción check «late_chk» de la relación «orders» es violada por alguna fila", "check_violation",
               "orders", "late_chk"},
        Spoken{"fr", "la contrainte de vérification « late_chk » de la relation « orders » est violée par une ligne",
               "check_violation", "orders", "late_chk"},
        Spoken{"ja", "テーブル\"customers\"の更新または削除は、テーブル\"orders\"の外部キー制約\"orders_fk\"に違反します",
               "foreign_key_violation", "orders", "orders_fk"},
        Spoken{"zh_CN", "对表 \"customers\" 的更新或删除违反表 \"orders\" 上的外键约束 \"orders_fk\"", "foreign_key_violation",
               "orders", "orders_fk"},
        Spoken{"ko", "\"note\" 칼럼은 \"orders\" 릴레이션(relation)에 없음 29 번째 문자 부근", "undefined_column", "orders",
               "note"},
        Spoken{"ru", "столбец \"note\" в таблице \"orders\" не существует (символ 29)", "undefined_column", "orders", "note"},
        Spoken{"uk", "стовпець \"note\" зв'язку \"orders\" не існує символ 29", "undefined_column", "orders", "note"},
        Spoken{"sv", "kolumn \"note\" i relation \"orders\" existerar inte vid tecken 29", "undefined_column", "orders", "note"},
        Spoken{"it", "la colonna \"note\" della relazione \"orders\" non esiste al carattere 29", "undefined_column", "orders",
               "note"}),
    [](const auto& test) { return std::string(test.param.language); });

TEST(ServerMessage, names_that_hold_whole_messages_are_read_as_the_statement_and_the_detail_know_them) {
    const auto child = symptom(server(
        R"(insert or update on table "child" violates foreign key constraint "x" violates foreign key constraint "child_fk" violates foreign key constraint "x")",
        R"(INSERT INTO "child"" violates foreign key constraint ""x" VALUES (1))"));
    ASSERT_EQ(child.objects.size(), 2U);
    EXPECT_EQ(child.objects[0].name, R"(child_fk" violates foreign key constraint "x)");
    EXPECT_EQ(table_of(child), R"(child" violates foreign key constraint "x)");
    // Without a statement: all of the names have the same form.
    EXPECT_EQ(table_of(symptom(server(R"(column "amount" of relation "t" of relation "orders" of relation "t" does not exist)"))),
              R"(orders" of relation "t)");
}

TEST(ServerMessage, a_column_behind_an_alias_is_told_from_the_dots_of_names_by_the_statement) {
    const auto found = symptom(server("column al.v1.2.no_such.v1.2 does not exist at character 8",
                                      R"(SELECT "al.v1.2"."no_such.v1.2" FROM orders AS "al.v1.2")"));
    EXPECT_EQ(found.kind, "undefined_column");
    EXPECT_EQ(found.objects.at(0).name, "no_such.v1.2");
}

TEST(ServerMessage, a_missing_role_is_another_error_for_a_connection_than_for_a_statement) {
    EXPECT_EQ(symptom(server("role \"app2\" does not exist", "", "", "fatal")).sqlstate, "28000");
    EXPECT_EQ(symptom(server("role \"app2\" does not exist", "GRANT SELECT ON orders TO app2")).sqlstate, "42704");
    EXPECT_EQ(symptom(server("Rolle »app2« existiert nicht", "GRANT SELECT ON orders TO app2")).sqlstate, "42704");
}

TEST(ServerMessage, dates_have_a_code_of_their_own_among_malformed_values_and_no_value_is_shown) {
    const auto date = symptom(server("invalid input syntax for type date: \"4111-1111\""));
    EXPECT_EQ(date.sqlstate, "22007");
    EXPECT_EQ(date.message.find("4111"), std::string::npos) << date.message;
    EXPECT_EQ(symptom(server("ungültige Eingabesyntax für Typ date: »4111-1111«")).sqlstate, "22007");
    EXPECT_EQ(symptom(server("invalid input syntax for type integer: \"4111\"")).sqlstate, "22P02");
}

TEST(ServerMessage, a_value_that_holds_the_messages_own_words_does_not_pass_for_a_name) {
    for (const char* message :
         {R"(invalid value "a" for "secret" for "YYYY")", R"(invalid input syntax for type x: "secret: "b")"}) {
        const auto found = symptom(server(message));
        ASSERT_FALSE(found.kind.empty()) << message;
        EXPECT_EQ(to_json_line(found).find("secret"), std::string::npos) << to_json_line(found);
    }
}

TEST(ServerMessage, a_full_disk_is_known_by_the_operating_systems_words) {
    EXPECT_EQ(symptom(server("could not extend file \"base/16384/24601\": No space left on device")).kind, "disk_full");
    EXPECT_EQ(symptom(server("could not open file \"base/16384/24601\": No such file or directory")).kind, "undefined_file");
    EXPECT_EQ(symptom(server("konnte Datei »base/16384/24601« nicht öffnen: Datei oder Verzeichnis nicht gefunden")).kind,
              "undefined_file");
}

struct Raised {
    const char* message;
    const char* statement;
    const char* sqlstate;
};

class WhatRaiseThrew : public testing::TestWithParam<Raised> {};

TEST_P(WhatRaiseThrew, is_what_its_statement_says_and_never_what_its_words_look_like) {
    auto record = server(GetParam().message, GetParam().statement);
    record.context = "PL/pgSQL-Funktion inline_code_block Zeile 1 bei RAISE";
    EXPECT_EQ(symptom(record).sqlstate, GetParam().sqlstate);
}

INSTANTIATE_TEST_SUITE_P(
    ServerMessage, WhatRaiseThrew,
    testing::Values(
        Raised{"duplicate key value violates unique constraint \"a\"", "SELECT f()", "P0001"},
        Raised{"duplicate key value violates unique constraint \"a\"",
               "DO $$ BEGIN RAISE EXCEPTION 'duplicate …' USING ERRCODE = '22012'; END $$", "22012"},
        Raised{"Bestellung doppelt",
               "DO $$ BEGIN RAISE EXCEPTION 'Bestellung doppelt' USING ERRCODE = 'unique_violation'; END $$", "23505"},
        Raised{"customer is gone", "DO $$ BEGIN RAISE foreign_key_violation USING MESSAGE = 'customer is gone'; END $$", "23503"},
        Raised{"undefined_table", "SELECT f()", "42P01"},
        Raised{"either", "DO $$ BEGIN RAISE unique_violation USING MESSAGE = 'a'; RAISE check_violation; END $$", "P0001"}));

TEST(ServerMessage, what_the_databases_encoding_could_not_write_is_recognised_by_what_is_left_of_it) {
    const auto japanese = symptom(server("?????????????\"größe_pk\"???????"));
    EXPECT_EQ(japanese.kind, "unique_violation");
    EXPECT_EQ(japanese.objects.at(0).name, "größe_pk");
    const std::string position = std::string("(15") + std::string(3, '?') + ")";
    EXPECT_EQ(symptom(server("??????\"missing\"???????" + position)).kind, "undefined_table");
    const auto german = symptom(server("Spalte >>größe_y<< von Relation >>größe<< existiert nicht"));
    EXPECT_EQ(german.kind, "undefined_column");
    EXPECT_EQ(table_of(german), "größe");
    EXPECT_EQ(symptom(server("doppelter Schl?sselwert verletzt Unique-Constraint »заказы_pk«")).kind, "unique_violation");
}

TEST(ServerMessage, a_text_within_a_name_is_told_from_a_longer_text_by_the_statement) {
    const char* message = R"(column "note" of relation "t" does not exist)";
    EXPECT_EQ(table_of(symptom(server(message, "UPDATE t SET note = 1"))), "t");
    const auto hostile = symptom(server(message, R"(SELECT "note"" of relation ""t" FROM orders)"));
    EXPECT_EQ(hostile.objects.at(0).name, R"(note" of relation "t)");
}

TEST(ServerMessage, names_that_raise_gives_are_taken_from_its_statement) {
    auto record = server("gone", "DO $$ BEGIN RAISE foreign_key_violation USING MESSAGE = 'gone', TABLE = 'o''rders'; END $$");
    record.context = "PL/pgSQL function inline_code_block line 1 at RAISE";
    EXPECT_EQ(table_of(symptom(record)), "o'rders");
}

TEST(ErrorContext, shows_the_innermost_statement_in_any_language) {
    for (const char* context :
         {"SQL statement \"DELETE FROM ONLY \"public\".\"orders\" WHERE 1\"\nPL/pgSQL function f() line 2 at SQL statement",
          "SQL-Anweisung »DELETE FROM ONLY \"public\".\"orders\" WHERE 1«\nPL/pgSQL-Funktion f() Zeile 2 bei SQL-Anweisung",
          "instruction SQL « DELETE FROM ONLY \"public\".\"orders\" WHERE 1 »\nfonction PL/pgSQL f(), ligne 2 à instruction SQL",
          "SQL文 \"DELETE FROM ONLY \"public\".\"orders\" WHERE 1\"\nPL/pgSQL関数f()の2行目 - SQLステートメント"}) {
        EXPECT_EQ(read_context(context).inner_statement, "DELETE FROM ONLY \"public\".\"orders\" WHERE 1") << context;
        EXPECT_TRUE(read_context(context).within_function);
    }
    EXPECT_FALSE(read_context("unnamed portal with parameters: $1 = 'SQL statement', $2 = '7'").within_function);
    EXPECT_FALSE(read_context("COPY orders, line 2").within_function);
    EXPECT_TRUE(read_context("SQL-Funktion »f_sql« Anweisung 1").within_function);
}

TEST(MessageArguments, every_way_to_read_a_message_is_found_and_no_more_than_a_bounded_number) {
    const auto pieces = pieces_of("a \"{}\" of \"{}\"");
    EXPECT_EQ(instances(R"(a "x" of "y")", pieces), (std::vector<Arguments>{{"x", "y"}}));
    EXPECT_EQ(instances(R"(a "x" of "y" of "z")", pieces).size(), 2U);
    EXPECT_TRUE(instances(R"(a "x" of y)", pieces).empty());
    std::string hostile = "a \"";
    for (int i = 0; i < 100'000; ++i) hostile += "\" of \"";
    EXPECT_LE(instances(hostile + "\"", pieces).size(), 200U);
}

TEST(SqlNames, are_unquoted_folded_and_not_taken_from_literals) {
    const auto names = names_in_sql(R"(SELECT "a""b", Foo FROM s."T x" WHERE c = 'it''s "secret"' -- "note"
                                       AND d = /* "hidden" */ 1)");
    for (const char* name : {"a\"b", "foo", "s", "T x", "c", "d"}) EXPECT_TRUE(names.contains(name)) << name;
    for (const char* name : {"secret", "note", "hidden", "it"}) EXPECT_FALSE(names.contains(name)) << name;
}

TEST(Server, names_a_relation_in_its_schema_unless_the_dot_is_the_names_own) {
    struct Case {
        const char *message, *statement, *schema, *table;
    };
    for (const auto& [message, statement, schema, table] :
         {Case{"relation \"billing.routes\" does not exist", "SELECT * FROM billing.routes", "billing", "routes"},
          Case{"Relation »billing.routes« existiert nicht", "SELECT * FROM billing.routes", "billing", "routes"},
          Case{"relation \"billing.routes\" does not exist", "SELECT * FROM \"billing.routes\"", "", "billing.routes"},
          Case{"relation \"routes\" does not exist", "SELECT * FROM routes", "", "routes"}}) {
        const auto found = symptom(server(message, statement));
        ASSERT_FALSE(found.objects.empty()) << message << statement;
        EXPECT_EQ(found.objects.front().schema, schema) << message << statement;
        EXPECT_EQ(found.objects.front().name, table) << message << statement;
    }
}

}  // namespace
}  // namespace culprit
