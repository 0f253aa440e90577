#!/usr/bin/python3
"""Faults in the middle of an outage leave no trace in the documents: Elasticsearch away for 20 s, culprit killed five times."""
import json
import os
import random
import tempfile
import time
import unittest

import culprit
import services
from documents import comparable, difference
from elasticsearch import Index
from kafka_topics import Producer, new_topic
from outage import Outage, settings_for, wait_for_documents
from waiting import wait_until

OUTAGE_SECONDS = 20


class Faults(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-faults-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def assert_same(self, index, expected):
        self.assertEqual(difference(comparable(index.search()), expected), "")

    def test_elasticsearch_stopped_for_20_seconds_in_the_middle(self):
        outage = Outage("01", "log", self.folder)
        expected = comparable(outage.scanned())
        topic, index = new_topic("elasticsearch-away"), Index("incidents")
        half = next(number for number, line in enumerate(outage.lines) if "uq_customers_phone" in line.envelope and "ERROR" in line.envelope) + 4
        with culprit.Daemon(os.path.join(self.folder, "daemon"), settings_for(topic, index)) as daemon, Producer() as producer:
            for line in outage.lines[:half]:
                producer.send(topic, line.envelope, line.arrival)
            producer.flush()
            wait_until("the first half's incidents are in Elasticsearch", index.search, interval=0.2, explain=daemon.log_tail)

            services.stop("elasticsearch")
            stopped = time.monotonic()
            try:
                for line in outage.lines[half:]:
                    producer.send(topic, line.envelope, line.arrival)
                producer.flush()
                daemon.wait_for_records(len(outage.lines))
                wait_until("/readyz says that the sink is not ready", lambda: daemon.get("/readyz")[0] == 503, explain=lambda: str(daemon.get("/readyz")))
                wait_until("the outage has lasted", lambda: time.monotonic() - stopped >= OUTAGE_SECONDS, patience=OUTAGE_SECONDS + 5)
                self.assertEqual(daemon.get("/healthz")[0], 200, "a sink that is away is no reason to restart the daemon")
            finally:
                services.start("elasticsearch", index.address)

            wait_for_documents(index, expected, patience=90)
            wait_until("/readyz is well again", lambda: daemon.get("/readyz")[0] == 200, explain=lambda: str(daemon.get("/readyz")))
            self.assertEqual(daemon.metric("culprit_records_total"), len(outage.lines))
            daemon.stop()
        self.assert_same(index, expected)

    def test_culprit_killed_five_times_at_random(self):
        seed = int(os.environ.get("CULPRIT_SEED", random.SystemRandom().randrange(10**6)))
        print(f"CULPRIT_SEED={seed}", flush=True)
        chance = random.Random(seed)
        for scenario, postgres in (("09", "log"), ("01", "json")):
            with self.subTest(scenario=scenario):
                self.kill_five_times(Outage(scenario, postgres, self.folder), chance)

    def kill_five_times(self, outage, chance):
        expected = comparable(outage.scanned())
        topic, index = new_topic("killed"), Index("incidents")
        kills = sorted(chance.sample(range(1, len(outage.lines)), 5))
        daemon = culprit.Daemon(os.path.join(outage.folder, "daemon"), settings_for(topic, index))
        with daemon, Producer() as producer:
            sent = 0
            for position in kills:
                for line in outage.lines[sent:position]:
                    producer.send(topic, line.envelope, line.arrival)
                producer.flush()
                sent = position
                # Between "nothing of it was read" and "all of it is safe", wherever the machine happens to be.
                time.sleep(chance.uniform(0, 1.5))
                daemon.kill()
                daemon.launch()
            for line in outage.lines[sent:]:
                producer.send(topic, line.envelope, line.arrival)
            producer.flush()
            wait_for_documents(index, expected, patience=90)
            daemon.stop()
        self.assert_same(index, expected)
        for incident in index.search():
            self.assertGreater(incident["culprit"]["symptom"]["count"], 0, json.dumps(incident))


if __name__ == "__main__":
    unittest.main(verbosity=2)
