#!/usr/bin/python3
"""The server itself: connections, restarts, replicas, disks and damaged pages, staged on a primary and a standby of their own."""
import json
import os
import signal
import subprocess
import unittest

import services
from staged import Server, StagedProblem, timestamp
from waiting import wait_until

BIN = "/usr/lib/postgresql/15/bin"
PRIMARY, STANDBY = services.FOLDER + "-primary", services.FOLDER + "-standby"
primary, standby = Server(PRIMARY), Server(STANDBY)


def service(action, folder, port="0"):
    command = [os.path.join(services.ROOT, "tests", "services.sh"), action, "postgresql", "--dir", folder, "--port", port]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}"


def stop(server):
    """Returns the port, to be started at again."""
    port = server.address()[1]
    service("stop", server.folder)
    return port


def data(server):
    return os.path.join(server.folder, "postgresql")


def setUpModule():
    tearDownModule()
    service("start", PRIMARY)
    port = stop(primary)
    subprocess.run([f"{BIN}/pg_checksums", "--enable", "--no-sync", "--pgdata", data(primary)], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(data(primary), "postgresql.conf"), "a") as file:
        file.write("max_connections = 12\nautovacuum = off\n")
    service("start", PRIMARY, port)

def remove(folder):
    service("stop", folder)
    subprocess.run(["rm", "-rf", folder], check=True)


def tearDownModule():
    remove(STANDBY)
    remove(PRIMARY)


class Servers(StagedProblem):
    server = primary

    def connected(self, application):
        return self.rows(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}' AND state IN ('idle', 'active')", database="postgres")

    def stay_connected(self, sessions, statement="SELECT 1", **options):
        """So many sessions, running; those that are idle stay so until somebody ends them.

        Each says itself that it is in, for asking the server takes a connection too, and there are few. One that finds none free, because
        an earlier session has not quite gone, tries again."""
        started = []

        def connects():
            process = self.server.start(self.database, "\\! echo connected", statement, "\\! sleep 60", application="pool", **options)
            self.addCleanup(process.__exit__, None, None, None)
            self.addCleanup(process.terminate)
            if process.stdout.readline():
                started.append(process)
            return len(started) == sessions

        wait_until("they are connected", connects)
        return started

    def test_connections_exhausted(self):
        self.rows(f'CREATE ROLE "{self.database}" LOGIN', database="postgres")
        self.forget_the_log()
        self.stay_connected(9, user=self.database)
        self.fails("SELECT 1", user=self.database)
        diagnosis = self.diagnosed("too_many_connections", "connections_exhausted")
        [most] = [row for row in diagnosis.verify("max_connections") if row["usename"] == self.database]
        self.assertEqual((most["application_name"], most["state"], most["count"], most["max_connections"]), ("pool", "idle", "9", "12"))
        diagnosis.repair("idle_longest")
        wait_until("the idle ones are gone", lambda: not self.connected("pool"))
        self.works("SELECT 1", user=self.database)

    def test_database_restarted(self):
        self.stay_connected(3, "SELECT pg_sleep(60)")
        port = stop(primary)
        service("start", PRIMARY, port)
        diagnosis = self.diagnosed("admin_shutdown", "database_restarted")
        [server] = diagnosis.verify("started_after_the_onset")
        self.assertEqual((server["started_after_the_onset"], server["is_replica"]), ("t", "f"))
        self.works("SELECT 1")

    def test_database_crashed(self):
        self.log_of("app.ndjson", {"time": timestamp(-86400), "level": "info", "msg": "GET /healthz 200", "service": "shop"})
        sessions = self.stay_connected(3, "SELECT pg_sleep(60)")
        os.kill(int(self.connected("pool")[0]["pid"]), signal.SIGKILL)
        for session in sessions:
            errors = session.communicate(timeout=60)[1]
            self.log_of("app.ndjson", {"time": timestamp(), "level": "error", "msg": "GET /orders failed", "service": "shop", "error": errors.strip()})
        wait_until("it has recovered", lambda: self.server.run("postgres", "SELECT 1")[0])
        diagnosis = self.diagnosed("connection_failure", "database_crashed")
        [server] = diagnosis.verify("started_after_the_onset")
        self.assertEqual(server["started_after_the_onset"], "t")
        self.works("SELECT 1")

    def test_database_unreachable(self):
        port = stop(primary)
        refused = []
        for _ in range(3):
            worked, _, errors = self.server_run_while_down(port)
            self.assertFalse(worked)
            refused.append({"time": timestamp(), "level": "error", "msg": "GET /orders failed", "service": "shop", "error": errors.strip()})
        self.log_of("app.ndjson", *refused, {"time": timestamp(3600), "level": "info", "msg": "GET /healthz 200", "service": "shop"})
        service("start", PRIMARY, port)
        diagnosis = self.diagnosed("sqlclient_unable_to_establish_sqlconnection", "database_unreachable", lines=[])
        self.assertEqual(diagnosis.verify("started_after_the_onset")[0]["started_after_the_onset"], "t")
        self.works("SELECT 1")

    def server_run_while_down(self, port):
        done = subprocess.run([f"{BIN}/psql", "-X", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-c", "SELECT 1"], capture_output=True, text=True)
        return done.returncode == 0, done.stdout, done.stderr

    def test_server_read_only(self):
        self.rows("CREATE TABLE orders (id int)", f"ALTER DATABASE {self.database} SET default_transaction_read_only = on")
        self.forget_the_log()
        self.fails("INSERT INTO orders VALUES (1)")
        diagnosis = self.diagnosed("read_only_sql_transaction", "server_read_only")
        self.assertEqual(diagnosis.verify("is_replica"), [{"is_replica": "f", "set_to_read_only": "on"}])
        diagnosis.repair("RESET")
        self.assertEqual(diagnosis.verify("is_replica"), [{"is_replica": "f", "set_to_read_only": "off"}])
        self.works("INSERT INTO orders VALUES (1)")


class Disks(StagedProblem):
    server = primary

    def test_disk_full(self):
        disk = PRIMARY + "/disk"
        os.makedirs(disk, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "culprit-test", disk], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("a disk of its own takes the right to mount one")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        subprocess.run(["chown", "--reference", data(primary), disk], check=True)
        self.rows(f"CREATE TABLESPACE tiny LOCATION '{disk}'", database="postgres")
        self.rows("CREATE TABLE archive (line text) TABLESPACE tiny", "ALTER TABLE archive ALTER COLUMN line SET STORAGE PLAIN")
        self.addCleanup(lambda: self.rows("DROP TABLESPACE tiny", database="postgres"))
        self.addCleanup(lambda: self.rows(f"DROP DATABASE {self.database} WITH (FORCE)", database="postgres"))
        self.rows("SELECT pg_create_physical_replication_slot('forgotten', true)", database="postgres")
        fill = "INSERT INTO archive SELECT repeat('x', 1000) FROM generate_series(1, 2500)"
        self.fails(fill)
        diagnosis = self.diagnosed("disk_full", "disk_full")
        self.assertEqual([row["relation"] for row in diagnosis.verify("regexp_replace")], ["archive"])
        self.assertIn("tiny", [row["tablespace"] for row in diagnosis.verify("pg_tablespace_location")])
        self.assertEqual(diagnosis.verify("AS relation, COALESCE")[0]["tablespace"], "tiny")
        self.assertEqual(diagnosis.verify("pg_replication_slots")[0]["slot_name"], "forgotten")
        diagnosis.repair("SET TABLESPACE")
        self.assertNotEqual(diagnosis.verify("AS relation, COALESCE")[0]["tablespace"], "tiny")
        self.works(fill)
        diagnosis.repair("pg_drop_replication_slot")
        self.assertEqual(diagnosis.verify("pg_replication_slots"), [])

    def damage(self, relation, block):
        """Flips bytes of a page while the server is down."""
        self.rows("CHECKPOINT")
        path = os.path.join(data(primary), self.rows(f"SELECT pg_relation_filepath('{relation}') AS path")[0]["path"])
        port = stop(primary)
        with open(path, "r+b") as file:
            file.seek(block * 8192 + 4000)
            file.write(b"damaged " * 8)
        service("start", PRIMARY, port)

    def test_data_corrupted_index(self):
        self.rows("CREATE TABLE orders (id int, note text)", "INSERT INTO orders SELECT g, 'x' FROM generate_series(1, 2000) AS g", "CREATE INDEX orders_id ON orders (id)")
        self.damage("orders_id", 1)
        self.forget_the_log()
        query = "SELECT note FROM orders WHERE id = 7"
        self.fails(query, enable_seqscan="off")
        diagnosis = self.diagnosed("data_corrupted", "data_corrupted")
        [damaged] = diagnosis.verify("AS relation")
        self.assertEqual((damaged["relation"], damaged["kind"]), ("orders_id", "i"))
        [checksums] = diagnosis.verify("checksum_failures")
        self.assertEqual(checksums["data_checksums"], "on")
        self.assertGreaterEqual(int(checksums["checksum_failures"]), 1)
        diagnosis.repair("REINDEX")
        self.works(query, enable_seqscan="off")
        self.assertEqual(diagnosis.verify("AS relation"), [])

    def test_data_corrupted_table(self):
        self.rows("CREATE TABLE orders (id int, note text)", "INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 500) AS g")
        self.damage("orders", 0)
        self.forget_the_log()
        self.fails("SELECT count(note) FROM orders")
        diagnosis = self.diagnosed("data_corrupted", "data_corrupted")
        [damaged] = diagnosis.verify("AS relation")
        self.assertEqual((damaged["relation"], damaged["kind"]), ("orders", "r"))
        zero = diagnosis.statement("fix_sql", "zero_damaged_pages")
        self.assertTrue(zero.startswith("/* DESTRUCTIVE"), zero)
        diagnosis.repair("VACUUM FULL", session=(zero,))
        [left] = self.rows("SELECT count(note) FROM orders")
        self.assertGreater(int(left["count"]), 300)
        self.assertLess(int(left["count"]), 500)


class Replicas(StagedProblem):
    server = primary

    @classmethod
    def setUpClass(cls):
        subprocess.run([f"{BIN}/pg_basebackup", "-h", "127.0.0.1", "-p", primary.address()[1], "-U", "postgres", "-D", data(standby), "-R", "--checkpoint", "fast", "--no-sync"], check=True)
        if os.path.exists(standby.log):
            os.remove(standby.log)
        with open(os.path.join(data(standby), "postgresql.conf"), "a") as file:
            file.write("recovery_min_apply_delay = '1h'\n")
        service("start", STANDBY)

    @classmethod
    def tearDownClass(cls):
        remove(STANDBY)

    def caught_up(self):
        """What was done on the primary so far is on the standby too, in spite of the delay."""
        standby.rows("postgres", "ALTER SYSTEM SET recovery_min_apply_delay = 0", "SELECT pg_reload_conf()")
        position = self.rows("SELECT pg_current_wal_lsn() AS lsn", database="postgres")[0]["lsn"]
        wait_until("the standby has replayed it", lambda: standby.rows("postgres", f"SELECT pg_last_wal_replay_lsn() >= '{position}' AS done")[0]["done"] == "t")

    def fails_on_standby(self, statement, times=3):
        for _ in range(times):
            self.assertFalse(standby.run(self.database, statement, application="reports")[0])

    def both_logs(self, since):
        """The primary's and the standby's, as they would come from two hosts."""
        lines = self.server_lines()
        return lines + [line for line in standby.lines_since(since) if json.loads(line).get("dbname") in (None, self.database)]

    def test_replica_lags_behind_ddl(self):
        self.caught_up()
        standby.rows("postgres", "ALTER SYSTEM RESET recovery_min_apply_delay", "SELECT pg_reload_conf()")
        since = os.path.getsize(standby.log)
        self.migrate("CREATE TABLE ratings (id int)")
        self.fails_on_standby("SELECT * FROM ratings")
        diagnosis = self.diagnosed("undefined_table", "replica_lags_behind_ddl", lines=self.both_logs(since))
        diagnosis.server = standby
        [replica] = diagnosis.verify("is_replica")
        self.assertEqual((replica["is_replica"], replica["is_paused"], replica["apply_delay"]), ("t", "f", "1h"))
        self.assertEqual(diagnosis.verify("AS is_there"), [{"is_there": "f"}])
        for repair in ("pg_wal_replay_resume", "ALTER SYSTEM", "pg_reload_conf"):
            diagnosis.repair(repair)
        wait_until("the standby has it", lambda: diagnosis.verify("AS is_there") == [{"is_there": "t"}])
        self.assertTrue(standby.run(self.database, "SELECT * FROM ratings")[0])

    def test_server_read_only_replica(self):
        self.rows("CREATE TABLE orders (id int)")
        self.caught_up()
        since = os.path.getsize(standby.log)
        self.fails_on_standby("INSERT INTO orders VALUES (1)")
        lines = [line for line in standby.lines_since(since) if json.loads(line).get("dbname") == self.database]
        diagnosis = self.diagnosed("read_only_sql_transaction", "server_read_only", lines=lines)
        diagnosis.server = standby
        self.assertEqual(diagnosis.verify("is_replica")[0]["is_replica"], "t")
        self.works("INSERT INTO orders VALUES (1)")  # on the primary


if __name__ == "__main__":
    unittest.main(verbosity=2)
