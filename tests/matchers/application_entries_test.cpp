// The lines of one application error, as runtimes print them, are one entry: one symptom, at the line where the entry begins.
#include <gtest/gtest.h>

#include "tests/matchers/told_symptoms.h"

namespace culprit {
namespace {

using namespace testing_lines;

TEST(ApplicationEntry, a_java_exception_whose_message_begins_with_a_level_belongs_to_the_record_above_it) {
    EXPECT_EQ(
        told(
            {R"(2026-11-20T11:42:16.591Z ERROR 4241 --- [exec-3] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() threw exception [Request processing failed: org.hibernate.exception.ConstraintViolationException: could not execute statement [ERROR: duplicate key value violates unique constraint "account_pkey")",
             "  Detail: Key (id)=(1) already exists.] [insert into account (id) values (?)]] with root cause", "",
             R"(org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "account_pkey")",
             "  Detail: Key (id)=(1) already exists.",
             "\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733)"}),
        (Symptoms{{0, "unique_violation", "account_pkey", "account"}}));
}

TEST(ApplicationEntry, the_second_process_of_a_deadlock_does_not_end_the_traceback) {
    EXPECT_EQ(told({"Internal Server Error: /api/multi/", "Traceback (most recent call last):",
                    R"(  File "/app/views.py", line 3, in save)", "psycopg.errors.DeadlockDetected: deadlock detected",
                    "DETAIL:  Process 31387 waits for ShareLock on transaction 19853; blocked by process 31389.",
                    "Process 31389 waits for ShareLock on transaction 19852; blocked by process 31387.",
                    R"(CONTEXT:  while updating tuple (0,2) in relation "shop_customer")", "",
                    "The above exception was the direct cause of the following exception:", "",
                    "Traceback (most recent call last):", R"(  File "/app/views.py", line 3, in save)",
                    "django.db.utils.OperationalError: deadlock detected"}),
              (Symptoms{{1, "deadlock_detected", "", "shop_customer"}}));
}

TEST(ApplicationEntry, an_error_of_main_below_another_record_of_the_same_level_is_an_entry_of_its_own) {
    EXPECT_EQ(
        told({R"(2026-11-20T11:50:42.326924Z ERROR shop: kv store: key "session:91" already exists)", "Error: Search failed", "",
              "Caused by:", "    error returned from database: canceling statement due to statement timeout"}),
        (Symptoms{{1, "query_canceled", "", ""}}));
}

TEST(ApplicationEntry, a_stack_in_node_repeats_the_message_of_its_header) {
    EXPECT_EQ(
        told(
            {R"(2026-11-20 11:34:44 error: POST /sessions failed: duplicate key value violates unique constraint "sessions_pkey")",
             R"(error: duplicate key value violates unique constraint "sessions_pkey")",
             "    at /app/node_modules/pg/lib/client.js:694:17"}),
        (Symptoms{{0, "unique_violation", "sessions_pkey", ""}}));
}

std::string prisma(const std::string& model, const std::string& message, const std::string& constraint) {
    return R"({"ts":"2026-11-20T11:36:46.184Z","level":"error","err":{"code":"P2002","meta":{"modelName":")" + model +
           R"(","driverAdapterError":{"name":"DriverAdapterError","cause":{"originalCode":"23505","originalMessage":")" +
           message + R"(","constraint":)" + constraint + R"(}}},"name":"PrismaClientKnownRequestError"}})";
}

TEST(ApplicationEntry, prismas_model_is_the_table_only_where_the_constraint_is_named_after_it) {
    EXPECT_EQ(told({prisma("Driver", R"(duplicate key value violates unique constraint \"Driver_license_key\")",
                           R"({"fields":["license"]})")}),
              (Symptoms{{0, "unique_violation", "Driver_license_key", "Driver"}}));
    EXPECT_EQ(
        told({prisma("User", R"(duplicate key value violates unique constraint \"User_roles_pkey\")", R"({"fields":["id"]})")}),
        (Symptoms{{0, "unique_violation", "User_roles_pkey", ""}}));
    EXPECT_EQ(told({prisma("User", R"(duplicate key value violates unique constraint \"users_email_key\")",
                           R"({"fields":["email"]})")}),
              (Symptoms{{0, "unique_violation", "users_email_key", ""}}));
}

}  // namespace
}  // namespace culprit
