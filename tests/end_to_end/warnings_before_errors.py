#!/usr/bin/python3
"""What is said of changes before the first error: staged on a real PostgreSQL, written to a real Elasticsearch. The warning's SQL confirms
there what it warns of, and ends it; and the documents have the fields that their template knows, no more and no fewer."""
import json
import os
import unittest

import culprit
from elasticsearch import Index
from staged import Diagnosis, StagedProblem, shifted, timestamp
from waiting import wait_until

# Fields that no file of logs brings about, and where they come from.
ELSEWHERE = {"culprit.status", "culprit.merged_into",  # tombstones
             "culprit.change.source.partition", "culprit.change.sources.partition"}  # Kafka's


def paths_of(value, prefix=""):
    """The leaves of a document, lists seen through: a.b.c"""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths_of(item, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list):
        for item in value:
            yield from paths_of(item, prefix)
    else:
        yield prefix


def fields_of(properties, prefix=""):
    """The leaves of a mapping."""
    for name, field in properties.items():
        path = f"{prefix}.{name}" if prefix else name
        if "properties" in field:
            yield from fields_of(field["properties"], path)
        else:
            yield path


class Warned(Diagnosis):
    """A warning of a change, and its SQL to be run where the change was made."""

    def __init__(self, test, change, warning):
        self.test, self.server, self.database, self.change = test, test.server, test.database, change
        self.document, self.rule, self.summary = {"diagnosis": warning}, warning["rule"], warning["summary"]


class WarningsBeforeErrors(StagedProblem):
    def setUp(self):
        super().setUp()
        self.index = Index("incidents")
        self.changes_index = Index("changes")
        self.changes_index.name = self.index.name + "-changes"

    def written(self, seen, lines=None, after=7200):
        """All change documents in Elasticsearch, once `seen` holds of them: the logs end so many seconds behind what happened."""
        server_log = os.path.join(self.folder, "postgresql.json")
        with open(server_log, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in self.between_quiet(lines or self.server_lines(), 3600, after))
        daemon = culprit.Daemon(os.path.join(self.folder, "daemon"), {
            "labels": {"environment": "production"}, "correlation": {"allowed_lateness": "1s"},
            "sources": [{"file": {"paths": [server_log, *self.files], "follow": True}}],
            "sinks": [{"elasticsearch": {"urls": [self.index.url], "index": self.index.name}}]})
        with daemon:
            def documents():
                found = self.changes_index.search()
                return seen(found) and found
            return wait_until("the changes are in Elasticsearch", documents, 60, explain=lambda: f"{json.dumps(self.changes_index.search(), indent=1)}\n{daemon.log_tail()}")

    def warned(self, rule):
        """The one change that this is warned of."""
        def open_warnings(documents):
            return [(document, warning) for document in documents for warning in document["culprit"].get("warnings", [])
                    if warning["rule"] == rule and warning["status"] == "open"]
        found = open_warnings(self.written(open_warnings))
        self.assertEqual(len(found), 1, [document["message"] for document, _ in found])
        return Warned(self, *found[0])

    def copy(self, table, lines, *statements):
        path = os.path.join(self.folder, table + ".csv")
        with open(path, "w") as file:
            file.writelines(line + "\n" for line in lines)
        self.rows(f"\\copy {table} FROM '{path}' CSV", *statements, application="loader", log_statement="mod")

    def test_import_without_sequence_reset(self):
        self.rows("CREATE TABLE tickets (id serial PRIMARY KEY, subject text)", "INSERT INTO tickets (subject) VALUES ('a')")
        self.forget_the_log()
        self.copy("tickets", ["2,b", "3,c", "4,d"])
        warning = self.warned("import_without_sequence_reset")
        self.assertEqual(warning.change["culprit"]["watch"]["verdict"], "clean", "there was no error yet")
        self.assertEqual(warning.verify("max_key"), [{"key": "id", "sequence": "tickets_id_seq", "max_key": "4", "sequence_value": "1"}])
        warning.repair("setval")
        self.assertEqual(warning.verify("max_key"), [], "it is in step again")
        self.works("INSERT INTO tickets (subject) VALUES ('e')")

    def test_constraint_never_validated(self):
        self.rows("CREATE TABLE orders (id serial PRIMARY KEY, total int)", "INSERT INTO orders (total) VALUES (1), (-2)")
        self.forget_the_log()
        self.migrate("ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total > 0) NOT VALID")
        warning = self.warned("constraint_never_validated")
        self.assertEqual(warning.verify("convalidated")[0]["conname"], "orders_total_check")
        self.fails("UPDATE orders SET total = total WHERE id = 2", times=1)  # what it warns of
        self.rows("UPDATE orders SET total = 2 WHERE id = 2")
        warning.repair("VALIDATE CONSTRAINT")
        self.assertEqual(warning.verify("convalidated"), [])

    def test_migration_left_half_done(self):
        self.rows("CREATE TABLE people (id serial PRIMARY KEY, mail text)", "INSERT INTO people (mail) VALUES ('a'), ('a')")
        self.forget_the_log()
        self.migrate("ALTER TABLE people RENAME COLUMN mail TO email", "CREATE UNIQUE INDEX CONCURRENTLY people_email_key ON people (email)", works=False)
        warning = self.warned("migration_left_half_done")
        self.assertIn("failed after 1 of its statements", warning.summary)
        warning.statement("steps", "rename_column")
        self.assertEqual(warning.verify("indisvalid"), [{"invalid_index": "people_email_key"}])
        self.rows("DROP INDEX people_email_key", "DELETE FROM people WHERE id = 2")
        self.migrate("CREATE UNIQUE INDEX CONCURRENTLY people_email_key ON people (email)")
        self.assertEqual(warning.verify("indisvalid"), [])

    def test_documents_and_their_template_have_the_same_fields(self):
        self.rows("CREATE SCHEMA sales", "CREATE TABLE sales.customers (id int PRIMARY KEY)", "CREATE TABLE sales.orders (id serial PRIMARY KEY, customer_id int, email text)",
                  "CREATE TABLE sales.tickets (id serial PRIMARY KEY, subject text)")
        self.forget_the_log()
        announced = {"kind": "deployment", "service": "shop", "release": "2.0.0", "links": {"commit": "https://git.example/shop/commit/c0ffee1"}}
        self.log_of("deploys.ndjson", *({"@timestamp": timestamp(), "service": "shop", "environment": "production",
                                         "culprit_change": {"phase": phase, **announced}} for phase in ("started", "succeeded")))
        self.tool_prints("INFO  [alembic.runtime.migration] Running upgrade 1a -> a1f0c2d3, orders")
        self.migrate("ALTER TABLE sales.orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES sales.customers (id) NOT VALID")
        self.rows("ALTER TABLE sales.orders ALTER COLUMN email SET NOT NULL")
        self.copy("sales.tickets", ["2,b", "3,c"])
        lines = self.server_lines()
        self.rows("SELECT setval('sales.tickets_id_seq', 3)", application="loader", log_statement="all")
        repaired = [line for line in self.server_lines() if line not in lines]
        for user in ("u-1", "u-2"):
            for table in ("wishlists", "baskets"):
                self.log_of("app.ndjson", *({"time": timestamp(60 + i), "level": "error", "msg": "request failed", "service": "shop", "user_id": user,
                                             "error": f'ERROR: relation "{table}" does not exist (SQLSTATE 42P01)'} for i in range(3)))
        documents = self.written(
            lambda found: any("group" in each["culprit"] for each in found) and any(
                "resolved_at" in warning for each in found for warning in each["culprit"].get("warnings", [])) and any(
                warning["rule"] == "constraint_never_validated" for each in found for warning in each["culprit"].get("warnings", [])),
            lines=[*lines, *(shifted(line, 3000) for line in repaired)])
        template = self.index._ask("GET", f"/_index_template/{self.changes_index.name}")["index_templates"][0]["index_template"]
        known = set(fields_of(template["template"]["mappings"]["properties"]))
        there = {path for document in documents for path in paths_of(document)}
        # Of an object that is kept and not indexed the template knows no fields.
        there = {next((field for field in known if path.startswith(field + ".")), path) for path in there}
        self.assertEqual(there - known, set(), "fields that the template does not know")
        self.assertEqual(known - there - ELSEWHERE, set(), "fields that no document has")
        stored = self.index._ask("GET", f"/{self.changes_index.name}-*/_mapping")
        self.assertTrue(stored)
        for index in stored.values():
            self.assertEqual(set(fields_of(index["mappings"]["properties"])), known, "the index was made by the template")


if __name__ == "__main__":
    unittest.main(verbosity=2)
