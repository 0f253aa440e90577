"""Topics of a cluster that has faults: written exactly once, and read back."""
import json
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def new_topic(brokers, name, partitions, replication):
    """Creates a topic with a name of its own for this run, and returns that name."""
    topic = f"{name}-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": ",".join(brokers)})
    settings = {"retention.ms": "-1", "max.message.bytes": "8388608"}
    for future in admin.create_topics([NewTopic(topic, partitions, replication, config=settings)], operation_timeout=30).values():
        future.result()
    return topic


def delete_topic(brokers, topic):
    admin = AdminClient({"bootstrap.servers": ",".join(brokers)})  # has to outlive the answer
    for future in admin.delete_topics([topic], operation_timeout=30).values():
        future.result()


class ExactlyOnce:
    """An idempotent producer: brokers may die meanwhile, and each record is there once, in order. A context manager."""

    def __init__(self, brokers):
        self._producer = Producer({"bootstrap.servers": ",".join(brokers), "enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4",
                                   "message.timeout.ms": 300_000, "queue.buffering.max.messages": 50_000})
        self._refused = []

    def send(self, topic, value, timestamp, partition, headers=None):
        """`timestamp` in seconds since the epoch becomes the record's own."""
        while True:
            try:
                self._producer.produce(topic, value, partition=partition, timestamp=round(timestamp * 1000), headers=headers, on_delivery=self._delivered)
                return
            except BufferError:
                self._producer.poll(0.5)

    def _delivered(self, error, _):
        if error:
            self._refused.append(str(error))

    def serve(self):
        self._producer.poll(0)

    def flush(self):
        left = self._producer.flush(300)
        assert not left and not self._refused, f"{left} records were not sent; {self._refused[:3]}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.flush()


def read_all(brokers, topic):
    """What the topic holds, committed: (key, value, headers, partition, offset) of each record."""
    consumer = Consumer({"bootstrap.servers": ",".join(brokers), "group.id": f"reader-{uuid.uuid4().hex}", "enable.auto.commit": False, "enable.partition.eof": True,
                         "isolation.level": "read_committed", "auto.offset.reset": "earliest"})
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        left, records = set(partitions), []
        while left:
            message = consumer.poll(30)
            assert message is not None, f"{topic} cannot be read to its end"
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                continue
            records.append((message.key(), message.value(), message.headers() or [], message.partition(), message.offset()))
        return records
    finally:
        consumer.close()


def documents_in(brokers, topic):
    """The newest revision of each document in a topic of incidents, by id."""
    newest = {}
    for key, value, headers, _, _ in read_all(brokers, topic):
        version = int(dict(headers)["version"])
        if value and version >= newest.get(key, (0, None))[0]:
            newest[key] = version, json.loads(value)
    return {key.decode(): document for key, (_, document) in newest.items()}
