#!/usr/bin/python3
"""Bad input is counted and dead-lettered with its reason, and the stream goes on; a bad configuration is told in one line."""
import json
import os
import tempfile
import unittest

import culprit
import services
from kafka_topics import Producer, new_topic
from waiting import wait_until

WORDS = 'duplicate key value violates unique constraint "orders_pkey"'
TIME = "2026-11-20T12:00:00.000Z"
ARRIVAL = 1795176000.0  # the same instant


def error_line(**fields):
    return json.dumps({"time": TIME, "level": "error", "msg": "POST /orders failed", "service": "checkout",
                       "err": {"message": WORDS, "code": "23505", "constraint": "orders_pkey"}, **fields}, ensure_ascii=False).encode()


# name of the case, the message, the reason of its dead letter, whether the error that it tells of is counted all the same
BAD = [
    ("a broken JSON message", error_line()[:-20], "broken_json", False),
    ("a line of 5 MB", error_line(padding="x" * 5_000_000), "record_too_large", False),
    ("bytes that are not UTF-8", error_line(note="@").replace(b"@", b"\xe9\xff"), "invalid_utf8_repaired", True),
    ("a NUL byte", error_line(note="@").replace(b"@", b"\0"), "nul_byte", False),
    ("a timestamp that nobody knows", error_line(time="the day before yesterday"), "unknown_timestamp", False),
    ("an empty message", json.dumps({"time": TIME, "level": "error", "msg": "", "note": "how a duplicate key value violates unique constraint rules"}).encode(), "empty_message", False),
]


class BadInput(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-bad-input-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.dead_letters = os.path.join(self.folder, "dead-letters.ndjson")
        self.incidents = os.path.join(self.folder, "incidents.ndjson")
        self.key_file = os.path.join(self.folder, "redaction.key")
        with open(self.key_file, "w") as file:
            file.write("a key of this test's own, long enough")

    def settings(self, topic):
        return {"labels": {"environment": "production", "database": "shop"},
                "sources": [{"kafka": {"brokers": [services.address("kafka")], "group_id": topic, "topics": [{"name": topic}], "start": "earliest"}}],
                "redaction": {"values": "hash", "key_file": self.key_file},
                "dead_letter": {"file": self.dead_letters},
                "sinks": [{"file": {"path": self.incidents, "format": "ndjson"}}]}

    def letters(self):
        if not os.path.exists(self.dead_letters):
            return []
        with open(self.dead_letters, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def newest_incident(self):
        if not os.path.exists(self.incidents):
            return None
        with open(self.incidents, encoding="utf-8") as file:
            lines = file.read().splitlines()
        return json.loads(lines[-1]) if lines else None

    def test_every_bad_record_is_counted_and_dead_lettered_and_the_stream_goes_on(self):
        topic = new_topic("bad-input")
        with culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings(topic)) as daemon, Producer() as producer:
            for _, message, _, _ in BAD:
                producer.send(topic, error_line(), ARRIVAL)
                producer.send(topic, message, ARRIVAL)
            producer.send(topic, b"", ARRIVAL)  # holds no word at all: it is passed over, as every record is that says nothing
            producer.send(topic, error_line(), ARRIVAL)
            producer.flush()
            records = 2 * len(BAD) + 2
            counted = len(BAD) + 1 + sum(usable for *_, usable in BAD)

            daemon.wait_for_records(records)
            self.assertEqual(daemon.metric("culprit_records_total"), records)
            for _, _, reason, _ in BAD:
                self.assertEqual(daemon.metric("culprit_dead_letters_total", reason=reason), 1, reason)
            self.assertEqual(daemon.metric("culprit_dead_letters_total"), len(BAD))
            self.assertEqual(daemon.metric("culprit_undecodable_records_total"), sum(not usable for *_, usable in BAD))
            self.assertEqual(daemon.metric("culprit_repaired_records_total"), 1)
            self.assertEqual(daemon.metric("culprit_signals_total", family="symptom", kind="unique_violation"), counted)

            expected = {2 * number + 1: (name, reason) for number, (name, _, reason, _) in enumerate(BAD)}
            found = {letter["source"]["offset"]: letter for letter in self.letters()}
            self.assertEqual({place: letter["reason"] for place, letter in found.items()}, {place: reason for place, (_, reason) in expected.items()})
            for place, letter in found.items():
                self.assertTrue(letter["explanation"], expected[place])
                self.assertNotIn("raw", letter, "the bytes hold values: they are kept by choice only")

            wait_until("the incident counts every usable record", lambda: (self.newest_incident() or {}).get("culprit", {}).get("symptom", {}).get("count") == counted,
                       explain=lambda: str(self.newest_incident()) + daemon.log_tail())
            self.check_a_second_daemon_refuses_to_start(daemon)
            daemon.stop()

    def check_a_second_daemon_refuses_to_start(self, daemon):
        code, out, err = culprit.run("run", "--config", daemon.configuration)
        self.assertNotEqual(code, 0)
        self.assertEqual(len(err.strip().splitlines()), 1, err)
        self.assertIn("signals.db", err)
        self.assertEqual(daemon.get("/healthz")[0], 200, "the first one goes on")


GOOD = """\
labels: {environment: production}
sources:
  - file: {paths: [input.log]}
sinks:
  - file: {path: '-', format: ndjson}
signal_log: {sqlite: {path: signals.db}}
"""
# what is wrong, the text that replaces GOOD's, the place that the error has to name, a word of what to do
WRONG = [
    ("an unknown key", GOOD.replace("labels:", "lables:"), ":1:", "lables"),
    ("an unknown source", GOOD.replace("- file: {paths", "- files: {paths"), ":3:", "files"),
    ("a topic without a name", GOOD.replace("- file: {paths: [input.log]}", "- kafka: {brokers: ['127.0.0.1:9'], topics: [{labels: {}}]}"), ":3:", "name"),
    ("a map for a list", GOOD.replace("[input.log]", "{input: log}"), ":3:", "list"),
    ("a duration without a unit", GOOD + "correlation: {resolve_after: 30}\n", ":7:", "resolve_after"),
    ("not YAML at all", GOOD.replace("{environment: production}", "{environment: [production}"), ":1:", ""),
    ("an unset variable", GOOD.replace("production", "'${CULPRIT_NOT_SET}'"), ":1:", "CULPRIT_NOT_SET"),
]


class WrongConfiguration(unittest.TestCase):
    def test_ends_with_2_and_one_line_that_says_what_to_change(self):
        with tempfile.TemporaryDirectory(prefix="culprit-configuration-") as folder:
            path = os.path.join(folder, "culprit.yaml")
            for name, text, place, word in WRONG:
                for command in ("check", "run"):
                    with self.subTest(name, command=command):
                        with open(path, "w") as file:
                            file.write(text)
                        code, out, err = culprit.run(command, "--config", path, cwd=folder)
                        self.assertEqual(code, 2, err)
                        self.assertEqual(len(err.strip().splitlines()), 1, err)
                        self.assertIn("culprit.yaml" + place, err)
                        self.assertIn(word, err)

    def test_a_file_that_is_not_there(self):
        code, out, err = culprit.run("run", "--config", "/nonexistent/culprit.yaml")
        self.assertEqual(code, 2, err)
        self.assertEqual(len(err.strip().splitlines()), 1, err)
        self.assertIn("/nonexistent/culprit.yaml", err)

    def test_the_same_configuration_without_the_mistake_is_right(self):
        with tempfile.TemporaryDirectory(prefix="culprit-configuration-") as folder:
            path = os.path.join(folder, "culprit.yaml")
            with open(path, "w") as file:
                file.write(GOOD)
            code, out, err = culprit.run("check", "--config", path, cwd=folder)
            self.assertEqual((code, err), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
