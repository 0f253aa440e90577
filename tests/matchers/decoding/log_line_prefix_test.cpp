#include "matchers/decoding/log_line_prefix.h"

#include <gtest/gtest.h>

#include "matchers/decoding/postgresql_stderr.h"
#include "tests/matchers/corpus_files.h"

namespace culprit {
namespace {

struct Row {
    std::string_view prefix, line, user, database, application, text;
};

TEST(LogLinePrefix, ParsesTheLinesThatItMakes) {
    const Row rows[] = {
        {"%m [%p] ", "2026-11-20 11:55:31.076 UTC [30984] ERROR:  boom", "", "", "", "boom"},
        {"%m [%p] %q%u@%d/%a ", "2026-11-20 11:55:31.076 UTC [30984] app@shop/web ERROR:  boom", "app", "shop", "web", "boom"},
        {"%m [%p] %q%u@%d/%a ", "2026-11-20 11:55:31.076 UTC [21665] LOG:  checkpoint starting", "", "", "",
         "checkpoint starting"},
        {"%m [%p] %q%u@%d/%a ", "2026-11-20 11:55:31.076 UTC [1] app_owner@heldout/svc/eu-west@blue : x ERROR:  boom",
         "app_owner", "heldout", "svc/eu-west@blue : x", "boom"},
        {"%m [%p] %q%u@%d/%a ", "2026-11-20 11:55:31.076 UTC [1] app@shop/ERROR:  x ERROR:  deadlock detected", "app", "shop",
         "ERROR:  x", "deadlock detected"},
        {"%t:%r:%u@%d:[%p]:", "2026-11-20 11:55:31 UTC:10.0.0.7(43210):app@shop:[77]:FEHLER:  kaputt", "app", "shop", "",
         "kaputt"},
        {"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
         "2026-11-20 11:55:31 UTC [77]: [3-1] user=app,db=shop,app=my app,client=10.0.0.7 STATEMENT:  SELECT 1", "app", "shop",
         "my app", "SELECT 1"},
        {"%m [%p] %-10u %10d ", "2026-11-20 11:55:31.076 UTC [77] app              shop ERROR:  boom", "app", "shop", "", "boom"},
        {"%n %e %c %b %v %x %Q 100%% ", "1795177505.306 23505 6b003c79.5ba1 client backend 4/9954 25563 -77 100% ERROR:  boom",
         "", "", "", "boom"},
    };
    for (const auto& row : rows) {
        const auto prefix = LogLinePrefix::compile(row.prefix);
        ASSERT_TRUE(prefix.ok()) << row.prefix;
        const auto found = prefix.value().match(row.line);
        ASSERT_TRUE(found) << row.line;
        EXPECT_EQ(found->user, row.user) << row.line;
        EXPECT_EQ(found->database, row.database) << row.line;
        EXPECT_EQ(found->application_name, row.application) << row.line;
        EXPECT_EQ(found->text, row.text) << row.line;
    }
}

TEST(LogLinePrefix, RefusesAnEscapeThatPostgresqlDoesNotHave) {
    const auto prefix = LogLinePrefix::compile("%m %z ");
    ASSERT_FALSE(prefix.ok());
    EXPECT_NE(prefix.error().message.find("%z"), std::string::npos);
    EXPECT_FALSE(LogLinePrefix::compile("%m %-1").ok());
}

TEST(LogLinePrefix, TakesOnlyItsOwnLines) {
    const auto prefix = LogLinePrefix::compile("%m [%p] ");
    for (const std::string_view line :
         {"", "ERROR:  boom", "2026-11-20 11:38:33,291 ERROR [main] failed", "2026-11-20 11:55:31.076 UTC [77] no label here",
          "2026-11-20 11:55:31.076 UTC ERROR:  boom", "\tcontinued"}) {
        EXPECT_FALSE(prefix.value().match(line)) << line;
    }
}

TEST(LogLinePrefix, EndsQuicklyOnALineMadeToBeAmbiguous) {
    const auto prefix = LogLinePrefix::compile("%m [%p] %u%d%a%u%d%a ");
    std::string line = "2026-11-20 11:55:31.076 UTC [77] ";
    line.append(4000, '@');
    EXPECT_FALSE(prefix.value().match(line));
}

struct Entry {
    std::string_view name;
    std::vector<std::string_view> lines;
    std::string_view level, sqlstate, database, message, detail, statement;
};

TEST(PostgresqlStderr, AssemblesAnEntryInAnyLanguageAndPrefixWithoutASetting) {
    const Entry entries[] = {
        {"English",
         {"2026-11-20 12:26:13.789 UTC [21912] app@shop/web ERROR:  relation \"wishlists\" does not exist at character 13",
          "2026-11-20 12:26:13.789 UTC [21912] app@shop/web STATEMENT:  INSERT INTO wishlists", "\tVALUES ($1)"},
         "error",
         "",
         "shop",
         "relation \"wishlists\" does not exist",
         "",
         "INSERT INTO wishlists\nVALUES ($1)"},
        {"verbose",
         {"2026-11-20 12:25:20.147 UTC [22163] app@desk/helpdesk ERROR:  23505: duplicate key value violates unique constraint "
          "\"tickets_pkey\"",
          "2026-11-20 12:25:20.147 UTC [22163] app@desk/helpdesk DETAIL:  Key (id)=(4) already exists.",
          "2026-11-20 12:25:20.147 UTC [22163] app@desk/helpdesk LOCATION:  _bt_check_unique, nbtinsert.c:664",
          "2026-11-20 12:25:20.147 UTC [22163] app@desk/helpdesk STATEMENT:  INSERT INTO tickets(subject) VALUES ('x')"},
         "error",
         "23505",
         "desk",
         "duplicate key value violates unique constraint \"tickets_pkey\"",
         "Key (id)=(4) already exists.",
         "INSERT INTO tickets(subject) VALUES ('x')"},
        {"German",
         {"2026-11-20 12:28:18.814 CET [23457] app@shop FEHLER:  Relation »vertraege« existiert nicht bei Zeichen 15",
          "2026-11-20 12:28:18.814 CET [23457] app@shop ANWEISUNG:  SELECT * FROM vertraege"},
         "error",
         "",
         "shop",
         "Relation »vertraege« existiert nicht",
         "",
         "SELECT * FROM vertraege"},
        {"French, with a blank before the colon",
         {"2026-11-20 12:28:18.814 CET [7] ERREUR:  la relation « x » n'existe pas au caractère 15",
          "2026-11-20 12:28:18.814 CET [7] INSTRUCTION :  SELECT 1"},
         "error",
         "",
         "",
         "la relation « x » n'existe pas",
         "",
         "SELECT 1"},
        {"Japanese keeps ERROR",
         {"2026-11-20 20:51:27.103 JST [7] ERROR:  リレーション\"t\"は存在しません(29文字目)",
          "2026-11-20 20:51:27.103 JST [7] 文:  SELECT 1"},
         "error",
         "",
         "",
         "リレーション\"t\"は存在しません",
         "",
         "SELECT 1"},
        {"Russian",
         {"2026-11-20 14:51:27.103 MSK [7] ОШИБКА:  отношение \"t\" не существует (символ 31)",
          "2026-11-20 14:51:27.103 MSK [7] ОПЕРАТОР:  SELECT 1"},
         "error",
         "",
         "",
         "отношение \"t\" не существует",
         "",
         "SELECT 1"},
    };
    const PostgresqlStderr server{std::nullopt};
    for (const auto& entry : entries) {
        const auto record = server.decode(entry.lines);
        ASSERT_TRUE(record) << entry.name;
        EXPECT_EQ(record->level, entry.level) << entry.name;
        EXPECT_EQ(record->sqlstate, entry.sqlstate) << entry.name;
        EXPECT_EQ(record->scope.database, entry.database) << entry.name;
        EXPECT_EQ(record->message, entry.message) << entry.name;
        EXPECT_EQ(record->detail, entry.detail) << entry.name;
        EXPECT_EQ(record->statement, entry.statement) << entry.name;
        EXPECT_EQ(record->side, Side::server) << entry.name;
        EXPECT_TRUE(record->time_is_own) << entry.name;
    }
}

TEST(PostgresqlStderr, LeavesApplicationsLinesAlone) {
    const PostgresqlStderr server{std::nullopt};
    for (const std::string_view line :
         {"2026-11-20 11:38:33,291 ERROR [main] c.a.i.OrderService: PUT /stock failed: ERROR: duplicate key",
          "2026-11-20T12:01:18.240000Z ERROR PostgreSQL Database error 23505: duplicate key", "ERROR:  duplicate key (psql)",
          "2026/11/20 11:48:28 ERROR request failed op=CreateUser"}) {
        EXPECT_FALSE(server.parse(line)) << line;
    }
}

TEST(LogLinePrefix, TheBestOfTheCommonOnesIsTheOneThatTryingThemAllFinds) {
    std::vector<std::string> lines;
    for (const auto* folder : {"ordinary", "recognition", "other_software", "scenarios"}) {
        for (const auto& file : testing_lines::corpus_files(folder, ".gz")) {
            for (auto& line : testing_lines::unpacked(file)) lines.push_back(std::move(line));
        }
    }
    // Each prefix with names that hold what could be taken for something else.
    for (const auto* head :
         {"2026-03-01 10:00:00.123 UTC [77] ", "2026-03-01 10:00:00.123 CET [77]: [3-1] ", "[2026-03-01 10:00:00 UTC] ",
          "< 2026-03-01 10:00:00.123 UTC > ", "2026-03-01 10:00:00 Europe/Berlin:10.0.0.7(43210):", ""}) {
        for (const auto* names : {"", "app@shop ", "app@shop/web ", "user=app,db=shop,app=LOG:  x,client=10.0.0.7 ",
                                  "ERROR:  @HINT: / ", "app@shop:[77]:3:23505:", "[user=app,db=shop,app=a] "}) {
            for (const auto* text :
                 {"LOG:  duration: 3 ms  statement: SELECT 1", "FEHLER:  x", "DETAIL: y ERROR:  z", "ERROR: one blank", "tail"})
                lines.push_back(std::string(head) + names + text);
        }
    }
    std::size_t matched = 0;
    for (const auto& line : lines) {
        std::optional<PrefixedLine> all;
        for (const auto& prefix : common_log_line_prefixes()) {
            auto found = prefix.match(line);
            if (found && (!all || found->text.size() > all->text.size())) all = std::move(found);
        }
        const auto best = LogLinePrefix::best_match(common_log_line_prefixes(), line);
        ASSERT_EQ(best.has_value(), all.has_value()) << line;
        if (!best) continue;
        ++matched;
        EXPECT_EQ(best->text.data(), all->text.data()) << line;
        EXPECT_EQ(best->time, all->time) << line;
        EXPECT_EQ(best->pid, all->pid) << line;
        for (const auto name : {&PrefixedLine::user, &PrefixedLine::database, &PrefixedLine::application_name,
                                &PrefixedLine::host, &PrefixedLine::session_id, &PrefixedLine::sqlstate})
            EXPECT_EQ((*best).*name, (*all).*name) << line;
    }
    EXPECT_GT(matched, 1'000U);
}

}  // namespace
}  // namespace culprit
