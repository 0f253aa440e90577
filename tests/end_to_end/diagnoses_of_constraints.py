#!/usr/bin/python3
"""Constraints, sequences and imports: each problem staged on a real PostgreSQL, confirmed by its diagnosis's SQL and ended by it."""
import os
import unittest

from staged import StagedProblem, timestamp


class Sequences(StagedProblem):
    def import_tickets(self):
        rows = os.path.join(self.folder, "tickets.csv")
        with open(rows, "w") as file:
            file.writelines(f"{number},imported {number}\n" for number in range(1, 201))
        self.rows("CREATE TABLE tickets (id serial PRIMARY KEY, subject text NOT NULL)")
        self.server.rows(self.database, f"\\copy tickets (id, subject) FROM '{rows}' CSV", log_statement="mod")

    def test_sequence_out_of_sync(self):
        self.import_tickets()
        self.fails("INSERT INTO tickets (subject) VALUES ('a')")
        diagnosis = self.diagnosed("unique_violation", "sequence_out_of_sync")
        [before] = diagnosis.verify("max_key")
        self.assertGreater(int(before["max_key"]), int(before["sequence_value"]))
        diagnosis.repair("setval")
        [after] = diagnosis.verify("max_key")
        self.assertEqual(after["max_key"], after["sequence_value"])
        self.works("INSERT INTO tickets (subject) VALUES ('b')", times=3)
        # Not backwards: rows that were deleted since keep their keys.
        self.rows("DELETE FROM tickets WHERE id > 100")
        diagnosis.repair("LOCK TABLE")
        self.assertEqual(diagnosis.verify("max_key")[0]["sequence_value"], "203")

    def test_sequence_out_of_sync_unnamed(self):
        self.import_tickets()
        self.log_of("job.ndjson", *({"@timestamp": timestamp(), "message": line, "log": {"file": {"path": "/var/log/job.psql.log"}}}
                                    for line in ("\\copy tickets (id, subject) from 'tickets.csv' csv", "COPY 200")))
        error = 'duplicate key value violates unique constraint "tickets_pkey"'
        for _ in range(3):
            self.fails("INSERT INTO tickets (subject) VALUES ('a')", times=1)
            self.log_of("app.ndjson", {"time": timestamp(), "level": "error", "msg": "POST /tickets failed", "service": "shop", "error": f"ERROR: {error} (SQLSTATE 23505)"})
        self.log_of("app.ndjson", {"time": timestamp(3600), "level": "info", "msg": "GET /healthz 200", "service": "shop"})
        diagnosis = self.diagnosed("unique_violation", "sequence_out_of_sync_unnamed", lines=[])
        [definition] = diagnosis.verify("pg_get_constraintdef")
        self.assertEqual(definition["table_name"], "tickets")

        def behind():
            return [row["sequence"] for row in diagnosis.verify("sequence_value") if int(row["sequence_value"] or 0) < int(row["max_key"] or 0)]
        self.assertEqual(behind(), ["tickets_id_seq"])
        diagnosis.repair("DO $$")
        self.assertEqual(behind(), [])
        self.works("INSERT INTO tickets (subject) VALUES ('b')", times=3)

    def test_sequence_ran_out(self):
        self.rows("CREATE TABLE labels (id smallserial PRIMARY KEY, text text)", "SELECT setval('labels_id_seq', 32767)")
        self.fails("INSERT INTO labels (text) VALUES ('a')")
        diagnosis = self.diagnosed("sequence_generator_limit_exceeded", "sequence_ran_out")
        self.assertEqual(diagnosis.verify("has_run_out")[0]["has_run_out"], "t")
        self.assertEqual(diagnosis.verify("format_type")[0]["type"], "smallint")
        diagnosis.repair("prints")
        diagnosis.repair("NO MAXVALUE")
        self.assertEqual(diagnosis.verify("has_run_out")[0]["has_run_out"], "f")
        self.works("INSERT INTO labels (text) VALUES ('b')", times=2)


class ConstraintsOverData(StagedProblem):
    def test_unique_constraint_added_over_data(self):
        self.rows("CREATE TABLE customers (id serial PRIMARY KEY, phone text)", "INSERT INTO customers (phone) VALUES ('1'), ('1'), ('2'), ('1')")
        add = "ALTER TABLE customers ADD CONSTRAINT uq_customers_phone UNIQUE (phone)"
        self.migrate(add, works=False)
        diagnosis = self.diagnosed("unique_violation", "unique_constraint_added_over_data")
        self.assertEqual(diagnosis.verify("HAVING"), [{"phone": "1", "count": "3"}])
        diagnosis.repair("CREATE TABLE")
        diagnosis.repair("DELETE")
        self.assertEqual(diagnosis.verify("HAVING"), [])
        diagnosis.repair("CREATE UNIQUE INDEX CONCURRENTLY")
        diagnosis.repair("USING INDEX")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "UNIQUE (phone)")
        self.assertEqual(self.rows("SELECT count(*) FROM customers_duplicates"), [{"count": "2"}])

    def test_index_left_invalid(self):
        self.rows("CREATE TABLE customers (id serial PRIMARY KEY, phone text)", "INSERT INTO customers (phone) VALUES ('1'), ('1'), ('2')")
        self.migrate("CREATE UNIQUE INDEX CONCURRENTLY ux_customers_phone ON customers (phone)", works=False)
        diagnosis = self.diagnosed("unique_violation", "index_left_invalid")
        self.assertEqual(diagnosis.verify("indisvalid"), [{"table_name": "customers", "index_name": "ux_customers_phone", "is_valid": "f"}])
        diagnosis.repair("DROP INDEX")
        self.assertEqual(diagnosis.verify("indisvalid"), [])
        self.works("INSERT INTO customers (phone) VALUES ('2')")
        for statement in ("CREATE TABLE", "DELETE", "CREATE UNIQUE INDEX"):
            diagnosis.repair(statement)
        self.assertEqual(diagnosis.verify("indisvalid"), [])
        self.fails("INSERT INTO customers (phone) VALUES ('2')", times=1)

    def test_foreign_key_added_over_data(self):
        self.rows("CREATE TABLE customers (id serial PRIMARY KEY)", "CREATE TABLE orders (id serial PRIMARY KEY, customer_id int)",
                  "INSERT INTO customers DEFAULT VALUES", "INSERT INTO orders (customer_id) VALUES (1), (77), (77), (NULL)")
        self.migrate("ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id)", works=False)
        diagnosis = self.diagnosed("foreign_key_violation", "foreign_key_added_over_data")
        self.assertEqual(diagnosis.verify("NOT EXISTS"), [{"customer_id": "77", "count": "2"}])
        diagnosis.repair("NOT VALID")
        self.fails("INSERT INTO orders (customer_id) VALUES (78)", times=1)
        self.assertEqual(diagnosis.verify("is_valid")[0]["is_valid"], "f")
        diagnosis.repair("SET \"customer_id\" = NULL")
        self.assertEqual(diagnosis.verify("NOT EXISTS"), [])
        diagnosis.repair("VALIDATE")
        self.assertEqual(diagnosis.verify("is_valid")[0]["is_valid"], "t")
        self.assertEqual(self.rows("SELECT count(*) FROM orders"), [{"count": "4"}])

    def test_foreign_key_added_over_data_that_may_go(self):
        self.rows("CREATE TABLE customers (id serial PRIMARY KEY)", "CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL)",
                  "INSERT INTO customers DEFAULT VALUES", "INSERT INTO orders (customer_id) VALUES (1), (77)")
        add = "ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id)"
        self.migrate(add, works=False)
        diagnosis = self.diagnosed("foreign_key_violation", "foreign_key_added_over_data")
        diagnosis.repair("DELETE")
        self.assertEqual(diagnosis.verify("NOT EXISTS"), [])
        self.migrate(add)
        self.assertEqual(self.rows("SELECT count(*) FROM orders"), [{"count": "1"}])

    def test_check_added_over_data(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int)", "INSERT INTO gardens (size) VALUES (1), (-1), (0)")
        self.migrate("ALTER TABLE gardens ADD CONSTRAINT check_size CHECK (size > 0)", works=False)
        diagnosis = self.diagnosed("check_violation", "check_added_over_data")
        self.assertEqual(diagnosis.verify("rows_against_it"), [])
        diagnosis.repair("NOT VALID", "size > 0")
        self.fails("INSERT INTO gardens (size) VALUES (-2)", times=1)
        self.assertEqual(diagnosis.verify("rows_against_it")[0]["rows_against_it"], "2")
        self.rows("UPDATE gardens SET size = 1 WHERE size <= 0")
        diagnosis.repair("VALIDATE")
        self.assertEqual(diagnosis.verify("rows_against_it")[0], {"name": "check_size", "is_valid": "t", "rows_against_it": "0"})

    def test_not_null_added_over_data(self):
        self.rows("CREATE TABLE plantings (id serial PRIMARY KEY, plant_count int)", "INSERT INTO plantings (plant_count) VALUES (1), (NULL)")
        self.migrate("ALTER TABLE plantings ALTER COLUMN plant_count SET NOT NULL", works=False)
        diagnosis = self.diagnosed("not_null_violation", "not_null_added_over_data")
        self.assertEqual(diagnosis.verify("rows_with_null"), [{"rows_with_null": "1"}])
        diagnosis.repair("NOT VALID")
        self.fails("INSERT INTO plantings DEFAULT VALUES", times=1)
        diagnosis.repair("UPDATE", "1")
        for statement in ("VALIDATE", "SET NOT NULL", "DROP CONSTRAINT"):
            diagnosis.repair(statement)
        self.assertEqual(diagnosis.verify("rows_with_null"), [{"rows_with_null": "0"}])
        self.assertEqual(diagnosis.verify("is_mandatory")[0]["is_mandatory"], "t")


class ConstraintsOverCode(StagedProblem):
    def test_constraint_added_over_code(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int)")
        self.works("INSERT INTO gardens (size) VALUES (0)")
        self.rows("DELETE FROM gardens")
        self.migrate("ALTER TABLE gardens ADD CONSTRAINT check_size CHECK (size > 0)")
        self.fails("INSERT INTO gardens (size) VALUES (0)")
        diagnosis = self.diagnosed("check_violation", "constraint_added_over_code")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "CHECK ((size > 0))")
        diagnosis.repair("DROP CONSTRAINT")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef"), [])
        self.works("INSERT INTO gardens (size) VALUES (0)")

    def test_unique_index_added_over_code(self):
        self.rows("CREATE TABLE readings (garden int, day date)", "INSERT INTO readings VALUES (1, '2026-02-01')")
        self.migrate("CREATE UNIQUE INDEX unique_reading_per_day ON readings (garden, day)")
        self.fails("INSERT INTO readings VALUES (1, '2026-02-01')")
        diagnosis = self.diagnosed("unique_violation", "unique_index_added_over_code")
        self.assertIn("UNIQUE INDEX", diagnosis.verify("pg_get_indexdef")[0]["definition"])
        diagnosis.repair("DROP INDEX")
        self.assertEqual(diagnosis.verify("pg_get_indexdef"), [])
        self.works("INSERT INTO readings VALUES (1, '2026-02-01')")

    def test_column_made_mandatory(self):
        self.rows("CREATE TABLE events (id serial PRIMARY KEY, seeds int)")
        self.works("INSERT INTO events DEFAULT VALUES")
        self.rows("DELETE FROM events")
        self.migrate("ALTER TABLE events ALTER COLUMN seeds SET NOT NULL")
        self.fails("INSERT INTO events DEFAULT VALUES")
        diagnosis = self.diagnosed("not_null_violation", "column_made_mandatory")
        self.assertEqual(diagnosis.verify("is_mandatory")[0], {"table_name": "events", "name": "seeds", "is_mandatory": "t", "default_value": ""})
        diagnosis.repair("SET DEFAULT", "0")
        self.works("INSERT INTO events DEFAULT VALUES")
        diagnosis.repair("DROP NOT NULL")
        self.assertEqual(diagnosis.verify("is_mandatory")[0]["is_mandatory"], "f")

    def test_rows_removed_under_references(self):
        self.rows("CREATE TABLE customers (id int PRIMARY KEY)", "CREATE TABLE orders (id serial PRIMARY KEY, customer_id int REFERENCES customers)",
                  "INSERT INTO customers VALUES (1), (2)", "CREATE TABLE backup AS TABLE customers")
        self.works("INSERT INTO orders (customer_id) VALUES (1)")
        self.server.rows(self.database, "TRUNCATE customers CASCADE", application="cleanup", log_statement="mod")
        self.fails("INSERT INTO orders (customer_id) VALUES (1)")
        diagnosis = self.diagnosed("foreign_key_violation", "rows_removed_under_references")
        self.assertEqual(diagnosis.verify("rows_left"), [{"rows_left": "0"}])
        diagnosis.repair("INSERT", "backup")
        self.assertEqual(diagnosis.verify("rows_left"), [{"rows_left": "2"}])
        self.works("INSERT INTO orders (customer_id) VALUES (1)")

    def test_deployment_violates_constraint(self):
        self.rows("CREATE TABLE gardens (id serial PRIMARY KEY, size int CONSTRAINT check_size CHECK (size > 0))")
        self.works("INSERT INTO gardens (size) VALUES (1)")
        self.deploys("shop", "2.0.0")
        self.fails("INSERT INTO gardens (size) VALUES (0)", times=5)
        diagnosis = self.diagnosed("check_violation", "deployment_violates_constraint")
        self.assertIn("2.0.0", diagnosis.summary)
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "CHECK ((size > 0))")
        self.works("INSERT INTO gardens (size) VALUES (1)")  # the release before wrote it so


class Imports(StagedProblem):
    def copy(self, table, lines, works):
        path = os.path.join(self.folder, table + ".csv")
        with open(path, "w") as file:
            file.writelines(line + "\n" for line in lines)
        worked, _, errors = self.server.run(self.database, f"\\copy {table} FROM '{path}' CSV", application="loader", log_statement="mod")
        self.assertEqual(worked, works, errors)

    def test_import_without_parents(self):
        self.rows("CREATE TABLE customers (id int PRIMARY KEY)", "CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers)",
                  "INSERT INTO customers VALUES (1)")
        lines = ["10,1", "11,2", "12,3"]
        self.copy("orders", lines, works=False)
        diagnosis = self.diagnosed("foreign_key_violation", "import_without_parents")
        self.assertEqual(diagnosis.verify("AS parents"), [{"rows": "0", "parents": "1"}])
        diagnosis.repair("CREATE TABLE")
        self.copy("orders_import", lines, works=True)
        diagnosis.repair("INSERT")
        self.assertEqual(diagnosis.verify("AS parents"), [{"rows": "1", "parents": "1"}])
        self.copy("customers", ["2", "3"], works=True)
        diagnosis.repair("INSERT")
        self.assertEqual(diagnosis.verify("AS parents"), [{"rows": "3", "parents": "3"}])
        self.assertEqual(diagnosis.verify("NOT EXISTS"), [])

    def test_import_with_duplicates(self):
        self.rows("CREATE TABLE accounts (id serial PRIMARY KEY, email text CONSTRAINT accounts_email_key UNIQUE)",
                  "INSERT INTO accounts (id, email) VALUES (1, 'a'), (2, 'b')")
        lines = ["11,a", "12,c"]
        self.copy("accounts", lines, works=False)
        diagnosis = self.diagnosed("unique_violation", "import_with_duplicates")
        self.assertEqual(diagnosis.verify("pg_get_constraintdef")[0]["definition"], "UNIQUE (email)")
        self.assertEqual(diagnosis.verify("inserted_lately")[0]["rows"], "2")
        diagnosis.repair("CREATE TABLE")
        self.copy("accounts_import", lines, works=True)
        diagnosis.repair("INSERT")
        diagnosis.repair("DO $$")
        self.assertEqual(diagnosis.verify("inserted_lately")[0]["rows"], "3")
        self.works("INSERT INTO accounts (email) VALUES ('d')")


if __name__ == "__main__":
    unittest.main(verbosity=2)
