#!/usr/bin/python3
"""Dead letters in a topic: kept whole when the operator chose `raw`, and read back in when they can be understood."""
import base64
import json
import os
import tempfile
import unittest
import uuid

import culprit
import services
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka_topics import new_topic
from waiting import wait_until

ARRIVAL = 1795176000000  # 2026-11-20T12:00:00Z, Kafka's timestamp in milliseconds
ERROR = json.dumps({"time": "2026-11-20T12:00:00.000Z", "level": "error", "service": "checkout", "message": 'duplicate key value violates unique constraint "orders_pkey"', "sqlstate": "23505"}).encode()
BROKEN = ERROR[:-1] + b', "note": "caf\xc3\xa9"'  # cut short
HEADERS = [("traceparent", b"00-4bf9-01"), ("tenant", b"\x00\xff"), ("tenant", b"twice")]


class DeadLetters(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-dead-letters-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.topic, self.letters = new_topic("input"), new_topic("letters")
        self.broker = services.address("kafka")

    def settings(self, topics, **more):
        return {"labels": {"environment": "production", "database": "shop"}, "redaction": {"values": "remove"},
                "sources": [{"kafka": {"brokers": [self.broker], "group_id": f"g-{uuid.uuid4().hex[:8]}", "topics": topics, "start": "earliest"}}],
                "sinks": [{"file": {"path": os.path.join(self.folder, "incidents.ndjson"), "format": "ndjson"}}], **more}

    def send(self, topic, *records):
        producer = KafkaProducer(bootstrap_servers=self.broker)
        for value, headers in records:
            producer.send(topic, value, headers=headers, timestamp_ms=ARRIVAL, partition=0).get(timeout=30)
        producer.close()

    def kept(self):
        consumer = KafkaConsumer(bootstrap_servers=self.broker, auto_offset_reset="earliest", consumer_timeout_ms=2_000, group_id=None)
        consumer.assign([TopicPartition(self.letters, 0)])
        letters = [json.loads(message.value) for message in consumer]
        consumer.close()
        return letters

    def count(self):
        try:
            with open(os.path.join(self.folder, "incidents.ndjson")) as file:
                return json.loads(file.read().splitlines()[-1])["culprit"]["symptom"]["count"]
        except (FileNotFoundError, IndexError):
            return 0

    def test_raw_keeps_bytes_headers_and_timestamp_as_they_were(self):
        settings = self.settings([{"name": self.topic}], dead_letter={"kafka": {"topic": self.letters}, "payload": "raw"})
        with culprit.Daemon(os.path.join(self.folder, "daemon"), settings) as daemon:
            self.send(self.topic, (ERROR, []), (BROKEN, HEADERS), (ERROR, [("other", b"one")]))
            daemon.wait_for_records(3)
            letters = wait_until("the broken record is a dead letter", self.kept, explain=daemon.log_tail)
            daemon.stop()
        self.assertEqual(len(letters), 1)
        letter = letters[0]
        self.assertEqual(letter["reason"], "broken_json")
        self.assertEqual(letter["source"], {"type": "kafka", "name": self.topic, "partition": 0, "offset": 1})
        self.assertEqual(base64.b64decode(letter["raw"]), BROKEN)
        self.assertEqual([(header["name"], base64.b64decode(header["value"])) for header in letter["headers"]], HEADERS)
        self.assertEqual(letter["timestamp"], ARRIVAL)

    def test_without_raw_none_of_it_is_kept(self):
        settings = self.settings([{"name": self.topic}], dead_letter={"kafka": {"topic": self.letters}})
        with culprit.Daemon(os.path.join(self.folder, "daemon"), settings) as daemon:
            self.send(self.topic, (BROKEN, HEADERS))
            letters = wait_until("the broken record is a dead letter", self.kept, explain=daemon.log_tail)
            daemon.stop()
        self.assertEqual({"raw", "headers", "timestamp"} & letters[0].keys(), set())

    def test_a_kafka_log_goes_on_behind_letters_that_have_no_topic(self):
        log, kept = new_topic("signals"), os.path.join(self.folder, "letters.ndjson")
        settings = self.settings([{"name": self.topic}], dead_letter={"file": kept}, labels={"environment": "production", "database": "shop"},
                                 signal_log={"kafka": {"topic": log, "group_id": f"correlators-{log}", "transactional_id": log, "partitions": 1, "replication": 1}})
        path = culprit.write_configuration(os.path.join(self.folder, "setup.yaml"), settings)
        code, out, err = culprit.run("setup", "kafka", "--config", path)
        self.assertEqual(code, 0, out + err)
        with culprit.Daemon(os.path.join(self.folder, "daemon"), settings) as daemon:
            self.send(self.topic, (BROKEN, []), (ERROR, []), (ERROR, []))
            wait_until("the two errors behind the broken record are counted", lambda: self.count() == 2, explain=lambda: f"{self.count()}\n{daemon.log_tail()}")
            daemon.stop()
        with open(kept) as file:
            self.assertEqual({json.loads(line)["reason"] for line in file}, {"broken_json"})

    def test_what_was_refused_is_read_back_in_once_it_can_be_understood(self):
        def letter(reason, raw, **more):
            return json.dumps({"reason": reason, "raw": base64.b64encode(raw).decode(), "timestamp": ARRIVAL, **more}).encode(), []
        self.send(self.letters,
                  letter("broken_json", ERROR),  # as if an earlier version had not understood it
                  letter("unknown_timestamp", ERROR),
                  letter("invalid_utf8_repaired", ERROR),  # was used already
                  (json.dumps({"reason": "broken_json", "hash": "0"}).encode(), []),  # payload: none
                  (json.dumps({"reason": "rejected_by_sink", "document": {"message": ERROR.decode()}}).encode(), []),
                  (b"not JSON: duplicate key value violates unique constraint", []),
                  letter("broken_json", BROKEN))  # still broken
        again = os.path.join(self.folder, "again.ndjson")
        settings = self.settings([{"name": self.letters, "dead_letters": True}], dead_letter={"file": again, "payload": "raw"})
        with culprit.Daemon(os.path.join(self.folder, "daemon"), settings) as daemon:
            daemon.wait_for_records(7)
            wait_until("the two that are understood now are counted", lambda: self.count() == 2, explain=lambda: f"{self.count()}\n{daemon.log_tail()}")
            daemon.stop()
        self.assertEqual(self.count(), 2)
        with open(again) as file:
            letters = [json.loads(line) for line in file]
        self.assertEqual([(letter["reason"], base64.b64decode(letter["raw"])) for letter in letters], [("broken_json", BROKEN)])

    def test_letters_do_not_go_round_in_a_circle(self):
        settings = self.settings([{"name": self.letters, "dead_letters": True}], dead_letter={"kafka": {"topic": self.letters}})
        code, _, err = culprit.run("check", "--config", culprit.write_configuration(os.path.join(self.folder, "circle.yaml"), settings))
        self.assertEqual(code, 2)
        self.assertIn("would come back for ever", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
