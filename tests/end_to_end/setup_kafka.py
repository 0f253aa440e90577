#!/usr/bin/python3
"""`culprit setup kafka`: run twice in a row, or by several at once, it makes each topic once and finds it right."""
import os
import tempfile
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

import culprit
import services


class SetupKafka(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-setup-kafka-")
        self.addCleanup(temporary.cleanup)
        self.name = f"setup-{uuid.uuid4().hex[:8]}"
        self.configuration = culprit.write_configuration(os.path.join(temporary.name, "culprit.yaml"), {
            "labels": {"environment": "production"},
            "sources": [{"kafka": {"brokers": [services.address("kafka")], "topics": [{"name": "app-logs"}]}}],
            "signal_log": {"kafka": {"topic": self.name, "partitions": 2, "replication": 1}},
            "sinks": [{"kafka": {"topic": f"{self.name}.incidents"}}],
            "dead_letter": {"kafka": {"topic": f"{self.name}.letters"}}})
        self.topics = [self.name, f"{self.name}.snapshots", f"{self.name}.incidents", f"{self.name}.letters"]

    def setup_kafka(self, *options):
        return culprit.run("setup", "kafka", "--config", self.configuration, *options)

    def test_twice_in_a_row(self):
        code, out, err = self.setup_kafka("--dry-run")
        self.assertEqual((code, err, out.count("would create")), (0, "", 4), out)
        code, out, err = self.setup_kafka()
        self.assertEqual((code, err, out.count("created the topic")), (0, "", 4), out)
        for options in ([], ["--dry-run"]):
            code, out, err = self.setup_kafka(*options)
            self.assertEqual((code, err, out.count("ok: the topic")), (0, "", 4), out)

    def test_by_several_at_once(self):
        """What one of them finds made meanwhile it checks, as if it had been there: the same as metadata that lag."""
        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(lambda _: self.setup_kafka(), range(6)))
        for code, out, err in results:
            self.assertEqual((code, err), (0, ""), out)
            self.assertEqual(len(out.splitlines()), 4, out)
        said = "".join(out for _, out, _ in results)
        for topic in self.topics:
            self.assertEqual(said.count(f"created the topic {topic} "), 1, said)
            self.assertEqual(said.count(f"ok: the topic {topic} "), 5, said)

    def test_one_that_is_there_and_does_not_fit_is_said(self):
        self.assertEqual(self.setup_kafka()[0], 0)
        with open(self.configuration) as file:
            text = file.read()
        with open(self.configuration, "w") as file:
            file.write(text.replace('"partitions": 2', '"partitions": 3'))
        code, out, err = self.setup_kafka()
        self.assertEqual(code, 2, out + err)
        self.assertIn("it has 2 partitions, expected 3", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
