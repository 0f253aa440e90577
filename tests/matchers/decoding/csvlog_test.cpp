#include <gtest/gtest.h>

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
