#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "matchers/catalogue.h"
#include "matchers/log_entry.h"
#include "matchers/recognition.h"

namespace culprit {
namespace {

class Recognised : public testing::Test {
   protected:
    /// Loaded once: RapidCheck makes a fixture for each of its cases.
    static const Recognition& recognition() {
        static const auto loaded = Recognition::load({}, {RedactedValues::hash, "secret"});
        EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().message);
        return *loaded.value();
    }

    static Record server(const char* level, const char* sqlstate, const char* message, const char* detail = "",
                         const char* statement = "") {
        Record record;
        record.side = Side::server;
        record.level = level;
        record.sqlstate = sqlstate;
        record.message = message;
        record.detail = detail;
        record.statement = statement;
        return record;
    }
    static Record application(const char* level, std::string message) {
        Record record;
        record.level = level;
        record.message = std::move(message);
        return record;
    }
    static std::vector<Signal> signals(const Record& record) { return recognition().recognise(record); }
};

TEST_F(Recognised, a_duplicate_key_names_constraint_table_schema_column_and_whether_the_key_was_given) {
    const auto found = signals(server("error", "23505", "duplicate key value violates unique constraint \"tickets_pkey\"",
                                      "Key (id)=(3) already exists.", "INSERT INTO desk.tickets(title) VALUES ($1)"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, "unique_violation");
    EXPECT_EQ(found[0].objects.at(0),
              (DatabaseObject{"constraint", "desk", "tickets_pkey", "id", "tickets_pkey", "", "tickets"}));
    EXPECT_EQ(found[0].key_columns, std::vector<std::string>{"id"});
    EXPECT_EQ(found[0].key_from_default, true);
    EXPECT_EQ(found[0].rule, "sqlstate");
    const auto given = signals(server("error", "23505", "duplicate key value violates unique constraint \"tickets_pkey\"",
                                      "Key (id)=(3) already exists.", "INSERT INTO tickets(id, title) VALUES (3, $1)"));
    EXPECT_EQ(given.at(0).key_from_default, false);
    const auto unknown = signals(server("error", "23505", "duplicate key value violates unique constraint \"tickets_pkey\"",
                                        "Key (id)=(3) already exists.", "INSERT INTO tickets VALUES (3, $1)"));
    EXPECT_EQ(unknown.at(0).key_from_default, std::nullopt);
}

TEST_F(Recognised, a_server_error_without_its_code_is_known_by_its_text_and_shows_no_value) {
    const auto found = signals(server("error", "", "date/time field value out of range: \"1997-02-29\" at character 28", "", ""));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].sqlstate, "22008");
    EXPECT_EQ(found[0].message.find("1997"), std::string::npos);
    EXPECT_EQ(signals(server("error", "", "interval out of range", "", "")).at(0).sqlstate, "22008");
    EXPECT_EQ(signals(server("error", "", "integer out of range", "", "")).at(0).sqlstate, "22003");
    EXPECT_TRUE(signals(server("error", "", "the moon is out of reach", "", "")).empty());
}

TEST_F(Recognised, an_error_within_a_function_is_about_what_the_function_wrote_to) {
    Record record = server("error", "23505", "duplicate key value violates unique constraint \"audit_pkey\"",
                           "Key (id)=(1) already exists.", "INSERT INTO orders VALUES (5)");
    record.context = "SQL statement \"INSERT INTO \"audit\" VALUES (1)\"\nPL/pgSQL function trg() line 2 at SQL statement";
    EXPECT_EQ(signals(record).at(0).objects.at(0).table, "audit");
    record.context = "SQL function \"f_sql\" statement 1";
    EXPECT_EQ(signals(record).at(0).objects.at(0).table, "");
}

TEST_F(Recognised, a_constraint_that_could_not_be_made_names_its_table_by_the_ddl) {
    const auto found = signals(server("error", "23505", "could not create unique index \"orders_no_uq\"",
                                      "Key (no)=(0) is duplicated.", "CREATE UNIQUE INDEX orders_no_uq ON shop.orders (no)"));
    EXPECT_EQ(found.at(0).objects.at(0),
              (DatabaseObject{"constraint", "shop", "orders_no_uq", "no", "orders_no_uq", "", "orders"}));
}

TEST_F(Recognised, a_foreign_key_met_from_the_parent_is_about_the_referencing_table) {
    const auto found = signals(
        server("error", "23503",
               "update or delete on table \"customers\" violates foreign key constraint \"orders_fk\" on table \"orders\"",
               "Key (id)=(1) is still referenced from table \"orders\".", "DELETE FROM customers WHERE id = 1"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].objects.at(0).table, "orders");
    EXPECT_EQ(found[0].objects.at(0).referenced_table, "customers");
}

TEST_F(Recognised, names_within_a_value_are_not_taken_for_the_constraint) {
    const auto found = signals(
        application("error",
                    "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"users_email_key\"\n"
                    "DETAIL:  Key (email)=(x\" violates foreign key constraint \"fk_fake\" DETAIL:  Key (id)=(1) already "
                    "exists.) already exists.\n"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, "unique_violation");
    EXPECT_EQ(found[0].objects.at(0).name, "users_email_key");
}

TEST_F(Recognised, look_alikes_are_no_symptoms) {
    const Record cases[] = {
        server("warning", "01000", "duplicate key value violates unique constraint \"x\""),
        server("notice", "42P07", "relation \"orders\" already exists, skipping"),
        server("log", "23505", "duplicate key value violates unique constraint \"x\""),
        server("error", "25P02", "current transaction is aborted, commands ignored until end of transaction block"),
        server("error", "42P01", "relation \"alembic_version\" does not exist"),
        application("info", "upsert: duplicate key value violates unique constraint \"uq_mail\", updating instead"),
        application("debug", "ERROR: duplicate key value violates unique constraint \"uq_mail\" (SQLSTATE 23505)"),
        application("error", "UNIQUE constraint failed: users.email"),
        application("error", "found duplicate key orders_pkey"),
    };
    for (const auto& record : cases) EXPECT_TRUE(signals(record).empty()) << record.message;
}

TEST_F(Recognised, an_error_raised_with_other_words_is_known_by_its_code_alone) {
    const auto found = signals(server("error", "23505", "customer alice is a duplicate"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, "unique_violation");
    EXPECT_EQ(found[0].message, "unique_violation (SQLSTATE 23505)");
}

TEST_F(Recognised, failed_ddl_is_a_symptom_and_a_failed_change) {
    const auto found =
        signals(server("error", "23505", "could not create unique index \"uq_mail\"", "Key (email)=(a@x) is duplicated.",
                       "ALTER TABLE customers ADD CONSTRAINT uq_mail UNIQUE (email)"));
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].family, Family::symptom);
    EXPECT_EQ(found[1].operation, "add_constraint");
    EXPECT_EQ(found[1].phase, Phase::failed);
}

TEST_F(Recognised, logged_statements_are_changes_by_what_they_do) {
    const auto logged = signals(
        server("log", "", "statement: \nALTER TABLE customers ADD COLUMN phone text, ADD CONSTRAINT uq_phone UNIQUE (phone)"));
    ASSERT_EQ(logged.size(), 2u);
    EXPECT_EQ(logged[0].operation, "add_column");
    EXPECT_EQ(logged[1].operation, "add_constraint");
    EXPECT_EQ(logged[1].phase, Phase::started);
    EXPECT_EQ(signals(server("log", "", "execute <unnamed>: DROP TABLE orders")).at(0).operation, "drop_table");
    EXPECT_EQ(signals(server("log", "", "Anweisung: DROP TABLE bestellungen")).at(0).operation, "drop_table");
    EXPECT_EQ(signals(server("log", "", "duration: 12.3 ms  statement: DROP TABLE orders")).at(0).phase, Phase::succeeded);
    const auto reset = signals(server("log", "", "statement: SELECT setval('orders_id_seq', 9)"));
    EXPECT_EQ(reset.at(0).family, Family::remedy);
    EXPECT_EQ(reset.at(0).kind, "sequence_reset");
    EXPECT_TRUE(signals(server("log", "", "statement: CREATE TABLE alembic_version (version_num text)")).empty());
    EXPECT_TRUE(signals(server("log", "", "statement: INSERT INTO orders(id) VALUES (7)")).empty());
}

RC_GTEST_FIXTURE_PROP(Recognised, no_value_of_a_row_is_ever_in_a_signal, ()) {
    const auto value =
        "zq" + *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', '1', ' ', '@', '.'))) + "qz";
    const auto hostile = *rc::gen::element<std::string>("", ")=(", "\" ", "\n", ") already exists.", "'");
    const auto inner = hostile + value + hostile;
    // A driver doubles the quotation marks of what it puts into a statement.
    std::string quoted;
    for (const char byte : inner) quoted += byte == '\'' ? std::string("''") : std::string(1, byte);
    const auto detail = "Key (email, note)=(" + inner + ", x) already exists.";
    Record record;
    if (*rc::gen::arbitrary<bool>()) {
        record = server("error", "23505", "duplicate key value violates unique constraint \"users_email_key\"");
        if (*rc::gen::arbitrary<bool>()) record.message = "no user called " + inner;
        record.detail = *rc::gen::elementOf(std::vector<std::string>{detail, "Failing row contains (1, " + inner + ")."});
        record.statement = "INSERT INTO users(email) VALUES ($q$" + inner + "$q$)";
    } else {
        record = application(
            "error", "signup of " + inner +
                         " failed: duplicate key value violates unique constraint \"users_email_key\"\nDETAIL:  " + detail +
                         "\n[SQL: INSERT INTO users VALUES ('" + quoted + "')]\n[parameters: {'a': '" + inner + "'}]");
        record.user = value;
        if (*rc::gen::arbitrary<bool>()) record.fields["body"] = inner;
    }
    const auto found = signals(record);
    RC_ASSERT(!found.empty());
    for (const auto& signal : found) RC_ASSERT(to_json_line(signal).find(value) == std::string::npos);
}

}  // namespace
}  // namespace culprit
