#!/usr/bin/python3
"""Silence is seen: canaries go through the whole pipeline and change nothing, and the lines of entries that a shipper spreads over
partitions are noticed."""
import json
import os
import random
import re
import sys
import tempfile
import time
import unittest
import urllib.request
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
import culprit  # noqa: E402
import services  # noqa: E402
from documents import comparable, difference  # noqa: E402
from kafka_topics import Producer, new_topic  # noqa: E402
from node import Node  # noqa: E402
from waiting import wait_until  # noqa: E402

COMMON = {"labels": {"environment": "production", "database": "shop"}, "redaction": {"values": "remove"}, "correlation": {"resolve_after": "6s", "allowed_lateness": "1s"}}
ARRIVAL = 1795176000.0  # 2026-11-20T12:00:00Z


def error(second):
    return json.dumps({"time": f"2026-11-20T12:00:{second:02}.000Z", "level": "error", "service": "checkout", "message": 'duplicate key value violates unique constraint "orders_pkey"', "sqlstate": "23505"})


def stages(metrics, topic, stage):
    """When the newest canary of each partition that has got so far was produced, by partition."""
    lines = re.findall(rf'^culprit_canary_{stage}_timestamp_seconds{{partition="(\d+)",topic="{topic}"}} (\S+)$', metrics, re.M)
    return {int(partition): float(value) for partition, value in lines}


class Canaries(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-canary-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.topic = new_topic("canary", 3)
        self.incidents = os.path.join(self.folder, "incidents.ndjson")

    def settings(self, **more):
        return {**COMMON,
                "sources": [{"kafka": {"brokers": [services.address("kafka")], "group_id": f"g-{uuid.uuid4().hex[:8]}", "topics": [{"name": self.topic}], "start": "earliest"}}],
                "sinks": [{"file": {"path": self.incidents, "format": "ndjson"}}], **more}

    def found(self):
        newest = {}
        if os.path.exists(self.incidents):
            with open(self.incidents, encoding="utf-8") as file:
                for line in file:
                    document = json.loads(line)
                    newest[document["culprit"]["id"]] = document
        return list(newest.values())

    def test_on_one_node_they_come_through_and_change_nothing(self):
        daemon = culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings(canary={"topic": self.topic, "interval": "1s"}))
        with daemon:
            def fresh(stage):
                seen = stages(daemon.get("/metrics")[1], self.topic, stage)
                return seen.keys() == {0, 1, 2} and min(seen.values()) > time.time() - 5
            for stage in ("sent", "folded", "safe"):
                wait_until(f"canaries of all partitions are {stage}", lambda: fresh(stage), explain=lambda: daemon.get("/metrics")[1] + daemon.log_tail())
            self.assertEqual(daemon.metric("culprit_records_total"), 0, "they are no records of the source's")
            self.assertEqual(daemon.metric("culprit_signals_total"), 0)
            with Producer() as producer:
                for second in range(5):
                    producer.send(self.topic, error(second), ARRIVAL + second, partition=1)
            # A canary a second, and the partitions are quiet all the same: else nothing would end in a system that has gone silent.
            wait_until("the incident is resolved", lambda: [document["culprit"]["status"] for document in self.found()] == ["resolved"], explain=lambda: f"{self.found()}\n{daemon.log_tail()}")
            self.assertEqual(daemon.metric("culprit_records_total"), 5)
            self.assertEqual(daemon.metric("culprit_topic_records_total", topic=self.topic), 5)
            self.assertEqual(daemon.metric("culprit_dead_letters_total"), 0)
            self.assertGreater(daemon.metric("culprit_canary_latency_seconds_count", stage="safe"), 0)
            before = stages(daemon.get("/metrics")[1], self.topic, "folded")
            daemon.kill()
            daemon.start()
            wait_until("canaries come through after a crash", lambda: fresh("safe") and all(later > before[partition] for partition, later in stages(daemon.get("/metrics")[1], self.topic, "safe").items()),
                       explain=lambda: daemon.get("/metrics")[1] + daemon.log_tail())
            daemon.stop()
        path = os.path.join(self.folder, "errors.ndjson")
        with open(path, "w") as file:
            file.writelines(error(second) + "\n" for second in range(5))
        documents = [document for document in self.found() if "symptom" in document["culprit"]]
        self.assertEqual([document["culprit"]["symptom"]["count"] for document in documents], [5])
        scanned = comparable(culprit.scan(culprit.write_configuration(os.path.join(self.folder, "scan.yaml"), COMMON), path))
        self.assertEqual(comparable(documents).keys(), scanned.keys(), difference(comparable(documents), scanned))

    def test_on_many_nodes_the_correlator_says_which_came_through(self):
        settings = self.settings(canary={"topic": self.topic, "interval": "1s"},
                                 signal_log={"kafka": {"topic": f"signals-{self.topic}", "group_id": f"correlators-{self.topic}", "partitions": 2, "replication": 1}})
        code, out, err = culprit.run("setup", "kafka", "--config", culprit.write_configuration(os.path.join(self.folder, "setup.yaml"), settings))
        self.assertEqual(code, 0, out + err)
        matcher, correlator = Node(self.folder, "matcher", "matcher", settings), Node(self.folder, "correlator", "correlator", settings)
        self.addCleanup(matcher.kill)
        self.addCleanup(correlator.kill)
        matcher.start()
        correlator.start()

        def metrics(node):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics", timeout=10) as answer:
                    return answer.read().decode()
            except OSError:
                return ""

        def fresh(node, stage):
            seen = stages(metrics(node), self.topic, stage)
            return seen.keys() == {0, 1, 2} and min(seen.values()) > time.time() - 5

        def logs():
            return matcher.log_tail() + correlator.log_tail()
        wait_until("the matcher sends them", lambda: fresh(matcher, "sent"), explain=logs)
        wait_until("they are folded, and safe", lambda: fresh(correlator, "folded") and fresh(correlator, "safe"), explain=lambda: metrics(correlator) + logs())
        self.assertEqual(stages(metrics(correlator), self.topic, "sent"), {}, "a correlator sends none")
        matcher.kill()
        stood = stages(metrics(correlator), self.topic, "folded")
        time.sleep(3)
        self.assertLessEqual(max(stages(metrics(correlator), self.topic, "folded").values()) - max(stood.values()), 1.5, "without a matcher they age")
        self.assertFalse(os.path.exists(self.incidents) and self.found())
        self.assertEqual(correlator.stop(), 0)

    def test_lines_of_entries_that_are_spread_over_partitions_are_noticed(self):
        chance = random.Random(7)
        lines = []
        for number in range(900):
            head = f"2026-11-20 12:00:{number // 15:02}.{number % 15 * 60:03} UTC [{number % 40 + 100}] app@shop/web "
            lines += [head + "ERROR:  duplicate key value violates unique constraint \"orders_pkey\"", head + f"DETAIL:  Key (id)=({number}) already exists.", head + "STATEMENT:  INSERT INTO orders VALUES ($1)"]
        keyed = new_topic("keyed", 3)
        settings = self.settings()
        settings["sources"][0]["kafka"]["topics"].append({"name": keyed})
        with culprit.Daemon(os.path.join(self.folder, "daemon"), settings) as daemon:
            # In pieces: what is looked at is a sample.
            for begin in range(0, len(lines), 60):
                with Producer() as producer:
                    for at in range(begin, begin + 60):
                        producer.send(self.topic, lines[at], ARRIVAL + at // 45, partition=chance.randrange(3))
                        producer.send(keyed, lines[at], ARRIVAL + at // 45, partition=at // 3 % 3)
                time.sleep(0.1)
            daemon.wait_for_records(2 * len(lines))
            for topic in (self.topic, keyed):
                self.assertGreater(daemon.metric("culprit_continuation_lines_total", topic=topic), 20)
            self.assertGreater(daemon.metric("culprit_headless_lines_total", topic=self.topic), 10)
            self.assertEqual(daemon.metric("culprit_headless_lines_total", topic=keyed), 0)
            daemon.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
