"""A recorded outage on its two ways through culprit: by scan, and through Kafka and the daemon into Elasticsearch."""
import os
import zlib

import culprit
import services
import shipping
from documents import Truth, comparable, difference
from kafka_topics import Producer
from waiting import wait_until

# Recordings end seconds after the remedy. With a grace that has passed by then, the quiet after the end changes nothing any more.
COMMON = {"labels": {"environment": "production"}, "correlation": {"remedy_grace": "3s"}}


def settings_for(topic, index):
    """A daemon that reads one topic from its beginning and writes one index."""
    return {**COMMON,
            "sources": [{"kafka": {"brokers": [services.address("kafka")], "group_id": f"culprit-{topic}", "topics": [{"name": topic}], "start": "earliest"}}],
            "sinks": [{"elasticsearch": {"urls": [index.url], "index": index.name}}]}


class Outage:
    """A recorded outage, unpacked and shipped, and what a scan of it says."""

    def __init__(self, scenario, postgres, folder):
        self.folder = os.path.join(folder, f"{scenario}-{postgres}")
        os.makedirs(self.folder)
        unpacked = shipping.unpack(scenario, self.folder)
        self.lines = shipping.ship(unpacked, postgres)
        self.truth = Truth(unpacked, self.lines, postgres)
        self.file = os.path.join(self.folder, "shipped.ndjson")
        shipping.write(self.lines, self.file)

    def scanned(self):
        configuration = culprit.write_configuration(os.path.join(self.folder, "scan.yaml"), COMMON)
        return culprit.scan(configuration, self.file)

    def send(self, topic, partitions=1):
        """Each stream into one partition, as a shipper that keys its messages by file does."""
        with Producer() as producer:
            for line in self.lines:
                producer.send(topic, line.envelope, line.arrival, partition=zlib.crc32(line.stream.encode()) % partitions)


def wait_for_documents(index, expected, patience=60):
    """Until the index holds these incidents, by comparable()."""
    def explain():
        return difference(comparable(index.search()), expected)
    wait_until("the incidents of the scan are in Elasticsearch", lambda: comparable(index.search()) == expected, patience, interval=0.2, explain=explain)
