// PostgreSQL's entries as clouds, operators and syslog deliver them: the same signals as from the server's own files.
#include <gtest/gtest.h>

#include "tests/matchers/recognised_lines.h"

namespace culprit {
namespace {

using namespace testing_lines;

std::vector<Signal> signals_of(std::vector<std::string> lines) {
    const Feed feed{std::move(lines)};
    Matcher matcher{recognition(), kafka(), {0}};
    matcher.accept(feed.records());
    matcher.close_open_entries();
    return matcher.take().signals;
}

void expect_duplicate(const std::vector<Signal>& signals, const char* what) {
    ASSERT_EQ(signals.size(), 1U) << what;
    EXPECT_EQ(signals[0].kind, "unique_violation") << what;
    ASSERT_EQ(signals[0].objects.size(), 2U) << what;
    EXPECT_EQ(signals[0].objects[0].name, "orders_pkey") << what;
    EXPECT_EQ(signals[0].objects[1].name, "orders") << what;
    EXPECT_EQ(signals[0].key_columns, std::vector<std::string>{"id"}) << what;
    EXPECT_EQ(to_json_line(signals[0]).find("4711"), std::string::npos) << what;
}

TEST(CloudRecords, give_the_signals_of_the_servers_own_files) {
    // clang-format off
    expect_duplicate(signals_of({R"~({"level":"info","ts":"2026-11-20T12:25:20Z","logger":"postgres","msg":"record","logging_pod":"shop-1","record":{"log_time":"2026-11-20 12:25:20.147 UTC","user_name":"app","database_name":"shop","process_id":"7","session_id":"6b.5","session_line_num":"1","error_severity":"ERROR","sql_state_code":"23505","message":"duplicate key value violates unique constraint \"orders_pkey\"","detail":"Key (id)=(4711) already exists.","query":"INSERT INTO orders VALUES (4711)","backend_type":"client backend"}})~"}),
                     "CloudNativePG");
    expect_duplicate(signals_of({R"~({"records":[{"time":"2026-11-20T12:25:20Z","category":"PostgreSQLLogs","resourceId":"/SUBSCRIPTIONS/S/SERVERS/SHOP","properties":{"timestamp":"2026-11-20 12:25:20.147 UTC","processId":7,"errorLevel":"LOG","message":"2026-11-20 12:25:20 UTC-673d.1-LOG:  checkpoint starting: time"}},{"time":"2026-11-20T12:25:20Z","category":"PostgreSQLLogs","resourceId":"/SUBSCRIPTIONS/S/SERVERS/SHOP","properties":{"timestamp":"2026-11-20 12:25:20.147 UTC","processId":7,"errorLevel":"ERROR","sqlerrcode":"23505","detail":"Key (id)=(4711) already exists.","tableName":"orders","message":"2026-11-20 12:25:20 UTC-673d.1-ERROR:  duplicate key value violates unique constraint \"orders_pkey\""}}]})~"}),
                     "Azure, by event hub");
    expect_duplicate(signals_of({R"~({"messageType":"DATA_MESSAGE","logGroup":"/aws/rds/instance/shop/postgresql","logStream":"shop.0","logEvents":[{"id":"0","timestamp":1795177520147,"message":"2026-11-20 12:25:20 UTC:10.0.0.7(5432):app@shop:[7]:ERROR:  duplicate key value violates unique constraint \"orders_pkey\""},{"id":"1","timestamp":1795177520147,"message":"2026-11-20 12:25:20 UTC:10.0.0.7(5432):app@shop:[7]:DETAIL:  Key (id)=(4711) already exists."},{"id":"2","timestamp":1795177520147,"message":"2026-11-20 12:25:20 UTC:10.0.0.7(5432):app@shop:[7]:STATEMENT:  INSERT INTO orders VALUES (4711)"}]})~"}),
                     "CloudWatch's subscription filter");
    expect_duplicate(signals_of({R"~({"insertId":"a","logName":"projects/p/logs/cloudsql.googleapis.com%2Fpostgres.log","resource":{"type":"cloudsql_database","labels":{"database_id":"p:shop"}},"severity":"ERROR","timestamp":"2026-11-20T12:25:20.147Z","textPayload":"2026-11-20 12:25:20.147 UTC [7]: [3-1] db=shop,user=app ERROR:  duplicate key value violates unique constraint \"orders_pkey\""})~",
                                 R"~({"insertId":"b","logName":"projects/p/logs/cloudsql.googleapis.com%2Fpostgres.log","resource":{"type":"cloudsql_database","labels":{"database_id":"p:shop"}},"severity":"ERROR","timestamp":"2026-11-20T12:25:20.147Z","textPayload":"2026-11-20 12:25:20.147 UTC [7]: [3-1] db=shop,user=app DETAIL:  Key (id)=(4711) already exists."})~",
                                 R"~({"insertId":"c","logName":"projects/p/logs/cloudsql.googleapis.com%2Fpostgres.log","resource":{"type":"cloudsql_database","labels":{"database_id":"p:shop"}},"severity":"ERROR","timestamp":"2026-11-20T12:25:20.147Z","textPayload":"2026-11-20 12:25:20.147 UTC [7]: [3-1] db=shop,user=app STATEMENT:  INSERT INTO orders VALUES (4711)"})~"}),
                     "Cloud SQL");
    expect_duplicate(signals_of({R"~({"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"db-1"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795177520147000000","body":{"stringValue":"2026-11-20 12:25:20.147 UTC [7] app@shop ERROR:  duplicate key value violates unique constraint \"orders_pkey\""}},{"timeUnixNano":"1795177520147000000","body":{"stringValue":"2026-11-20 12:25:20.147 UTC [7] app@shop DETAIL:  Key (id)=(4711) already exists."}},{"timeUnixNano":"1795177520147000000","body":{"stringValue":"2026-11-20 12:25:20.147 UTC [7] app@shop STATEMENT:  INSERT INTO orders VALUES (4711)"}}]}]}]})~"}),
                     "OTLP");
    expect_duplicate(signals_of({R"~({"@version":"1","@timestamp":"2026-11-20T12:25:20.147Z","host":"db-1","path":"/var/log/postgresql/a.log","message":"2026-11-20 12:25:20.147 UTC [7] app@shop ERROR:  duplicate key value violates unique constraint \"orders_pkey\""})~",
                                 R"~({"@version":"1","@timestamp":"2026-11-20T12:25:20.147Z","host":"db-1","path":"/var/log/postgresql/a.log","message":"2026-11-20 12:25:20.147 UTC [7] app@shop DETAIL:  Key (id)=(4711) already exists."})~",
                                 R"~({"@version":"1","@timestamp":"2026-11-20T12:25:20.147Z","host":"db-1","path":"/var/log/postgresql/a.log","message":"2026-11-20 12:25:20.147 UTC [7] app@shop STATEMENT:  INSERT INTO orders VALUES (4711)"})~"}),
                     "Logstash");
    // clang-format on
}

TEST(Syslog, postgresqls_own_lines_are_numbered_and_have_their_time_and_process_in_the_header) {
    expect_duplicate(
        signals_of(
            {"<131>Nov 20 12:25:20 db-1 postgres[7]: [3-1] app@shop ERROR:  duplicate key value violates unique constraint "
             "\"orders_pkey\"",
             "<131>Nov 20 12:25:20 db-1 postgres[7]: [3-2] app@shop DETAIL:  Key (id)=(4711) already exists.",
             "<131>Nov 20 12:25:20 db-1 postgres[7]: [3-3] app@shop STATEMENT:  INSERT INTO orders",
             "<131>Nov 20 12:25:20 db-1 postgres[7]: [3-4] #011  VALUES (4711)"}),
        "user and database in the prefix");
    expect_duplicate(
        signals_of({"<131>1 2026-11-20T12:25:20.147Z db-1 postgres 7 - - [3-1] ERROR:  duplicate key value violates unique "
                    "constraint "
                    "\"orders_pkey\"",
                    "<131>1 2026-11-20T12:25:20.147Z db-1 postgres 7 - - [3-2] DETAIL:  Key (id)=(4711) already exists.",
                    "<131>1 2026-11-20T12:25:20.147Z db-1 postgres 7 - - [3-3] STATEMENT:  INSERT INTO orders VALUES (4711)"}),
        "no prefix at all");
}

TEST(Envelope, JournaldListsTheBytesOfWhatIsNotUtf8) {
    const auto found = signals_of(
        {R"~({"__REALTIME_TIMESTAMP":"1795177520147000","_HOSTNAME":"db-1","_SYSTEMD_UNIT":"postgresql.service","MESSAGE":[50,48,50,54,45,49,49,45,50,48,32,49,50,58,50,53,58,50,48,46,49,52,55,32,85,84,67,32,91,55,93,32,69,82,82,79,82,58,32,32,114,101,108,97,116,105,111,110,32,34,103,114,246,223,101,34,32,100,111,101,115,32,110,111,116,32,101,120,105,115,116]})~"});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].objects.at(0).name, "größe");
}

}  // namespace
}  // namespace culprit
