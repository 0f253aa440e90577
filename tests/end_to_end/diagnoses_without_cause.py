#!/usr/bin/python3
"""Errors that no change explains, by the course they take: staged on a real PostgreSQL, whose log is spread over hours where the course
asks for that, confirmed by the diagnosis's SQL and ended by it."""
import os
import subprocess
import unittest

from staged import PSQL, StagedProblem, timestamp
from waiting import wait_until


class WithoutCause(StagedProblem):
    def test_retry_storm(self):
        self.rows("CREATE TABLE accounts (id serial PRIMARY KEY, email text CONSTRAINT accounts_email_key UNIQUE)", "INSERT INTO accounts (email) VALUES ('a')")
        self.forget_the_log()
        script = os.path.join(self.folder, "retries.sql")
        with open(script, "w") as file:
            file.write("INSERT INTO accounts (email) VALUES ('a');\nSELECT pg_sleep(0.02);\n" * 2000)
        host, port = self.server.address()
        with open(os.devnull, "w") as nowhere:
            caller = subprocess.Popen([PSQL, "-X", "-q", "-h", host, "-p", port, "-U", "postgres", "-d", self.database, "-f", script],
                                      env={**os.environ, "PGAPPNAME": "shop"}, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere)
        self.addCleanup(caller.wait)
        self.addCleanup(caller.terminate)
        wait_until("the caller has repeated itself", lambda: sum("accounts_email_key" in line for line in self.server_lines()) >= 60)
        diagnosis = self.diagnosed("unique_violation", "retry_storm")
        self.assertEqual(len(diagnosis.verify("connected_for")), 1)
        rollbacks = int(diagnosis.verify("xact_rollback")[0]["xact_rollback"])
        wait_until("rollbacks grow", lambda: int(diagnosis.verify("xact_rollback")[0]["xact_rollback"]) > rollbacks)
        diagnosis.repair("pg_terminate_backend")
        self.assertNotEqual(caller.wait(timeout=30), 0)
        self.assertEqual(diagnosis.verify("connected_for"), [])

    def test_duplicates_by_application_logic(self):
        self.rows("CREATE TABLE accounts (id serial PRIMARY KEY, email text CONSTRAINT accounts_email_key UNIQUE)", "INSERT INTO accounts (email) VALUES ('a'), ('b')")
        self.forget_the_log()
        for email in "abababababababab":
            self.fails(f"INSERT INTO accounts (email) VALUES ('{email}')", times=1)
        diagnosis = self.diagnosed("unique_violation", "duplicates_by_application_logic", lines=self.spread(600), quiet=600)
        self.assertEqual(diagnosis.document["trend"], "constant")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "UNIQUE (email)")
        for email in "abc":
            diagnosis.repair("ON CONFLICT", "email", f"'{email}'")
        self.assertEqual(self.rows("SELECT count(*) FROM accounts"), [{"count": "3"}])

    def test_persistent_application_logic(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int CONSTRAINT check_size CHECK (size > 0))")
        self.forget_the_log()
        self.fails("INSERT INTO gardens (size) VALUES (0)", times=14)
        diagnosis = self.diagnosed("check_violation", "persistent_application_logic", lines=self.spread(600), quiet=600)
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "CHECK ((size > 0))")
        self.works("INSERT INTO gardens (size) VALUES (1)")  # what the application has to send

    def test_input_specific(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int CONSTRAINT check_size CHECK (size > 0))")
        self.forget_the_log()
        self.works("INSERT INTO gardens (size) VALUES (1)")
        self.fails("INSERT INTO gardens (size) VALUES (0)", times=2)
        diagnosis = self.diagnosed("check_violation", "input_specific", lines=self.spread(900))
        self.assertEqual(diagnosis.document["trend"], "intermittent")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "CHECK ((size > 0))")

    def test_burst_without_change(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int CONSTRAINT check_size CHECK (size > 0))")
        self.forget_the_log()
        self.fails("INSERT INTO gardens (size) VALUES (0)", times=6)
        diagnosis = self.diagnosed("check_violation", "burst_without_change")
        self.assertEqual(diagnosis.document["trend"], "spike")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "CHECK ((size > 0))")

    def write_as_users(self, users, statement, error):
        for user in users:
            self.fails(statement, times=1)
            self.log_of("app.ndjson", {"time": timestamp(), "level": "error", "msg": "request failed", "service": "shop", "user_id": user, "error": f"ERROR: {error}"})
        self.log_of("app.ndjson", {"time": timestamp(3600), "level": "info", "msg": "GET /healthz 200", "service": "shop"})

    def test_input_specific_segment(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int CONSTRAINT check_size CHECK (size > 0))")
        self.write_as_users(["u-1"] * 6, "INSERT INTO gardens (size) VALUES (0)",
                            'new row for relation "gardens" violates check constraint "check_size" (SQLSTATE 23514)')
        diagnosis = self.diagnosed("check_violation", "input_specific_segment", lines=[])
        self.assertEqual(diagnosis.document["impact"]["users"], 1)
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "CHECK ((size > 0))")

    def test_schema_drift_of_segments(self):
        self.write_as_users(["u-1"] * 6, "SELECT * FROM shard_settings", 'relation "shard_settings" does not exist (SQLSTATE 42P01)')
        diagnosis = self.diagnosed("undefined_table", "schema_drift_of_segments", lines=[])
        self.assertEqual(diagnosis.verify("is_there")[0]["is_there"], "f")
        self.migrate("CREATE TABLE shard_settings (id int)")
        self.assertEqual(diagnosis.verify("is_there")[0]["is_there"], "t")
        self.works("SELECT * FROM shard_settings")

    def test_schema_drift(self):
        """Two databases that should be the same; the application asks now one, now the other."""
        other = self.database + "_2"
        self.rows(f"DROP DATABASE IF EXISTS {other} WITH (FORCE)", f"CREATE DATABASE {other}", database="postgres")
        self.addCleanup(lambda: self.rows(f"DROP DATABASE {other} WITH (FORCE)", database="postgres"))
        self.rows("CREATE TABLE regions (id int)", database=other)
        self.forget_the_log()
        for _ in range(2):
            self.assertTrue(self.server.run(other, "SELECT * FROM regions", application="shop")[0])
            self.fails("SELECT * FROM regions", times=1)
        diagnosis = self.diagnosed("undefined_table", "schema_drift", lines=self.spread(900))
        [here] = diagnosis.verify("is_there")
        [there] = self.rows(diagnosis.statement("verify_sql", "is_there"), database=other)
        self.assertEqual([(server["database"], server["is_there"]) for server in (here, there)], [(self.database, "f"), (other, "t")])
        self.migrate("CREATE TABLE regions (id int)")
        self.assertEqual(diagnosis.verify("is_there")[0]["is_there"], "t")
        self.works("SELECT * FROM regions")


if __name__ == "__main__":
    unittest.main(verbosity=2)
