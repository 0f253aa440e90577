#!/usr/bin/python3
"""Recorded outages, shipped as Filebeat ships, through Kafka and by `culprit scan`: the same incidents, and the right cause each."""
import os
import tempfile
import unittest

import culprit
from documents import comparable, difference, object_name
from elasticsearch import Index
from kafka_topics import new_topic
from outage import Outage, settings_for, wait_for_documents


class RecordedOutages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="culprit-recorded-")
        cls.addClassCleanup(cls.temporary.cleanup)

    def check_causes(self, outage, documents):
        """Exactly the incidents that the truth knows of; the outage's own names its cause, and nothing else is blamed on anything."""
        incidents = [document for document in documents if document["culprit"]["status"] != "merged"]
        for incident in incidents:
            name, attribution = object_name(incident), incident["culprit"]["attribution"]
            if name == outage.truth.affected and outage.truth.has_cause:
                self.assertEqual(attribution, "attributed", f"{name}: {incident['culprit'].get('causes')}")
                cause = incident["culprit"]["causes"][0]
                self.assertTrue(outage.truth.is_right(cause), f"{name} is blamed on: {cause}")
            else:
                self.assertEqual(attribution, "unattributed", f"{name}: {incident['culprit'].get('causes')}")
        named = [object_name(incident) for incident in incidents if incident["culprit"]["symptom"]["sqlstate"] in ("23505", "23503", "42P01")]
        self.assertCountEqual(named, outage.truth.objects())

    def check(self, scenario):
        ids = {}
        for postgres in ("json", "csv", "log"):
            with self.subTest(postgres=postgres):
                outage = Outage(scenario, postgres, self.temporary.name)
                documents = outage.scanned()
                self.check_causes(outage, documents)
                expected = comparable(documents)
                ids[postgres] = {key: incident["culprit"]["symptom"]["count"] for key, incident in expected.items()}

                topic, index = new_topic(f"outage-{scenario}"), Index("incidents")
                outage.send(topic)
                with culprit.Daemon(os.path.join(outage.folder, "daemon"), settings_for(topic, index)) as daemon:
                    daemon.wait_for_records(len(outage.lines))
                    wait_for_documents(index, expected)
                    daemon.stop()
                stored = index.search()
                self.assertEqual(difference(comparable(stored), expected), "", "after the daemon drained and stopped")
                self.check_causes(outage, stored)
        self.assertEqual(len(ids), 3)
        self.assertEqual(ids["csv"], ids["json"], "ids and counts by the server's csvlog and by its jsonlog")
        self.assertEqual(ids["log"], ids["json"], "ids and counts by the server's stderr log and by its jsonlog")

    def test_a_unique_constraint_added_over_code_that_writes_duplicates(self):
        self.check("01")

    def test_an_application_deployed_before_its_migration(self):
        self.check("04")

    def test_an_import_that_left_the_sequence_behind(self):
        self.check("09")

    def test_duplicates_that_nothing_caused(self):
        self.check("15")

    def test_the_same_whether_the_streams_share_a_partition_or_are_spread_over_four(self):
        outage = Outage("09", "log", self.temporary.name + "/spread")
        expected = comparable(outage.scanned())
        topic, index = new_topic("outage-spread", partitions=4), Index("incidents")
        outage.send(topic, partitions=4)
        with culprit.Daemon(os.path.join(outage.folder, "daemon"), settings_for(topic, index)) as daemon:
            daemon.wait_for_records(len(outage.lines))
            wait_for_documents(index, expected)
            daemon.stop()
        self.assertEqual(difference(comparable(index.search()), expected), "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
