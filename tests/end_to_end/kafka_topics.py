"""Writing to the real broker with chosen timestamps, and topics that no other test knows."""
import uuid

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

import services

LARGEST_MESSAGE = 16 * 1024 * 1024


def new_topic(name, partitions=1):
    """Creates a topic with a name of its own for this run, and returns that name."""
    topic = f"{name}-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=services.address("kafka"))
    try:
        admin.create_topics([NewTopic(topic, partitions, 1, topic_configs={"max.message.bytes": str(LARGEST_MESSAGE), "retention.ms": "-1"})])
    finally:
        admin.close()
    return topic


class Producer:
    """A context manager; what was sent is in the broker when it ends."""

    def __init__(self):
        # Compressed, as shippers do: this client gives up on a request that the socket does not take at once.
        self._producer = KafkaProducer(bootstrap_servers=services.address("kafka"), max_request_size=LARGEST_MESSAGE,
                                       buffer_memory=4 * LARGEST_MESSAGE, linger_ms=5, acks="all", compression_type="gzip")
        self._sent = []

    def send(self, topic, value, timestamp=None, partition=0):
        """`value` is bytes or text; `timestamp` in seconds since the epoch becomes the message's own."""
        data = value.encode("utf-8") if isinstance(value, str) else value
        self._sent.append(self._producer.send(topic, data, partition=partition, timestamp_ms=None if timestamp is None else round(timestamp * 1000)))

    def flush(self):
        """Until the broker has all that was sent; raises when it refused something."""
        sent, self._sent = self._sent, []
        self._producer.flush(timeout=60)
        for future in sent:
            future.get(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.flush()
        finally:
            self._producer.close(timeout=10)
