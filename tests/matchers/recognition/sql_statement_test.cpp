#include "matchers/sql_statement.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

std::string show(const DatabaseObject& object) {
    std::string text = object.type + " ";
    if (!object.schema.empty()) text += object.schema + ".";
    text += object.name;
    if (!object.column.empty()) text += " column=" + object.column;
    if (!object.constraint.empty()) text += " constraint=" + object.constraint;
    if (!object.referenced_table.empty()) text += " references=" + object.referenced_table;
    if (!object.table.empty()) text += " of=" + object.table;
    return text;
}

std::string show(std::string_view sql) {
    std::string text;
    for (const auto& effect : effects_of(sql)) {
        text += (text.empty() ? "" : "\n") + (effect.operation.empty() ? effect.kind : effect.operation);
        for (const auto& object : effect.objects) text += " [" + show(object) + "]";
    }
    return text;
}

struct Case {
    const char* sql;
    const char* effects;
};

TEST(SqlStatement, says_what_a_statement_does_to_the_schema) {
    const Case cases[] = {
        {"ALTER TABLE customers ADD CONSTRAINT uq_customers_phone UNIQUE (phone)",
         "add_constraint [constraint uq_customers_phone column=phone constraint=uq_customers_phone of=customers] [table "
         "customers]"},
        {"alter table shop.orders add foreign key (customer_id) references customers (id)",
         "add_constraint [constraint shop.orders_customer_id_fkey column=customer_id constraint=orders_customer_id_fkey "
         "references=customers of=orders] "
         "[table shop.orders]"},
        {"ALTER TABLE t ADD COLUMN a int, DROP COLUMN b, ALTER COLUMN c SET NOT NULL, ALTER COLUMN d TYPE bigint",
         "add_column [column a column=a of=t] [table t]\ndrop_column [column b column=b of=t] [table t]\n"
         "set_not_null [column c column=c of=t] [table t]\nalter_column_type [column d column=d of=t] [table t]"},
        {"CREATE TABLE wishlists (id serial PRIMARY KEY, email text UNIQUE, stars int CHECK (stars > 0), customer_id int "
         "REFERENCES customers)",
         "create_table [table wishlists] [constraint wishlists_pkey column=id constraint=wishlists_pkey of=wishlists] "
         "[constraint wishlists_email_key column=email constraint=wishlists_email_key of=wishlists] "
         "[constraint wishlists_stars_check column=stars constraint=wishlists_stars_check of=wishlists] "
         "[constraint wishlists_customer_id_fkey column=customer_id constraint=wishlists_customer_id_fkey references=customers "
         "of=wishlists]"},
        {"CREATE UNIQUE INDEX CONCURRENTLY customers_email_uq ON customers (email)",
         "create_unique_index [index customers_email_uq column=email constraint=customers_email_uq of=customers] [table "
         "customers]"},
        {"CREATE INDEX ON orders (status, total)", "create_index [index orders_status_total_idx of=orders] [table orders]"},
        {"ALTER TABLE \"Tags\" RENAME TO labels", "rename_table [table Tags] [table labels]"},
        {"ALTER TABLE t RENAME COLUMN a TO b", "rename_column [column a column=a of=t] [column b column=b of=t] [table t]"},
        {"DROP TABLE IF EXISTS shop.coupons, gifts CASCADE", "drop_table [table shop.coupons]\ndrop_table [table gifts]"},
        {"TRUNCATE orders, shop.items", "truncate [table orders]\ntruncate [table shop.items]"},
        {"BEGIN; ALTER TABLE a DROP CONSTRAINT a_key; CREATE VIEW v AS SELECT 1; COMMIT",
         "drop_constraint [constraint a_key constraint=a_key of=a] [table a]\ncreate_view [view v]"},
        {"COPY shop.tickets (id, title) FROM STDIN", "import [table shop.tickets]"},
        {"COPY tickets TO STDOUT", ""},
        {"SELECT setval('article_id_seq', (SELECT MAX(id) FROM article))",
         "sequence_reset [sequence article_id_seq of=article] [table article]"},
        {"SELECT setval(pg_get_serial_sequence('shop.tickets', 'id'), coalesce(max(id), 1)) FROM shop.tickets",
         "sequence_reset [sequence shop.tickets_id_seq column=id of=tickets] [table shop.tickets]"},
        {"ALTER SEQUENCE orders_id_seq RESTART WITH 100", "sequence_reset [sequence orders_id_seq]"},
        {"DO $$ BEGIN PERFORM setval('a_id_seq', 1); END $$", "sequence_reset"},
        {"CREATE TEMP TABLE scratch (id int)", ""},
        {"INSERT INTO orders (id) VALUES (1)", ""},
        {"SELECT 'ALTER TABLE orders DROP COLUMN a'", ""},
        {"ALTER TABLE orders ADD COLUMN x int NOT ENFORCED SOMEHOW NEW",
         "add_column [column x column=x of=orders] [table orders]"},
        {"ALTER TABLE \"Orders\" ADD CONSTRAINT k UNIQUE (a) NEWER SYNTAX",
         "add_constraint [constraint k constraint=k of=Orders] [table Orders]"},
        {"selec 1", ""},
    };
    for (const auto& example : cases) EXPECT_EQ(show(example.sql), example.effects) << example.sql;
}

TEST(SqlStatement, knows_maintenance_bulk_loads_and_what_responders_do) {
    std::string rows = "INSERT INTO shop.orders (id, total) VALUES (1, 5)", texts = "INSERT INTO orders (note) VALUES ('a')";
    for (int row = 2; row <= 30; ++row) rows += ", (" + std::to_string(row) + ", 5)", texts += ", ('b')";
    const std::pair<std::string, const char*> cases[] = {
        {"REINDEX TABLE CONCURRENTLY orders", "reindex [table orders]"},
        {"REINDEX INDEX shop.orders_pkey", "reindex [index shop.orders_pkey]"},
        {"VACUUM (FULL, ANALYZE) orders", "vacuum_full [table orders]"},
        {"VACUUM orders", ""},
        {"LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", "lock_table [table orders]"},
        {"LOCK TABLE orders IN SHARE MODE", "lock_table [table orders]"},
        {"LOCK TABLE orders IN ACCESS SHARE MODE", ""},
        {"LOCK TABLE orders IN ROW EXCLUSIVE MODE", ""},
        {"ALTER SEQUENCE orders_id_seq OWNED BY shop.orders.id", "alter_sequence [sequence orders_id_seq column=id of=orders]"},
        {"ALTER SEQUENCE orders_id_seq OWNED BY NONE", "alter_sequence [sequence orders_id_seq]"},
        {"ALTER SYSTEM SET max_connections = 20", "alter_system"},
        {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'", "sessions_ended"},
        {"\n Select Pg_Cancel_Backend(7);", "sessions_ended"},
        {"SELECT U&\"\\0070g_terminate_backend\"(7)", "sessions_ended"},
        {"SELECT count(*) FROM orders WHERE note = 'drop table x' AND id = $1;", ""},
        {"SELECT 1; DROP TABLE orders", "drop_table [table orders]"},
        {"update orders set total = 1; TRUNCATE orders;", "truncate [table orders]"},
        {"ALTER TABLE m ATTACH PARTITION m_11 FOR VALUES FROM (1) TO (2)", "attach_partition [table m] [table m_11]"},
        {"DROP ROLE app, web", "drop_role [role app]\ndrop_role [role web]"},
        {rows, "insert [table shop.orders]"},
        {texts, ""},
        {"INSERT INTO orders (id, total) SELECT id, total FROM legacy", "insert [table orders]"},
        {"INSERT INTO orders (total) SELECT total FROM carts", ""},
        {"INSERT INTO orders (id, total) VALUES (7, 1)", ""},
    };
    for (const auto& [sql, effects] : cases) EXPECT_EQ(show(sql), effects) << sql.substr(0, 80);
}

TEST(SqlStatement, looks_into_blocks) {
    const Case cases[] = {
        {"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'a;b') THEN ALTER TABLE orders ADD CONSTRAINT "
         "orders_fk FOREIGN KEY (c) REFERENCES customers; END IF; END $$",
         "add_constraint [constraint orders_fk column=c constraint=orders_fk references=customers of=orders] [table orders]"},
        {"DO $x$ BEGIN -- once; only\n CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $x$",
         "create_type [type mood]"},
        {"DO $$ BEGIN EXECUTE 'DROP TABLE \"Old\"'; EXECUTE format('TRUNCATE %I', 'orders'); EXECUTE format('TRUNCATE %I', t); "
         "EXECUTE 'DROP TABLE ' || t; END $$",
         "drop_table [table Old]\ntruncate [table orders]"},
        {"DO $$ BEGIN PERFORM setval('orders_id_seq', 7); END $$", "sequence_reset"},
        {"DO $$ BEGIN RAISE NOTICE 'drop table x;'; END $$", ""},
    };
    for (const auto& [sql, effects] : cases) EXPECT_EQ(show(sql), effects) << sql;
}

TEST(SqlStatement, takes_a_long_file_statement_by_statement) {
    std::string file = "CREATE TABLE a (id int);\nCREATE TABLE b (id int) WITH NONSENSE;\n";
    while (file.size() < 40'000) file += "INSERT INTO a VALUES (1);\n";
    file += "DROP TABLE c;";
    EXPECT_EQ(show(file), "create_table [table a]\ncreate_table [table b]\ndrop_table [table c]");
}

TEST(SqlStatement, cuts_implied_names_to_63_bytes_as_the_server_does) {
    const auto effects = effects_of(
        "CREATE TABLE a_table_with_a_name_that_is_rather_long_for_a_table (a_column_with_a_name_that_is_long int UNIQUE)");
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(effects[0].objects.at(1).name, "a_table_with_a_name_that_is_r_a_column_with_a_name_that_is__key");
}

TEST(SqlStatement, does_not_parse_what_would_overflow_the_stack) {
    std::string deep = "SELECT 1";
    for (int depth = 0; depth < 50'000; ++depth) deep += "+1";
    EXPECT_TRUE(effects_of(deep).empty());
    EXPECT_FALSE(insert_target(deep));
}

TEST(SqlStatement, names_the_columns_an_insert_gives) {
    const auto named = insert_target("INSERT INTO shop.tickets (title, queue) VALUES ($1, $2)");
    ASSERT_TRUE(named);
    EXPECT_EQ(named->schema, "shop");
    EXPECT_EQ(named->table, "tickets");
    EXPECT_EQ(named->columns, (std::vector<std::string>{"title", "queue"}));
    EXPECT_FALSE(named->all_columns);
    const auto all = insert_target("WITH x AS (SELECT 1) INSERT INTO t VALUES (1)");
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->all_columns);
    EXPECT_FALSE(insert_target("UPDATE t SET a = 1"));
    EXPECT_EQ(written_table("UPDATE s.t SET a = 1")->table, "t");
    EXPECT_EQ(written_table("INSERT INTO \"Users\"(\"Id\") VALUES (%(p1)s)")->table, "Users");
}

}  // namespace
}  // namespace culprit
