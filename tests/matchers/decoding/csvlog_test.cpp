#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "matchers/decoding/postgresql_csvlog.h"

namespace culprit {
namespace {

constexpr std::string_view kHead =
    R"(2026-11-20 12:25:20.147 UTC,"app","shop",22163,"127.0.0.1:42398",6b0033e7.50ff,4,"INSERT",2026-11-20 12:49:59 UTC,3/6,12,)";

std::string error(std::string_view behind) {
    return std::string{kHead} +
           R"(ERROR,23505,"duplicate key value violates unique constraint ""orders_pkey""","Key (id)=(1) already exists.",,,,,)"
           "\"INSERT INTO orders\nVALUES ('\"\"x\"\"')\",,,\"web\"" +
           std::string{behind};
}

TEST(PostgresqlCsvlog, HoldsTheSameInEachServersNumberOfColumns) {
    for (const std::string_view behind : {"", ",\"client backend\"", ",\"client backend\",,0", ",\"client backend\",,0,future"}) {
        const auto record = decode_csvlog(error(behind));
        ASSERT_TRUE(record) << behind;
        EXPECT_EQ(record->message, "duplicate key value violates unique constraint \"orders_pkey\"");
        EXPECT_EQ(record->detail, "Key (id)=(1) already exists.");
        EXPECT_EQ(record->statement, "INSERT INTO orders\nVALUES ('\"x\"')");
        EXPECT_EQ(record->sqlstate, "23505");
        EXPECT_EQ(record->scope.database, "shop");
        EXPECT_EQ(record->postgresql->pid, 22163);
        EXPECT_EQ(record->postgresql->session_id, "6b0033e7.50ff");
        EXPECT_EQ(record->postgresql->line_number, 4);
        EXPECT_EQ(record->postgresql->application_name, "web");
    }
}

/// One record of each version: the columns of `CREATE TABLE postgres_log` in its manual, in order, and the bytes that
/// write_csvlog() of that version puts into them (src/backend/utils/error/elog.c, csvlog.c from 15 on).
struct Version {
    const char* name;
    std::size_t columns;
    std::string record;
    std::string backend_type;
};

std::vector<Version> versions() {
    const std::string until_application =
        R"(2026-11-20 12:25:20.147 UTC,"app","shop",22163,"127.0.0.1:42398",6b0033e7.5693,4,"INSERT",2026-11-20 12:25:19 UTC,3/6,812,)"
        R"(ERROR,23503,"insert or update on table ""order_items"" violates foreign key constraint ""order_items_order_id_fkey""",)"
        R"~("Key (order_id)=(9) is not present in table ""orders"".",,,,,"INSERT INTO order_items (order_id) VALUES (9)",,)~";
    const std::string terse = R"(,"checkout")", verbose = R"("ri_ReportViolation, ri_triggers.c:2528","checkout")";
    std::vector<Version> all;
    for (const char* name : {"9.6", "10", "11", "12"}) all.push_back({name, 23, until_application + terse, {}});
    all.push_back({"12, log_error_verbosity verbose", 23, until_application + verbose, {}});
    all.push_back({"13", 24, until_application + terse + R"(,"client backend")", "client backend"});
    all.push_back({"13, a parallel worker", 24, until_application + terse + R"(,"parallel worker")", "parallel worker"});
    for (const char* name : {"14", "15", "16", "17"}) {
        all.push_back({name, 26, until_application + terse + R"(,"client backend",,-5231475264911345)", "client backend"});
        all.push_back({name, 26, until_application + verbose + R"(,"parallel worker",22101,0)", "parallel worker"});
    }
    return all;
}

/// Counted here by the quotes alone, not by the decoder.
std::size_t columns_of(const std::string& record) {
    std::size_t columns = 1;
    bool quoted = false;
    for (const char c : record) {
        if (c == '"') quoted = !quoted;
        if (c == ',' && !quoted) ++columns;
    }
    return columns;
}

TEST(PostgresqlCsvlog, IsReadAlikeFromEachVersionFrom96To17) {
    for (const auto& version : versions()) {
        ASSERT_EQ(columns_of(version.record), version.columns) << version.name;
        const auto record = decode_csvlog(version.record);
        ASSERT_TRUE(record) << version.name;
        EXPECT_EQ(record->sqlstate, "23503") << version.name;
        EXPECT_EQ(record->level, "error");
        EXPECT_EQ(record->message,
                  "insert or update on table \"order_items\" violates foreign key constraint \"order_items_order_id_fkey\"");
        EXPECT_EQ(record->detail, "Key (order_id)=(9) is not present in table \"orders\".");
        EXPECT_EQ(record->statement, "INSERT INTO order_items (order_id) VALUES (9)");
        EXPECT_EQ(record->scope.database, "shop");
        ASSERT_TRUE(record->postgresql);
        EXPECT_EQ(record->postgresql->pid, 22163);
        EXPECT_EQ(record->postgresql->session_id, "6b0033e7.5693");
        EXPECT_EQ(record->postgresql->application_name, "checkout") << version.name;
        EXPECT_EQ(record->postgresql->backend_type, version.backend_type) << version.name;
    }
}

TEST(PostgresqlCsvlog, TakesOnlyWhatIsSureOfARecordThatWasCut) {
    for (const auto& version : versions()) {
        for (std::size_t length = 1; length < version.record.size(); ++length) {
            const auto record = decode_csvlog(version.record.substr(0, length), {}, true);
            if (!record) continue;
            EXPECT_EQ(record->sqlstate, "23503") << length;
            const auto& statement = record->statement;
            EXPECT_TRUE(statement.empty() || statement.back() == ' ' || statement.back() == '(' || statement.back() == ')')
                << "half a word: " << statement;
            EXPECT_TRUE(record->postgresql->application_name.empty() || record->postgresql->application_name == "checkout")
                << record->postgresql->application_name;
        }
    }
}

TEST(PostgresqlCsvlog, RefusesOtherCsv) {
    for (const std::string& text :
         {std::string{"a,b,c"}, std::string{kHead}, error("") + "\"", std::string{"2026-11-20 12:25:20.147 UTC,1,2,3"}}) {
        EXPECT_FALSE(decode_csvlog(text)) << text;
    }
}

TEST(PostgresqlCsvlog, KnowsARecordsFirstLine) {
    EXPECT_EQ(csvlog_beginning(error("")), CsvlogBeginning::with_names);
    EXPECT_EQ(csvlog_beginning("2026-11-20 12:49:58.703 CET,,,20711,,6b0033e6.50e7,1,,"), CsvlogBeginning::without_names);
    EXPECT_EQ(csvlog_beginning("2026-11-20 12:49:58.703 CET,\"we"), CsvlogBeginning::with_names)
        << "a line break in the role's name";
    EXPECT_EQ(csvlog_beginning("2026-11-20 12:49:58.703 CET,\"\"app\"\",\"\"shop\"\",1,"), CsvlogBeginning::none)
        << "inside of a quoted field";
    EXPECT_EQ(csvlog_beginning("VALUES ('x')\",,,\"web\""), CsvlogBeginning::none);
}

}  // namespace
}  // namespace culprit
