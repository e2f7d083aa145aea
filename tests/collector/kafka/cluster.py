"""A cluster of librdkafka's mock brokers: it lives in this process, and listens on loopback for others, too."""

import ctypes
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

TOPIC = "orders.v1"
PARTITIONS = 4  # that the mock brokers give a topic of their own accord

# So that groups form in less than a second, and a member that was killed is missed soon.
QUICK = {"session.timeout.ms": "6000", "heartbeat.interval.ms": "200", "topic.metadata.refresh.interval.ms": "500"}

Header = tuple[str, str | bytes | None]


class Cluster:
    """It is made by librdkafka's own interface in C: its Python client has none for it."""

    def __init__(self) -> None:
        # The first argument is a producer, which is no more than the owner; groups form at once.
        library = ctypes.CDLL(str(_library()))
        for function in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
            getattr(library, function).restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        owner = ctypes.c_void_p(library.rd_kafka_new(0, ctypes.c_void_p(library.rd_kafka_conf_new()), None, 0))
        self._mock = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(owner, 1))
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._mock, 100)
        self.address: str = library.rd_kafka_mock_cluster_bootstraps(self._mock).decode()
        self._producer = Producer({"bootstrap.servers": self.address, "log_level": 0})

    def send(self, *values: bytes | None, partition: int = 0, topic: str = TOPIC, **more: object) -> None:
        """One message of each value, in order; `key`, `headers` and `timestamp` (ms) are of all."""
        for value in values:
            self._producer.produce(topic, value, partition=partition, **more)  # type: ignore[arg-type]
        assert self._producer.flush(10) == 0

    def committed(self, group: str = "noshow", topic: str = TOPIC) -> Mapping[int, int]:
        """By partition, those that have any."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": group, "log_level": 0})
        wanted = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        found: Sequence[TopicPartition] = consumer.committed(wanted, timeout=10)
        consumer.close()
        return {it.partition: it.offset for it in found if it.offset >= 0}


def _library() -> Path:
    """The shared library that the client brings along."""
    spec = importlib.util.find_spec("confluent_kafka")
    assert spec is not None and spec.origin is not None
    [found] = (Path(spec.origin).parent.parent / "confluent_kafka.libs").glob("librdkafka-*.so*")
    return found
