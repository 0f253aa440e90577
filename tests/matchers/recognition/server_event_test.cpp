#include <gtest/gtest.h>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

std::vector<Signal> of_log(const std::string& message) {
    return testing_lines::Feed({testing_lines::pg(7, "LOG:  " + message)}).all().signals;
}

TEST(ServerEvents, a_statement_over_the_threshold_is_a_slow_query_of_its_table) {
    const auto slow = of_log("duration: 1000.001 ms  execute <unnamed>: SELECT * FROM shop.orders WHERE id = $1");
    ASSERT_EQ(slow.size(), 1u);
    EXPECT_EQ(slow[0].family, Family::symptom);
    EXPECT_EQ(slow[0].kind, "slow_query");
    ASSERT_EQ(slow[0].objects.size(), 1u);
    EXPECT_EQ(slow[0].objects[0].name, "orders");
    EXPECT_EQ(slow[0].objects[0].schema, "shop");
    EXPECT_TRUE(of_log("duration: 999.999 ms  execute <unnamed>: SELECT * FROM orders").empty());
}

TEST(ServerEvents, slow_ddl_is_a_change_and_no_slow_query) {
    const auto ddl = of_log("duration: 5000.100 ms  statement: DROP INDEX orders_total_idx");
    ASSERT_EQ(ddl.size(), 1u);
    EXPECT_EQ(ddl[0].operation, "drop_index");
    EXPECT_EQ(ddl[0].phase, Phase::succeeded);
}

TEST(ServerEvents, only_a_delete_without_where_empties_a_table) {
    const auto emptied = of_log("statement: DELETE FROM orders");
    ASSERT_EQ(emptied.size(), 1u);
    EXPECT_EQ(emptied[0].operation, "delete_rows");
    EXPECT_TRUE(of_log("statement: DELETE FROM orders WHERE id = 7").empty());
}

TEST(ServerEvents, a_delete_of_a_range_that_is_written_out_is_a_change_and_an_application_s_is_not) {
    for (const char* statement :
         {"DELETE FROM orders WHERE created < '2024-01-01'", "DELETE FROM orders WHERE id > 100 AND id <= 900",
          "DELETE FROM orders WHERE created BETWEEN '2024-01-01' AND now()",
          "DELETE FROM orders WHERE deleted_at IS NOT NULL AND id > 5",
          "DELETE FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)"}) {
        const auto removed = of_log(std::string("statement: ") + statement);
        ASSERT_EQ(removed.size(), 1u) << statement;
        EXPECT_EQ(removed[0].operation, "delete_rows") << statement;
        EXPECT_EQ(removed[0].objects.at(0).name, "orders") << statement;
    }
    for (const char* statement :
         {"DELETE FROM orders WHERE id = 7 AND version < 3", "DELETE FROM orders WHERE id IN (1, 2)",
          "DELETE FROM orders WHERE created < $1", "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE owner = $1)",
          "DELETE FROM orders WHERE name LIKE 'x%'"})
        EXPECT_TRUE(of_log(std::string("statement: ") + statement).empty()) << statement;
}

TEST(ServerEvents, a_slow_query_s_common_table_expression_is_no_table) {
    const auto table_of = [](const std::string& statement) {
        const auto slow = of_log("duration: 1500.0 ms  statement: " + statement);
        return slow.size() == 1 && !slow[0].objects.empty() ? slow[0].objects[0].name : std::string();
    };
    EXPECT_EQ(table_of("WITH few AS (SELECT * FROM orders LIMIT 3) SELECT * FROM few"), "orders");
    EXPECT_EQ(table_of("WITH few AS (SELECT 1 AS id) SELECT * FROM few JOIN orders USING (id)"), "orders");
    EXPECT_EQ(table_of("WITH few AS (SELECT 1) SELECT * FROM few"), "");
    EXPECT_EQ(table_of("WITH few AS (SELECT 1 AS id) SELECT * FROM archive.few"), "few");
}

TEST(ServerEvents, a_search_path_set_for_a_role_or_a_database_is_told_from_other_settings) {
    EXPECT_EQ(of_log("statement: ALTER ROLE app SET search_path = shop").at(0).operation, "set_search_path");
    EXPECT_EQ(of_log("statement: ALTER DATABASE shop SET search_path = shop").at(0).operation, "set_search_path");
    EXPECT_EQ(of_log("statement: ALTER ROLE app SET work_mem = '1MB'").at(0).operation, "alter_role");
}

struct Line {
    const char* label;
    const char* message;
    const char* kind;
    const char* operation;
};

TEST(ServerEvents, what_the_server_says_at_LOG_is_known_in_its_languages) {
    const Line lines[] = {
        {"LOG", "schnelles Herunterfahren verlangt", "restart", "shutdown"},
        {"LOG", "Datenbanksystem ist bereit, um Verbindungen anzunehmen", "restart", "startup"},
        {"LOG", "Checkpoints passieren zu oft (alle 9 Sekunden)", "checkpoints_too_frequent", ""},
        {"LOG", "Prozess 4711 wartet immer noch auf ShareLock-Sperre auf Transaktion 775 nach 1000,123 ms", "lock_wait", ""},
        {"LOG", "le système de bases de données est prêt pour accepter les connexions", "restart", "startup"},
        {"СООБЩЕНИЕ", "система БД готова принимать подключения", "restart", "startup"},
        {"СООБЩЕНИЕ", "процесс 4711 продолжает ожидать в режиме ShareLock блокировку \"транзакция 775\" в течение 1000.123 мс",
         "lock_wait", ""},
        {"LOG", "データベースシステムの接続受け付け準備が整いました", "restart", "startup"},
    };
    for (const auto& line : lines) {
        const auto found =
            testing_lines::Feed({testing_lines::pg(7, std::string(line.label) + ":  " + line.message)}).all().signals;
        ASSERT_EQ(found.size(), 1u) << line.message;
        EXPECT_EQ(found[0].kind, line.kind) << line.message;
        EXPECT_EQ(found[0].operation, line.operation) << line.message;
    }
}

}  // namespace
}  // namespace culprit
