#!/usr/bin/python3
"""Partitions of one node: all of a topic's are its own, new ones are found, and it shares its group with nobody."""
import json
import os
import tempfile
import time
import unittest
import uuid

import culprit
import services
from confluent_kafka.admin import AdminClient, NewPartitions
from kafka_topics import Producer, new_topic
from waiting import wait_until


def error(number):
    return json.dumps({"time": "2026-11-20T12:00:00.000Z", "level": "error", "service": "checkout", "message": f'duplicate key value violates unique constraint "orders_pkey" ({number})', "sqlstate": "23505"})


class Partitions(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-partitions-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.group = f"g-{uuid.uuid4().hex[:8]}"

    def daemon(self, name, topic, start="earliest"):
        return culprit.Daemon(os.path.join(self.folder, name), {
            "labels": {"environment": "production", "database": "shop"}, "redaction": {"values": "remove"},
            "sources": [{"kafka": {"brokers": [services.address("kafka")], "group_id": self.group, "topics": [{"name": topic}], "start": start,
                                   "properties": {"topic.metadata.refresh.interval.ms": "1000"}}}],
            "sinks": [{"file": {"path": os.path.join(self.folder, f"{name}.ndjson"), "format": "ndjson"}}]})

    def send(self, topic, *records):
        with Producer() as producer:
            for number, (partition, when) in enumerate(records):
                producer.send(topic, error(number), when, partition=partition)

    def wait_until_read(self, daemon, count):
        wait_until(f"{count} symptoms are counted", lambda: daemon.metric("culprit_signals_total") == count, explain=lambda: f"{daemon.metric('culprit_signals_total')}\\n{daemon.log_tail()}")

    def ready(self, daemon):
        wait_until("it has its partitions", lambda: daemon.get("/readyz")[0] == 200, explain=lambda: str(daemon.get("/readyz")) + daemon.log_tail())

    def test_new_partitions_are_found_and_read_from_their_beginning(self):
        topic = new_topic("growing", 1)
        now = time.time()
        self.send(topic, (0, now))
        with self.daemon("daemon", topic, "latest") as daemon:
            self.ready(daemon)
            self.send(topic, (0, now))
            self.wait_until_read(daemon, 1)
            admin = AdminClient({"bootstrap.servers": services.address("kafka")})
            for future in admin.create_partitions([NewPartitions(topic, 3)]).values():
                future.result()
            # At once, before the daemon has heard of them: `latest` is where a first start begins, and this is none.
            wait_until("the new partitions are led", lambda: len(admin.list_topics(topic, timeout=10).topics[topic].partitions) == 3)
            self.send(topic, (1, now), (2, now), (0, now))
            self.wait_until_read(daemon, 4)
            daemon.stop()

    def test_a_second_daemon_of_the_group_refuses_to_start_with_the_reason(self):
        topic = new_topic("shared", 2)
        with self.daemon("first", topic) as first:
            self.ready(first)
            code, _, err = culprit.run("run", "--config", self.daemon("second", topic).configuration)
            self.assertEqual(code, 3, err)
            self.assertRegex(err.splitlines()[-1], f"the consumer group {self.group} has another member.*stop the other one, or give this one a group_id")
            self.send(topic, (0, time.time()), (1, time.time()))
            self.wait_until_read(first, 2)
            first.stop()

    def test_a_first_start_begins_where_it_is_told_and_later_ones_go_on(self):
        now = time.time()
        for start, first in (("latest", 0), ("1h", 1), ("earliest", 2)):
            with self.subTest(start=start):
                topic = new_topic(f"start-{start}", 1)
                self.group = f"g-{uuid.uuid4().hex[:8]}"
                self.send(topic, (0, now - 7200), (0, now - 600))
                daemon = self.daemon(start, topic, start)
                with daemon:
                    self.ready(daemon)
                    self.wait_until_read(daemon, first)
                    self.send(topic, (0, now))
                    self.wait_until_read(daemon, first + 1)
                    daemon.kill()
                    self.send(topic, (0, now))
                    daemon.start()
                    self.wait_until_read(daemon, 1)
                    daemon.stop()
                documents = {}
                with open(os.path.join(self.folder, f"{start}.ndjson")) as file:
                    for line in file:
                        document = json.loads(line)
                        documents[document["culprit"]["id"]] = document
                self.assertEqual(sum(document["culprit"]["symptom"]["count"] for document in documents.values()), first + 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
