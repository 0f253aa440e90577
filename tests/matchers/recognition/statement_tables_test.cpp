#include "matchers/statement_tables.h"

#include <gtest/gtest.h>

#include <ostream>

namespace culprit {

void PrintTo(const StatementTable& table, std::ostream* out) { *out << table.schema << '.' << table.table << ' ' << table.alias; }

namespace {

struct Case {
    const char* name;
    const char* sql;
    std::vector<StatementTable> tables;
};

class TablesIn : public testing::TestWithParam<Case> {};

TEST_P(TablesIn, a_statement) { EXPECT_EQ(tables_in(GetParam().sql), GetParam().tables); }

const Case kCases[] = {
    {"an_insert", R"(insert into "Orders" ("id") values (?))", {{"", "Orders", ""}}},
    {"a_schema", "UPDATE Billing.Invoices SET due=due WHERE number=$1", {{"billing", "invoices", ""}}},
    {"aliases",
     "SELECT c.points FROM customers c JOIN app.orders AS o ON o.c = c.id",
     {{"", "customers", "c"}, {"app", "orders", "o"}}},
    {"a_list", "select * from a, b x where a.id = x.id", {{"", "a", ""}, {"", "b", "x"}}},
    {"once", "select * from a where exists (select 1 from a)", {{"", "a", ""}}},
    {"a_common_table_expression_is_none",
     "WITH recent AS (SELECT id, n AS m FROM orders), b AS (SELECT 1) SELECT * FROM recent, b",
     {{"", "orders", ""}}},
    {"functions_read_none",
     "select extract(epoch from created_at), substring(name from 1) from t, generate_series(1, 3)",
     {{"", "t", ""}}},
    {"distinct_from", "select 1 from t where a is distinct from b", {{"", "t", ""}}},
    {"for_update", "SELECT * FROM t WHERE id = 1 FOR UPDATE", {{"", "t", ""}}},
    {"on_conflict", "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2", {{"", "t", ""}}},
    {"strings_and_comments", "select 'from x' /* from y */ from t -- from z", {{"", "t", ""}}},
    {"backticks", "INSERT INTO `t`", {{"", "t", ""}}},
    {"cut_within_a_string", "UPDATE t SET a = 'from", {{"", "t", ""}}},
    {"nothing", "COMMIT", {}},
};
INSTANTIATE_TEST_SUITE_P(, TablesIn, testing::ValuesIn(kCases), [](const auto& tested) { return tested.param.name; });

TEST(TableOfColumn, is_the_one_its_qualifier_stands_for_or_the_only_one) {
    const auto two = tables_in("SELECT 1 FROM customers c JOIN orders ON orders.c = c.id");
    ASSERT_NE(table_of_column(two, "c.points"), nullptr);
    EXPECT_EQ(table_of_column(two, "c.points")->table, "customers");
    EXPECT_EQ(table_of_column(two, "orders.points")->table, "orders");
    EXPECT_EQ(table_of_column(two, "points"), nullptr);
    EXPECT_EQ(table_of_column(two, "x.points"), nullptr);
    const auto one = tables_in("SELECT points FROM customers");
    EXPECT_EQ(table_of_column(one, "points")->table, "customers");
}

}  // namespace
}  // namespace culprit
