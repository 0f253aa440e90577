// One error that several records tell of is one symptom with all they know; two errors stay two.
#include <gtest/gtest.h>

#include "tests/matchers/told_symptoms.h"

namespace culprit {
namespace {

using namespace testing_lines;

std::string spring(const std::string& time, const std::string& logger, const std::string& message) {
    return R"({"@timestamp":"2026-11-20T11:43:)" + time + R"(Z","level":"ERROR","thread_name":"exec-2","logger_name":")" +
           logger + R"(","message":")" + message + R"("})";
}

const std::string kHibernate = "org.hibernate.engine.jdbc.spi.SqlExceptionHelper";
const std::string kTomcat = "org.apache.catalina.core.ContainerBase.[Tomcat].[localhost].[/].[dispatcherServlet]";

std::string duplicate(int key) {
    return R"(ERROR: duplicate key value violates unique constraint \"account_pkey\"\n  Detail: Key (id)=()" +
           std::to_string(key) + ") already exists.";
}
std::string with_statement(int key) {
    return "could not execute statement [" + duplicate(key) + "] [insert into wallet.account (id) values (?)]";
}

TEST(RetoldError, what_hibernate_the_application_and_tomcat_say_of_one_error_is_one_symptom_with_all_objects) {
    const auto found = told({spring("15.100", kHibernate, duplicate(1)), spring("15.104", "com.acme.Wallet", "409 Conflict"),
                             spring("15.105", "com.acme.Wallet", with_statement(1)),
                             spring("15.140", kTomcat, "Servlet.service() threw " + duplicate(1))});
    EXPECT_EQ(found, (Symptoms{{0, "unique_violation", "account_pkey", "account"}}));
}

TEST(RetoldError, two_errors_of_the_same_kind_are_two_however_their_records_are_mixed) {
    EXPECT_EQ(told({spring("15.100", kHibernate, duplicate(1)), spring("15.101", kHibernate, duplicate(2)),
                    spring("15.104", kTomcat, with_statement(2)), spring("15.105", kTomcat, with_statement(1))})
                  .size(),
              2u);
    // Without a key nothing tells them apart; there are two all the same.
    const std::string bare = R"(ERROR: duplicate key value violates unique constraint \"account_pkey\")";
    EXPECT_EQ(told({spring("15.100", kHibernate, bare), spring("15.101", kHibernate, bare), spring("15.104", kTomcat, bare),
                    spring("15.105", kTomcat, bare)})
                  .size(),
              2u);
}

TEST(RetoldError, the_same_logger_tells_of_the_next_error) {
    EXPECT_EQ(told({spring("15.100", "com.acme.Wallet", duplicate(1)), spring("15.101", "com.acme.Wallet", duplicate(1))}).size(),
              2u);
}

TEST(RetoldError, two_loggers_of_one_thread_that_name_the_same_key_tell_of_one_error) {
    EXPECT_EQ(
        told({spring("15.100", "com.acme.Repository", duplicate(1)), spring("15.101", "com.acme.Handler", duplicate(1))}).size(),
        1u);
    EXPECT_EQ(
        told({spring("15.100", "com.acme.Repository", duplicate(1)), spring("15.101", "com.acme.Handler", duplicate(2))}).size(),
        2u);
}

TEST(RetoldError, nothing_is_told_again_after_a_quarter_of_a_second) {
    const auto after = [](const std::string& first, const std::string& second) {
        return told({spring(first, kHibernate, duplicate(1)), spring(second, kTomcat, with_statement(1))}, false).size();
    };
    EXPECT_EQ(after("15.100", "15.350"), 1u);
    EXPECT_EQ(after("15.100", "15.351"), 2u);
    // A clock that shows seconds may be nearly one behind.
    EXPECT_EQ(after("15", "16"), 1u);
    EXPECT_EQ(after("15", "17"), 2u);
}

TEST(RetoldError, another_constraint_is_another_error) {
    EXPECT_EQ(told({spring("15.100", kHibernate, duplicate(1)),
                    spring("15.101", kTomcat, R"(ERROR: duplicate key value violates unique constraint \"card_pkey\")")})
                  .size(),
              2u);
}

TEST(RetoldError, knex_prints_what_the_application_logs_too) {
    EXPECT_EQ(
        told(
            {"Acquire connection error: error: sorry, too many clients already",
             "    at parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:306:11)",
             R"({"level":50,"time":1795174538705,"name":"shop","err":{"message":"sorry, too many clients already","code":"53300"},"msg":"healthcheck failed"})"}),
        (Symptoms{{0, "too_many_connections", "", ""}}));
}

}  // namespace
}  // namespace culprit
