#!/usr/bin/python3
"""Relations, types, rights, locks and slow statements: each problem staged on a real PostgreSQL, confirmed by its diagnosis's SQL and
ended by it, or by what its steps say where no SQL can."""
import os
import subprocess
import unittest

from staged import StagedProblem
from waiting import wait_until

BIN = "/usr/lib/postgresql/15/bin"


class Relations(StagedProblem):
    def test_application_deployed_before_migration(self):
        self.deploys("shop", "2.1.0")
        self.fails("SELECT * FROM wishlists")
        first = self.diagnosed("undefined_table", "migration_missing_for_release")
        self.assertEqual(first.verify("is_there"), [{"is_there": "f"}])
        self.tool_prints("INFO  [alembic.runtime.migration] Running upgrade a1f0 -> b7e1, create wishlists")
        self.migrate("CREATE TABLE wishlists (id serial PRIMARY KEY)", "CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('b7e1')")
        self.works("SELECT * FROM wishlists")
        diagnosis = self.diagnosed("undefined_table", "application_deployed_before_migration")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        [books] = diagnosis.verify("alembic_version")
        self.assertEqual(books["kept_in"], "alembic_version")
        self.assertIn("b7e1", books["last_applied"])

    def test_migration_missing_for_release(self):
        self.rows("CREATE TABLE customers (id serial PRIMARY KEY)")
        self.deploys("shop", "2.1.0")
        self.fails("UPDATE customers SET loyalty_points = 1")
        diagnosis = self.diagnosed("undefined_column", "migration_missing_for_release")
        self.assertIn("2.1.0", diagnosis.summary)
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "f"}])
        self.migrate("ALTER TABLE customers ADD COLUMN loyalty_points int")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        self.works("UPDATE customers SET loyalty_points = 1")

    def test_migration_failed_half_way(self):
        self.rows("CREATE TABLE customers (id serial PRIMARY KEY, phone text)", "INSERT INTO customers (phone) VALUES ('1'), ('1')")
        self.tool_prints("INFO  [alembic.runtime.migration] Running upgrade a1f0 -> b7e1, create wishlists")
        self.migrate("BEGIN; CREATE TABLE wishlists (id serial PRIMARY KEY); ALTER TABLE customers ADD UNIQUE (phone); COMMIT;", works=False)
        self.tool_prints('sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) could not create unique index "customers_phone_key"')
        self.fails("SELECT * FROM wishlists")
        diagnosis = self.diagnosed("undefined_table", "migration_failed_half_way")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "f"}])
        self.rows("DELETE FROM customers WHERE id = 2")
        self.migrate("BEGIN; CREATE TABLE wishlists (id serial PRIMARY KEY); ALTER TABLE customers ADD UNIQUE (phone); COMMIT;")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        self.works("SELECT * FROM wishlists")

    def test_wrong_search_path(self):
        self.rows("CREATE SCHEMA shop", "CREATE TABLE shop.carts (id int)", f'CREATE ROLE "{self.database}" LOGIN', f'GRANT USAGE ON SCHEMA shop TO "{self.database}"',
                  f'GRANT ALL ON shop.carts TO "{self.database}"', f'ALTER ROLE "{self.database}" IN DATABASE {self.database} SET search_path = shop, public')
        self.addCleanup(lambda: self.rows(f'DROP ROLE "{self.database}"', database="postgres"))
        self.addCleanup(lambda: self.rows(f"DROP DATABASE {self.database} WITH (FORCE)", database="postgres"))
        self.works("SELECT * FROM carts", user=self.database)
        self.forget_the_log()
        self.migrate(f'ALTER ROLE "{self.database}" IN DATABASE {self.database} SET search_path = public')
        self.fails("SELECT * FROM carts", user=self.database)
        diagnosis = self.diagnosed("undefined_table", "wrong_search_path")
        self.assertEqual(diagnosis.verify("search_path", user=self.database), [{"schema": "shop", "name": "carts", "search_path": "public"}])
        self.assertIn("search_path=public", [row for row in diagnosis.verify("pg_db_role_setting") if row["role"] == self.database][0]["settings"])
        diagnosis.repair("SET search_path")
        self.assertIn("shop", diagnosis.verify("search_path", user=self.database)[0]["search_path"])
        self.works("SELECT * FROM carts", user=self.database)

    def test_relation_renamed(self):
        self.rows("CREATE TABLE people (id int)", "INSERT INTO people VALUES (1)")
        self.works("SELECT id FROM people")
        self.migrate("ALTER TABLE people RENAME TO persons")
        self.fails("SELECT id FROM people")
        diagnosis = self.diagnosed("undefined_table", "relation_renamed")
        self.assertEqual(diagnosis.verify("AS is_there"), [{"is_there": "f"}])
        self.assertEqual(diagnosis.verify("new_name_is_there"), [{"new_name_is_there": "t"}])
        diagnosis.repair("CREATE VIEW")
        self.works("SELECT id FROM people", "SELECT id FROM persons")
        diagnosis.repair("RENAME TO")
        self.assertEqual(diagnosis.verify("new_name_is_there"), [{"new_name_is_there": "f"}])
        self.works("SELECT id FROM people")

    def test_relation_renamed_column(self):
        self.rows("CREATE TABLE people (id int, surname text)")
        self.works("SELECT surname FROM people")
        self.migrate("ALTER TABLE people RENAME COLUMN surname TO family_name")
        self.fails("SELECT surname FROM people")
        diagnosis = self.diagnosed("undefined_column", "relation_renamed")
        self.assertEqual(diagnosis.verify("AS is_there"), [{"is_there": "f"}])
        self.assertEqual(diagnosis.verify("new_name_is_there"), [{"new_name_is_there": "t"}])
        diagnosis.repair("RENAME COLUMN")
        self.assertEqual(diagnosis.verify("AS is_there"), [{"is_there": "t"}])
        self.works("SELECT surname FROM people")

    def test_migration_rolled_back(self):
        up = ("CREATE TABLE wishlists (id serial PRIMARY KEY)",)
        self.migrate(*up)
        self.works("SELECT * FROM wishlists")
        self.tool_prints("INFO  [alembic.runtime.migration] Running downgrade b7e1 -> a1f0, create wishlists")
        self.migrate("DROP TABLE wishlists")
        self.fails("SELECT * FROM wishlists")
        diagnosis = self.diagnosed("undefined_table", "migration_rolled_back")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "f"}])
        self.migrate(*up)
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        self.works("SELECT * FROM wishlists")

    def test_relation_removed(self):
        self.rows("CREATE TABLE coupons (id serial PRIMARY KEY, code text)", "INSERT INTO coupons (code) VALUES ('a')")
        host, port = self.server.address()
        connection, backup = ["-h", host, "-p", port, "-U", "postgres", "-d", self.database], os.path.join(self.folder, "backup")
        subprocess.run([f"{BIN}/pg_dump", "-F", "c", "-f", backup, *connection], check=True)
        self.migrate("DROP TABLE coupons")
        self.fails("SELECT * FROM coupons")
        diagnosis = self.diagnosed("undefined_table", "relation_removed")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "f"}])
        self.assertEqual(diagnosis.verify("search_path"), [])
        subprocess.run([f"{BIN}/pg_restore", "--table", "coupons", *connection, backup], check=True)
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        self.assertEqual(self.rows("SELECT code FROM coupons"), [{"code": "a"}])

    def test_migration_never_applied(self):
        self.fails("SELECT * FROM audit_log", times=6)
        diagnosis = self.diagnosed("undefined_table", "migration_never_applied", lines=self.spread(600), quiet=600)
        self.assertEqual(diagnosis.document["trend"], "constant")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "f"}])
        self.migrate("CREATE TABLE audit_log (id serial PRIMARY KEY)")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        self.works("SELECT * FROM audit_log")


class TypesAndRights(StagedProblem):
    def test_enum_changed_under_code(self):
        self.rows("CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE TABLE diary (mood mood)")
        self.works("INSERT INTO diary VALUES ('sad')")
        self.forget_the_log()
        self.migrate("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'")
        self.fails("INSERT INTO diary VALUES ('sad')")
        diagnosis = self.diagnosed("invalid_text_representation", "enum_changed_under_code")
        self.assertEqual([row["value"] for row in diagnosis.verify("pg_enum")], ["blue", "happy"])
        self.assertEqual(diagnosis.verify("column_name"), [{"table_name": "diary", "column_name": "mood"}])
        diagnosis.repair("ADD VALUE", "'sad'")
        self.assertEqual([row["value"] for row in diagnosis.verify("pg_enum")], ["blue", "happy", "sad"])
        self.works("INSERT INTO diary VALUES ('sad')")

    def test_type_changed_under_code(self):
        self.rows("CREATE TABLE articles (code text)")
        self.works("INSERT INTO articles VALUES ('A-1')")
        self.rows("DELETE FROM articles")
        self.migrate("ALTER TABLE articles ALTER COLUMN code TYPE integer USING code::integer")
        self.fails("INSERT INTO articles VALUES ('A-1')")
        diagnosis = self.diagnosed("invalid_text_representation", "type_changed_under_code")
        self.assertEqual(diagnosis.verify("format_type"), [{"column_name": "code", "type": "integer"}])
        diagnosis.repair("TYPE", "text", "text")
        self.assertEqual(diagnosis.verify("format_type"), [{"column_name": "code", "type": "text"}])
        self.works("INSERT INTO articles VALUES ('A-1')")

    def test_right_taken_away(self):
        role = self.database
        self.rows("CREATE TABLE invoices (id int)", f'CREATE ROLE "{role}" LOGIN', f'GRANT ALL ON invoices TO "{role}"')
        self.addCleanup(lambda: self.rows(f'DROP ROLE "{role}"', database="postgres"))
        self.addCleanup(lambda: self.rows(f"DROP DATABASE {self.database} WITH (FORCE)", database="postgres"))
        self.works("INSERT INTO invoices VALUES (1)", user=role)
        self.migrate(f'REVOKE ALL ON invoices FROM "{role}"')
        self.fails("INSERT INTO invoices VALUES (1)", user=role)
        diagnosis = self.diagnosed("insufficient_privilege", "right_taken_away")
        self.assertNotIn(role, diagnosis.verify("relacl")[0]["rights"])
        diagnosis.repair("GRANT")
        self.assertIn(role, diagnosis.verify("relacl")[0]["rights"])
        self.works("INSERT INTO invoices VALUES (1)", user=role)


class LocksAndTime(StagedProblem):
    def hold_open(self, statement, **options):
        """A session that stays in its transaction: psql waits for a server-side lock that nobody gives."""
        process = self.server.start(self.database, "BEGIN", statement, "\\! sleep 60", application="report", **options)
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.terminate)
        wait_until("the transaction is open", lambda: self.rows(
            f"SELECT pid FROM pg_stat_activity WHERE datname = '{self.database}' AND application_name = 'report' AND state = 'idle in transaction'"))
        return process

    def waiting(self):
        return self.rows(f"SELECT pid FROM pg_stat_activity WHERE datname = '{self.database}' AND wait_event_type = 'Lock'")

    def test_migration_waits_for_lock(self):
        self.rows("CREATE TABLE orders (id int, total int)", "INSERT INTO orders VALUES (1, 1)")
        self.hold_open("SELECT * FROM orders")
        migration = self.server.start(self.database, "ALTER TABLE orders ADD COLUMN note text", application="alembic")
        wait_until("the migration waits", self.waiting)
        self.fails("UPDATE orders SET total = 2", lock_timeout="100ms")
        diagnosis = self.diagnosed("lock_not_available", "migration_waits_for_lock")
        [queue] = diagnosis.verify("pg_blocking_pids")
        self.assertIn("ALTER TABLE", queue["waiting_query"])
        self.assertEqual((queue["blocking_application"], queue["blocking_state"]), ("report", "idle in transaction"))
        diagnosis.repair("pg_cancel_backend")
        self.assertNotEqual(migration.wait(timeout=30), 0)
        migration.communicate()
        self.assertEqual(diagnosis.verify("pg_blocking_pids"), [])
        self.works("UPDATE orders SET total = 2", lock_timeout="5s")

    def test_migration_waits_for_lock_until_statements_time_out(self):
        self.rows("CREATE TABLE orders (id int, total int)", "INSERT INTO orders VALUES (1, 1)")
        self.hold_open("SELECT * FROM orders")
        migration = self.server.start(self.database, "ALTER TABLE orders ADD COLUMN note text", application="alembic")
        wait_until("the migration waits", self.waiting)
        self.fails("UPDATE orders SET total = 2", statement_timeout="100ms")
        diagnosis = self.diagnosed("query_canceled", "migration_waits_for_lock")
        self.assertEqual(len(diagnosis.verify("pg_blocking_pids")), 1)
        diagnosis.repair("pg_terminate_backend")
        self.assertEqual(migration.wait(timeout=30), 0)
        migration.communicate()
        self.assertEqual(diagnosis.verify("pg_blocking_pids"), [])
        self.works("UPDATE orders SET total = 2", statement_timeout="5s")

    def test_lock_contention(self):
        self.rows("CREATE TABLE stock (id int, pieces int)", "INSERT INTO stock VALUES (1, 1)")
        self.hold_open("UPDATE stock SET pieces = 0")
        waiting = self.server.start(self.database, "UPDATE stock SET pieces = 3", application="shop")
        wait_until("a writer waits", self.waiting)
        self.fails("UPDATE stock SET pieces = 2", lock_timeout="100ms")
        diagnosis = self.diagnosed("lock_not_available", "lock_contention")
        self.assertIn("report", [row["blocking_application"] for row in diagnosis.verify("pg_blocking_pids")])
        diagnosis.repair("pg_terminate_backend")
        self.assertEqual(waiting.wait(timeout=30), 0)
        waiting.communicate()
        self.assertEqual(diagnosis.verify("pg_blocking_pids"), [])
        self.works("UPDATE stock SET pieces = 2", lock_timeout="5s")

    # Slower than culprit's threshold of a second on any machine: each reads the whole table some hundred times.
    SLOW = "SELECT sum((SELECT count(*) FROM orders o WHERE o.customer = c)) FROM generate_series(1, 600) AS c"

    def orders_without_index(self):
        self.rows("CREATE TABLE orders (id int, customer int)", "ALTER TABLE orders SET (autovacuum_enabled = off)")
        self.rows("INSERT INTO orders SELECT g, g % 1000 FROM generate_series(1, 150000) AS g")

    def test_slow_after_dropped_index(self):
        self.orders_without_index()
        self.rows("CREATE INDEX orders_customer ON orders (customer)", "ANALYZE orders")
        self.works(self.SLOW, log_min_duration_statement="1s")
        self.migrate("DROP INDEX orders_customer")
        for _ in range(2):
            self.works(self.SLOW, log_min_duration_statement="1s", max_parallel_workers_per_gather="0")
        diagnosis = self.diagnosed("slow_query", "slow_after_dropped_index")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "f"}])
        self.assertGreaterEqual(int(diagnosis.verify("seq_scan")[0]["seq_scan"]), 200)
        diagnosis.repair("CREATE INDEX CONCURRENTLY", "customer")
        self.assertEqual(diagnosis.verify("is_there"), [{"is_there": "t"}])
        self.works(self.SLOW, statement_timeout="800ms")

    def test_slow_after_plan_change(self):
        self.orders_without_index()
        # By the statistics there is nothing in it: a nested loop reads the whole table again for every row.
        self.rows("UPDATE pg_class SET reltuples = 1, relpages = 1 WHERE oid = 'orders'::regclass")
        slow = "SELECT count(*) FROM (SELECT * FROM orders LIMIT 400) AS few JOIN orders o ON o.customer = few.customer + 0"
        for _ in range(2):
            self.works(slow, log_min_duration_statement="0", enable_hashjoin="off", enable_mergejoin="off", max_parallel_workers_per_gather="0")
        lines = self.server_lines()
        diagnosis = self.diagnosed("slow_query", "slow_after_plan_change", lines=lines)
        self.assertEqual(diagnosis.verify("analyzed")[0]["analyzed"], "")
        diagnosis.repair("ANALYZE")
        self.assertNotEqual(diagnosis.verify("analyzed")[0]["analyzed"], "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
