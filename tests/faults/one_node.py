#!/usr/bin/python3
"""Faults of one node with its signal log in SQLite: a full disk, a torn write, a damaged file, a clock that jumps, a sink that
refuses. Whatever happens, the documents are those of an undisturbed pass over the same lines."""
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import culprit  # noqa: E402
import services  # noqa: E402
from documents import comparable, difference  # noqa: E402
from elasticsearch import Index  # noqa: E402
from machine import Clock, SmallDisk, tear_last_page  # noqa: E402
from proxy import Proxy  # noqa: E402
from waiting import wait_until  # noqa: E402
from workload import Workload, counted  # noqa: E402

COMMON = {"labels": {"environment": "unlabelled"}, "redaction": {"values": "remove"}}


class OneNode(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-one-node-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.log = os.path.join(self.folder, "app.log")
        self.state = os.path.join(self.folder, "state")
        self.documents = os.path.join(self.folder, "incidents.ndjson")
        open(self.log, "w").close()
        self.seed = int(os.environ.get("CULPRIT_SEED", random.SystemRandom().randrange(10**6)))
        print(f"CULPRIT_SEED={self.seed}", flush=True)
        self.workload = Workload(20_000, self.seed)
        self.written = 0

    def settings(self, **more):
        return {**COMMON, "sources": [{"file": {"paths": [self.log], "follow": True}}],
                "signal_log": {"sqlite": {"path": os.path.join(self.state, "signals.db")}},
                "sinks": [{"file": {"path": self.documents, "format": "ndjson"}}], **more}

    def write(self, share):
        """Goes on until that share of all records is written."""
        end = int(self.workload.total * share)
        with open(self.log, "a") as file:
            for number in range(self.written, end):
                if number not in self.workload.broken:
                    file.write(self.workload.record(number)[2] + "\n")
            if end == self.workload.total:
                for _, _, text in self.workload.closing():
                    file.write(text + "\n")
        self.written = end

    def found(self):
        newest = {}
        if os.path.exists(self.documents):
            with open(self.documents, encoding="utf-8") as file:
                for line in file:
                    document = json.loads(line)
                    newest[document["culprit"]["id"]] = document
        return [document for document in newest.values() if "symptom" in document["culprit"]]

    def assert_nothing_lost_and_nothing_twice(self, daemon, found=None):
        found = found or self.found
        expected = self.workload.expected()
        wait_until("every symptom is counted exactly once", lambda: counted(found()) == expected, explain=lambda: f"{counted(found())}\n{expected}\n{daemon.log_tail()}")
        scanned = comparable(culprit.scan(culprit.write_configuration(os.path.join(self.folder, "scan.yaml"), COMMON), self.log))
        wait_until("the documents are those of an undisturbed pass", lambda: comparable(found()) == scanned, explain=lambda: difference(comparable(found()), scanned) + daemon.log_tail())

    def ready(self, daemon, what):
        status, text = daemon.get("/readyz")
        return status == (503 if what else 200) and (what or "") in text

    def test_a_full_disk_stops_intake_and_says_so_and_goes_on_when_there_is_room(self):
        with SmallDisk(self.state, 8) as disk, culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings()) as daemon:
            self.write(0.3)
            wait_until("the first incidents are there", self.found, explain=daemon.log_tail)
            wait_until("what was written is counted", lambda: daemon.metric("culprit_records_total") > 5_900, explain=daemon.log_tail)
            disk.fill()
            self.write(0.6)
            wait_until("/readyz names the full disk", lambda: self.ready(daemon, "disk is full"), explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())
            stopped_at = daemon.metric("culprit_records_total")
            self.assertEqual(daemon.get("/healthz")[0], 200, "a full disk is no reason to restart the daemon")
            self.assertEqual(daemon.get("/")[0], 200, "the page is served")
            self.assertGreater(json.loads(daemon.get("/api/v1/incidents")[1])["total"], 0)
            time.sleep(2)
            self.assertEqual(daemon.metric("culprit_records_total"), stopped_at, "nothing is taken in that cannot be kept")
            disk.make_room()
            wait_until("/readyz is well again", lambda: self.ready(daemon, None), explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())
            self.write(1)
            self.assert_nothing_lost_and_nothing_twice(daemon)
            daemon.stop()

    def test_a_torn_last_page_of_the_write_ahead_log_costs_its_transaction_which_is_read_again(self):
        daemon = culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings())
        chance = random.Random(self.seed)
        with daemon:
            for share in (0.25, 0.5, 0.75):
                self.write(share)
                wait_until("something of it is counted", lambda: daemon.metric("culprit_records_total") > 1_000, explain=daemon.log_tail)
                daemon.kill()
                self.assertTrue(tear_last_page(os.path.join(self.state, "signals.db-wal"), chance), "the write-ahead log holds a page")
                daemon.launch()
                wait_until("the daemon is well after the torn write", lambda: self.ready(daemon, None), explain=daemon.log_tail)
            self.write(1)
            self.assert_nothing_lost_and_nothing_twice(daemon)
            daemon.stop()

    def test_a_log_without_what_a_start_rests_on_is_refused_with_what_to_do(self):
        with culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings()) as daemon:
            self.write(1)
            wait_until("there are incidents", self.found, explain=daemon.log_tail)
            daemon.stop()
        with open(os.path.join(self.state, "signals.db"), "r+b") as file:
            file.write(os.urandom(4096))
        code, _, err = culprit.run("run", "--config", daemon.configuration)
        self.assertEqual(code, 2, err)
        self.assertRegex(err.splitlines()[-1], r"signals\.db.*damaged.*(restore it|move it away)")

    def test_a_small_damaged_log_stops_intake_and_what_is_known_is_served(self):
        with culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings()) as daemon:
            self.write(0.5)
            wait_until("there are incidents", self.found, explain=daemon.log_tail)
            daemon.stop()
            path = os.path.join(self.state, "signals.db")
            database = sqlite3.connect(path)
            root, = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries_by_time'").fetchone()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
            self.assertLess(os.path.getsize(path), 64 * 2**20)
            with open(path, "r+b") as file:
                file.seek((root - 1) * 4096)
                file.write(os.urandom(4096))
            before = len(self.found())
            self.write(1)
            daemon.start()
            wait_until("/readyz names the damage", lambda: self.ready(daemon, "damaged"), explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())
            self.assertIn("move it away", daemon.get("/readyz")[1])
            self.assertEqual(daemon.get("/")[0], 200, "the page is served")
            self.assertEqual(json.loads(daemon.get("/api/v1/incidents")[1])["total"], before, "what is known is shown")
            self.assertEqual(daemon.metric("culprit_records_total"), 0, "nothing is taken in")
            daemon.kill()

    def test_a_damaged_tail_is_shown_as_far_as_it_can_be_read(self):
        """Without a snapshot the whole log is the tail."""
        with culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings()) as daemon:
            self.write(0.5)
            wait_until("there are incidents", self.found, explain=daemon.log_tail)
            daemon.stop()
            path = os.path.join(self.state, "signals.db")
            database = sqlite3.connect(path)
            database.execute("DELETE FROM snapshots")
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            leaf = database.execute("SELECT pageno FROM dbstat WHERE name = 'entries' AND pagetype = 'leaf' ORDER BY path DESC").fetchone()[0]
            database.close()
            with open(path, "r+b") as file:
                file.seek((leaf - 1) * 4096)
                file.write(os.urandom(4096))
            daemon.start()
            wait_until("/readyz names the damage", lambda: self.ready(daemon, "damaged"), explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())
            self.assertGreater(json.loads(daemon.get("/api/v1/incidents")[1])["total"], 0)
            daemon.kill()

    def test_a_large_damaged_log_does_not_hold_the_start_up_and_stops_intake_when_the_damage_is_found(self):
        with culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings()) as daemon:
            self.write(0.3)
            wait_until("there are incidents", self.found, explain=daemon.log_tail)
            daemon.stop()
        path = os.path.join(self.state, "signals.db")
        # A long history: entries below the snapshot, which a start has no need of.
        database = sqlite3.connect(path)
        payload, = database.execute("SELECT payload FROM entries WHERE kind = 'tally' LIMIT 1").fetchone()
        database.executemany("INSERT INTO entries (position, kind, event_time, payload) VALUES (?, 'tally', 0, ?)", ((-1 - number, payload) for number in range(200_000)))
        database.commit()
        database.close()
        self.assertGreater(os.path.getsize(path), 64 * 2**20)
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) * 3 // 4 // 4096 * 4096)
            file.write(os.urandom(4096))
        began = time.monotonic()
        with daemon:
            wait_until("the page is served", lambda: daemon.get("/")[0] == 200, explain=daemon.log_tail)
            self.assertLess(time.monotonic() - began, 5)
            self.write(1)
            wait_until("/readyz names the damage", lambda: self.ready(daemon, "damaged"), explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())
            self.assertIn("move it away", daemon.get("/readyz")[1])
            self.assertGreater(json.loads(daemon.get("/api/v1/incidents")[1])["total"], 0, "what is known is shown")
            daemon.kill()

    def test_a_clock_that_jumps_changes_nothing(self):
        clock, day = Clock(self.folder), 86_400
        jumps = iter([day, -2 * day, 400 * day, 0])
        with culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings(), clock.environment) as daemon:
            for share in (0.25, 0.5, 0.75, 1):
                before = daemon.metric("culprit_records_total")
                self.write(share)
                wait_until("something of it is counted", lambda: daemon.metric("culprit_records_total") > before, explain=daemon.log_tail)
                clock.jump(next(jumps))
                if share == 0.75:
                    wait_until("the daemon's clock is 400 days on", lambda: daemon.metric("culprit_watermark_delay_seconds") > 500 * 86_400, explain=lambda: daemon.get("/metrics")[1])
            self.assert_nothing_lost_and_nothing_twice(daemon)
            daemon.stop()

    def test_vector_24543_no_later_position_passes_a_rejected_document_that_is_not_safe(self):
        """vectordotdev/vector#24543: a record that the sink rejects is lost once a later one is acknowledged and the process ends."""
        index = Index("rejected")
        letters = os.path.join(self.folder, "letters")
        with Proxy([index.url]) as proxy, SmallDisk(letters, 1) as disk:
            settings = self.settings(sinks=[{"elasticsearch": {"urls": [proxy.url], "index": index.name}}], dead_letter={"file": os.path.join(letters, "dead.ndjson")})
            proxy.rejects = lambda number: number <= 3  # the first documents, for good
            proxy.fault = "rejected items"
            disk.fill()
            daemon = culprit.Daemon(os.path.join(self.folder, "daemon"), settings)
            with daemon:
                self.write(0.5)
                wait_until("documents were rejected", lambda: len(proxy.rejected) >= 3, explain=daemon.log_tail)
                wait_until("/readyz says that they are not safe", lambda: self.ready(daemon, "dead letters"), explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())
                daemon.kill()  # with later positions in the signal log, and the rejected documents nowhere
                disk.make_room()
                first = set(proxy.rejected)
                proxy.rejects = lambda number: True
                daemon.launch()

                def dead():
                    with open(os.path.join(letters, "dead.ndjson")) as file:
                        return {json.loads(line)["id"] for line in file}
                wait_until("every rejected document is among the dead letters", lambda: {key for key, _ in first} <= dead(), explain=lambda: f"{first} {dead()}\n{daemon.log_tail()}")
                proxy.fault = None
                self.write(1)
                self.assert_nothing_lost_and_nothing_twice(daemon, index.search)
                daemon.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
