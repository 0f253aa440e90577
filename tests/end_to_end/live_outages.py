#!/usr/bin/python3
"""Three outages and one stream of errors that nothing caused, run for real: PostgreSQL, Kafka, culprit, Elasticsearch, no fake."""
import json
import os
import tempfile
import unittest

import culprit
import services
from documents import object_name
from elasticsearch import Index, between, field_is
from kafka_topics import Producer, new_topic
from shop import SERVER_LOG, LogFile, Repeating, Service, Shipper, now, psql, sql
from waiting import wait_until

DATABASE = "shop"


class LiveOutages(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-live-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.create_shop()
        self.start_services()
        self.start_culprit()
        self.started = now()

    def create_shop(self):
        sql("postgres", f"drop database if exists {DATABASE}")
        sql("postgres", f"create database {DATABASE}")
        sql("postgres", "do $$ begin create role app login; exception when duplicate_object then null; end $$")
        sql(DATABASE, """
            create table customers (id serial primary key, phone text not null);
            create table tickets (id serial primary key, subject text not null);
            create table accounts (id serial primary key, email text not null unique);
            grant all on all tables in schema public to app;
            grant all on all sequences in schema public to app;
            alter default privileges in schema public grant all on tables to app;
            alter default privileges in schema public grant all on sequences to app;""")

    def start_services(self):
        self.checkout, self.helpdesk, self.wishlist, self.accounts = (
            Service(name, "1.0.0", DATABASE, self.folder) for name in ("checkout", "helpdesk", "wishlist-api", "accounts-web"))
        self.migration_log, self.job_log, self.deployments = (
            LogFile(os.path.join(self.folder, name)) for name in ("migration.alembic.log", "job.psql.log", "deploy-events.jsonl"))

        producer = Producer()
        self.enterContext(producer)
        self.topics = {name: new_topic(name) for name in ("app-logs", "postgres-logs", "migrations", "deploys")}
        shipper = Shipper(producer)
        self.addCleanup(shipper.close)
        shipper.tail(SERVER_LOG, self.topics["postgres-logs"])
        for service in (self.checkout, self.helpdesk, self.wishlist, self.accounts):
            shipper.tail(service.log.path, self.topics["app-logs"])
        for log in (self.migration_log, self.job_log):
            shipper.tail(log.path, self.topics["migrations"], envelope=True)
        shipper.tail(self.deployments.path, self.topics["deploys"])
        self.enterContext(Repeating(shipper.ship, 0.1))

    def start_culprit(self):
        self.index = Index("incidents")
        self.daemon = self.enterContext(culprit.Daemon(os.path.join(self.folder, "daemon"), {
            "labels": {"environment": "production"},
            "sources": [{"kafka": {"brokers": [services.address("kafka")], "group_id": self.topics["app-logs"], "start": "earliest",
                                   "topics": [{"name": topic} for topic in self.topics.values()]}}],
            "correlation": {"allowed_lateness": "1s", "resolve_after": "8s", "remedy_grace": "2s"},
            "sinks": [{"elasticsearch": {"urls": [self.index.url], "index": self.index.name}}]}))

    # --- what happens ------------------------------------------------------------------------------------------------------

    def fail_until_seen(self, query, constraint_or_table, seen=lambda incident: True):
        """Repeats a failing query until its incident is in Elasticsearch, as `seen` wants it; returns the document."""
        def attempt():
            self.assertFalse(query(), "the query was expected to fail")
            incident = self.incident(constraint_or_table)
            return incident and incident["culprit"]["symptom"]["count"] >= 3 and seen(incident) and incident
        return wait_until(f"an incident about {constraint_or_table}", attempt, interval=0.5, explain=self.explain)

    def print_psql(self, log, *arguments):
        code, printed = psql(DATABASE, *arguments)
        self.assertEqual(code, 0, printed)
        for line in printed.splitlines():
            log.line(line)

    def unique_constraint_over_duplicates(self):
        for line in ("Context impl PostgresqlImpl.", "Will assume transactional DDL.", "Running upgrade 9c1d -> a1f0c2d3e4b5, unique phone"):
            self.migration_log.line("INFO  [alembic.runtime.migration] " + line)
        code, printed = psql(DATABASE, "-c", "ALTER TABLE customers ADD CONSTRAINT uq_customers_phone UNIQUE (phone)", application="alembic")
        self.assertEqual(code, 0, printed)
        insert = "INSERT INTO customers (phone) VALUES ('+49 30 901820')"
        self.assertTrue(self.checkout.query("POST /customers", insert))
        self.fail_until_seen(lambda: self.checkout.query("POST /customers", insert), "uq_customers_phone")

    def import_with_explicit_ids(self):
        rows = os.path.join(self.folder, "tickets.csv")
        with open(rows, "w") as file:
            file.writelines(f"{number},imported {number}\n" for number in range(1, 501))
        self.print_psql(self.job_log, "-e", "-c", f"\\copy tickets (id, subject) from '{rows}' csv")
        insert = "INSERT INTO tickets (subject) VALUES ('printer on fire')"
        incident = self.fail_until_seen(lambda: self.helpdesk.query("POST /tickets", insert), "tickets_pkey",
                                        lambda incident: incident["culprit"].get("diagnosis", {}).get("fix_sql"))
        repair = next(statement for statement in incident["culprit"]["diagnosis"]["fix_sql"] if "setval" in statement)
        self.print_psql(self.job_log, "-c", repair)
        self.assertEqual(sql(DATABASE, "select last_value >= (select max(id) from tickets) from tickets_id_seq"), "t", repair)
        for _ in range(3):
            self.assertTrue(self.helpdesk.query("POST /tickets", insert), f"after {repair}")

    def deployment_before_its_migration(self):
        self.wishlist.release = "2.1.0"
        event = {"event": "deployment", "service": "wishlist-api", "environment": "production", "version": "2.1.0", "previous_version": "1.0.0", "git_sha": "c0ffee1"}
        self.deployments.line(json.dumps({"@timestamp": now(), "action": "started", **event}))
        self.deployments.line(json.dumps({"@timestamp": now(), "action": "finished", **event}))
        insert = "INSERT INTO wishlists (title) VALUES ('a bicycle')"
        self.fail_until_seen(lambda: self.wishlist.query("POST /wishlists", insert), "wishlists")
        self.migration_log.line("INFO  [alembic.runtime.migration] Running upgrade a1f0c2d3e4b5 -> b7e1, create wishlists")
        code, printed = psql(DATABASE, "-c", "CREATE TABLE wishlists (id serial primary key, title text not null)", application="alembic")
        self.assertEqual(code, 0, printed)
        for _ in range(3):
            self.assertTrue(self.wishlist.query("POST /wishlists", insert))

    # --- what is found -----------------------------------------------------------------------------------------------------

    def incidents(self, *filters):
        return [document for document in self.index.search(*filters) if document["culprit"]["status"] != "merged"]

    def incident(self, name, *filters):
        found = [document for document in self.incidents(*filters) if object_name(document) == name]
        self.assertLessEqual(len(found), 1, f"{name} has more than one incident")
        return found[0] if found else None

    def explain(self):
        return json.dumps(self.incidents(), indent=1)[:20000] + self.daemon.log_tail()

    def has_status(self, name, status):
        return wait_until(f"{name} is {status}", lambda: self.incident(name, field_is("culprit.status", status)), interval=0.3, explain=self.explain)

    def test_three_real_outages_and_errors_that_nothing_caused(self):
        everyone = (self.checkout, self.helpdesk, self.wishlist, self.accounts)
        register = "INSERT INTO accounts (email) VALUES ('someone@example.org')"
        self.assertTrue(self.accounts.query("POST /register", register))
        with Repeating(lambda: [service.idle() for service in everyone], 0.2), \
                Repeating(lambda: self.accounts.query("POST /register", register), 1.0) as organic:
            self.has_status("accounts_email_key", "open")
            self.unique_constraint_over_duplicates()
            self.import_with_explicit_ids()
            self.has_status("tickets_pkey", "resolved")
            self.deployment_before_its_migration()
            for name in ("uq_customers_phone", "wishlists"):
                self.has_status(name, "resolved")
            self.has_status("accounts_email_key", "open")
            organic.stop()
            self.has_status("accounts_email_key", "resolved")
            self.daemon.stop()
        self.check_documents()

    def check_documents(self):
        while_it_ran = between(self.started, now())
        self.assertCountEqual([object_name(document) for document in self.incidents(while_it_ran)],
                              ["uq_customers_phone", "tickets_pkey", "wishlists", "accounts_email_key"])
        self.assertEqual(self.incidents(between("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")), [])

        def only(kind):
            found = self.incidents(while_it_ran, field_is("culprit.status", "resolved"), field_is("culprit.cause.kind", kind))
            return [object_name(document) for document in found]

        def best(name):
            document = self.incident(name)
            self.assertEqual(document["culprit"]["attribution"], "attributed", json.dumps(document, indent=1))
            return document["culprit"]["causes"][0]

        constraint = best("uq_customers_phone")
        self.assertIn(constraint["kind"], ("schema_change", "migration"))
        self.assertIn("uq_customers_phone", json.dumps(constraint["objects"]))
        self.assertLessEqual(constraint["offset_seconds"], 0)
        self.assertEqual(only(constraint["kind"]), ["uq_customers_phone"])

        self.assertEqual(best("tickets_pkey")["kind"], "import")
        self.assertEqual(only("import"), ["tickets_pkey"])
        self.assertLess(self.incident("tickets_pkey")["culprit"]["resolved_at"], self.incident("accounts_email_key")["culprit"]["resolved_at"])

        deployment = best("wishlists")
        self.assertEqual((deployment["kind"], deployment["release"]), ("deployment", "2.1.0"))
        self.assertEqual(only("deployment"), ["wishlists"])
        self.check_awaited_migration(deployment)

        organic = self.incident("accounts_email_key", field_is("culprit.attribution", "unattributed"))
        self.assertIsNotNone(organic, self.explain())
        self.assertNotIn("cause", organic["culprit"])

        text = json.dumps(self.incidents())
        for value in ("901820", "someone@example.org", "printer on fire", "a bicycle"):
            self.assertNotIn(value, text, "a value from the logs has left unredacted")

    def check_awaited_migration(self, deployment):
        """The errors came before the table: the deployment's evidence cites the migration that it should have waited for."""
        cited = {source["name"] for source in deployment["sources"]}
        self.assertTrue({self.topics["migrations"], self.topics["postgres-logs"]} & cited, deployment)
        self.assertTrue(any("migration" in item["name"] for item in deployment["evidence"]), deployment["evidence"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
