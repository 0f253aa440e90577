#!/usr/bin/python3
"""Nodes that come, go and are paused while records flow: the work is shared evenly, an owner that was overtaken is fenced, and
nothing is lost or counted twice."""
import json
import os
import random
import signal
import struct
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import culprit  # noqa: E402
import services  # noqa: E402
from confluent_kafka.admin import AdminClient  # noqa: E402
from documents import comparable, difference  # noqa: E402
from elasticsearch import Index  # noqa: E402
from node import Node  # noqa: E402
from proxy import Proxy  # noqa: E402
from topics import ExactlyOnce, delete_topic, new_topic  # noqa: E402
from waiting import wait_until  # noqa: E402
from workload import PARTITIONS, Workload, counted  # noqa: E402

COMMON = {"labels": {"environment": "unlabelled"}, "redaction": {"values": "remove"}}


def _text(data, at):
    size, = struct.unpack_from(">h", data, at)
    return data[at + 2:at + 2 + size].decode(), at + 2 + size


def partitions_of(assignment):
    """Kafka's ConsumerProtocolAssignment: version, then topics, each with its partitions."""
    if not assignment:
        return set()
    count, = struct.unpack_from(">i", assignment, 2)
    at, found = 6, set()
    for _ in range(count):
        topic, at = _text(assignment, at)
        size, = struct.unpack_from(">i", assignment, at)
        found |= {(topic, number) for number in struct.unpack_from(f">{size}i", assignment, at + 4)}
        at += 4 + 4 * size
    return found


class Handovers(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-handovers-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        seed = int(os.environ.get("CULPRIT_SEED", random.SystemRandom().randrange(10**6)))
        print(f"CULPRIT_SEED={seed}", flush=True)
        self.workload = Workload(60_000, seed)
        self.brokers = [services.address("kafka")]
        self.topic = new_topic(self.brokers, "handovers", PARTITIONS, 1)
        self.proxy = Proxy([f"http://{services.address('elasticsearch')}"])
        self.proxy.__enter__()
        self.addCleanup(self.proxy.__exit__)
        self.index = Index("handovers", address=self.proxy.url.removeprefix("http://"))
        self.group = f"matchers-{self.topic}"
        self.topics = [{"name": self.topic}]
        self.settings = {**COMMON,
                         "sources": [{"kafka": {"brokers": self.brokers, "group_id": self.group, "topics": self.topics, "start": "earliest"}}],
                         "signal_log": {"kafka": {"topic": f"signals-{self.topic}", "group_id": f"correlators-{self.topic}", "partitions": 4, "replication": 1, "snapshot_every": "3s",
                                                  "abandon_after": "20s"}},
                         "sinks": [{"elasticsearch": {"urls": [self.index.url], "index": self.index.name}}]}
        self.nodes = {}
        self.addCleanup(lambda: [node.kill() for node in self.nodes.values()])
        code, out, err = culprit.run("setup", "kafka", "--config", culprit.write_configuration(os.path.join(self.folder, "setup.yaml"), self.settings))
        self.assertEqual(code, 0, out + err)
        self.enough = threading.Event()
        self.sender = threading.Thread(target=self.send, daemon=True)
        self.sender_failed = None

    def node(self, role, number):
        name = f"{role}-{number}"
        self.nodes[name] = Node(self.folder, name, role, self.settings).start()
        return self.nodes[name]

    def send(self):
        """About a thousand records a second, until there are `enough`: then the rest at once."""
        try:
            with ExactlyOnce(self.brokers) as producer:
                for number in range(self.workload.total):
                    partition, when, text = self.workload.record(number)
                    if number not in self.workload.broken:
                        producer.send(self.topic, text, when, partition)
                    if number % 100 == 0 and not self.enough.is_set():
                        producer.serve()
                        time.sleep(0.1)
                for partition, when, text in self.workload.closing():
                    producer.send(self.topic, text, when, partition)
        except BaseException as error:
            self.sender_failed = error

    def logs(self):
        return "".join(node.log_tail() for node in self.nodes.values())

    def shares(self):
        """How many partitions each member of the matchers' group has."""
        groups = AdminClient({"bootstrap.servers": self.brokers[0]}).list_groups(self.group, timeout=10)
        members = [partitions_of(member.assignment) for group in groups for member in group.members]
        together = set().union(*members) if members else set()
        return sorted(map(len, members)) if len(together) == sum(map(len, members)) else []

    def wait_for_shares(self, expected):
        wait_until(f"the partitions are shared as {expected}", lambda: self.shares() == expected, patience=60, interval=0.3, explain=lambda: f"{self.shares()}\n{self.logs()}")

    def finish(self):
        self.enough.set()
        self.sender.join(120)
        self.assertFalse(self.sender.is_alive() or self.sender_failed, str(self.sender_failed))
        expected = self.workload.expected()
        wait_until("every symptom is counted exactly once", lambda: counted(self.index.search()) == expected, patience=120, interval=0.5,
                   explain=lambda: f"{counted(self.index.search())}\n{expected}\n{self.logs()}")
        path = os.path.join(self.folder, "workload.ndjson")
        with open(path, "w") as file:
            for number in sorted(self.workload.symptoms):
                file.write(self.workload.record(number)[2] + "\n")
            for _, _, text in self.workload.closing():
                file.write(text + "\n")
        scanned = comparable(culprit.scan(culprit.write_configuration(os.path.join(self.folder, "scan.yaml"), COMMON), path))
        wait_until("the documents are those of an undisturbed pass", lambda: comparable(self.index.search()) == scanned, patience=90, interval=0.5,
                   explain=lambda: difference(comparable(self.index.search()), scanned))
        time.sleep(3)  # what would be counted twice comes late
        self.assertEqual(counted(self.index.search()), expected)
        for document, versions in self.proxy.histories().items():
            self.assertTrue(all(one < other for one, other in zip(versions, versions[1:])), f"two owners wrote {document}: {versions}")

    def test_one_to_four_matchers_share_eight_partitions_evenly_and_lose_nothing_while_growing_and_shrinking(self):
        self.node("correlator", 0)
        self.sender.start()
        even = {1: [8], 2: [4, 4], 3: [2, 3, 3], 4: [2, 2, 2, 2]}
        for count in (1, 2, 3, 4):
            self.node("matcher", count)
            self.wait_for_shares(even[count])
        for count in (3, 2, 1):
            leaving = self.nodes.pop(f"matcher-{count + 1}")
            self.assertEqual(leaving.stop(), 0, leaving.log_tail())
            self.wait_for_shares(even[count])
        self.finish()

    def test_a_zombie_matcher_is_fenced(self):
        """Paused in the middle of its work for longer than its session lives: what it held belongs to another by then."""
        self.node("correlator", 0)
        self.sender.start()
        zombie = self.node("matcher", 1)
        self.node("matcher", 2)
        self.wait_for_shares([4, 4])
        time.sleep(2)
        zombie.signal(signal.SIGSTOP)
        self.wait_for_shares([8])
        time.sleep(17)  # its transaction has ended, too
        before = zombie.log_tail(1000)
        zombie.signal(signal.SIGCONT)
        self.wait_for_shares([4, 4])
        self.finish()
        since = zombie.log_tail(1000)[len(before):]
        # Paused between two transactions it holds none that could be refused: then its session's end is all that it is told.
        self.assertRegex(since, r"fenced|refused|is not committed|no transaction can begin|session timed out", "the zombie was told that it is one")

    def test_two_matchers_of_one_transactional_id_are_told_so(self):
        self.node("correlator", 0)
        first = self.node("matcher", 1)
        self.wait_for_shares([8])
        self.sender.start()
        second = Node(os.path.join(self.folder, "second"), "matcher-1", "matcher", self.settings)  # by its name the same id
        self.nodes["second"] = second.start()
        wait_until("one of them says what is wrong", lambda: "give each its own signal_log.kafka.transactional_id" in first.log_tail(200) + second.log_tail(200), explain=self.logs)
        second.kill()
        self.finish()

    def test_two_correlators_never_both_own_an_environment_in_what_elasticsearch_ends_with(self):
        paused = [self.node("correlator", number) for number in (0, 1)]
        self.node("matcher", 1)
        self.sender.start()
        wait_until("there are incidents", self.index.search, interval=0.3, explain=self.logs)
        for node in paused:
            node.signal(signal.SIGSTOP)
            time.sleep(12)  # its partitions are another's
            node.signal(signal.SIGCONT)
            time.sleep(4)
        self.finish()

    def test_maintenance_announced_at_one_node_is_shown_by_every_node(self):
        self.settings["sinks"].append({"kafka": {"topic": f"incidents-{self.topic}"}})
        code, out, err = culprit.run("setup", "kafka", "--config", culprit.write_configuration(os.path.join(self.folder, "setup.yaml"), self.settings))
        self.assertEqual(code, 0, out + err)
        nodes = [self.node("matcher", 1), self.node("matcher", 2), self.node("correlator", 0)]

        def ask(node, method="GET", path="", body=None):
            request = urllib.request.Request(f"http://127.0.0.1:{node.port}/api/v1/maintenance{path}", body and json.dumps(body).encode(), {"content-type": "application/json"}, method=method)
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return json.loads(answer.read() or "null")
            except OSError:
                return None

        def shown(node):
            return [window["id"] for window in (ask(node) or {}).get("maintenance", [])]
        window = {"database": "shop", "from": "2026-03-01T10:00:00Z", "until": "2026-03-01T11:00:00Z"}
        announced = wait_until("a matcher takes it", lambda: ask(nodes[0], "POST", body=window), interval=0.3, explain=self.logs)["id"]
        for node in nodes:
            wait_until(f"{node.name} shows it", lambda: shown(node) == [announced], interval=0.2, explain=lambda: f"{ask(node)}\n{self.logs()}")
        nodes[1].kill()
        nodes[1].start()
        wait_until("a node that was not there then shows it", lambda: shown(nodes[1]) == [announced], interval=0.2, explain=self.logs)
        ask(nodes[1], "DELETE", f"/{announced}")
        for node in nodes:
            wait_until(f"{node.name} shows that it was withdrawn", lambda: ask(node) is not None and shown(node) == [], interval=0.2, explain=lambda: f"{ask(node)}\n{self.logs()}")

    def test_a_removed_topic_does_not_hold_event_time_back(self):
        """Its last word was "active": after `abandon_after` a correlator says in the log that nobody writes of it any more."""
        removed = new_topic(self.brokers, "removed", 1, 1)
        self.topics.append({"name": removed})
        self.node("correlator", 0)
        matcher = self.node("matcher", 1)
        self.wait_for_shares([PARTITIONS + 1])
        with ExactlyOnce(self.brokers) as producer:
            partition, when, text = self.workload.record(min(self.workload.symptoms))
            producer.send(removed, text, when, 0)
        wait_until("the first error is an incident", self.index.search, interval=0.3, explain=self.logs)
        # Killed while the partition is active: a record a moment ago, for three seconds.
        with ExactlyOnce(self.brokers) as producer:
            for number in range(30):
                producer.send(removed, f"an ordinary line {number}", when + 1, 0)
                producer.flush()
                time.sleep(0.1)
            matcher.kill()
        killed = time.monotonic()
        delete_topic(self.brokers, removed)
        self.topics.pop()
        self.nodes["matcher-1"] = Node(self.folder, "matcher-1", "matcher", self.settings).start()
        self.sender.start()
        self.enough.set()
        self.sender.join(60)
        wait_until("all of it is counted", lambda: sum(counted(self.index.search()).values()) == len(self.workload.symptoms) + 1, interval=0.3, explain=self.logs)
        self.assertLess(time.monotonic() - killed, 20, "for what follows")
        self.assertIn("open", {document["culprit"]["status"] for document in self.index.search()}, "event time is held back for a while: the partition might have moved to another matcher")
        wait_until("what is over is resolved", lambda: {document["culprit"]["status"] for document in self.index.search()} == {"resolved"}, patience=90, interval=0.5,
                   explain=lambda: f"{[document['culprit']['status'] for document in self.index.search()]}\n{self.logs()}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
