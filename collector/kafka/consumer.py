"""Events from Kafka: offsets are committed once what came before them is stored, and never sooner.

One thread takes messages, some at a time, hands them to the intake, and commits behind them when it has stored them.
What the store does not take is handed in again until it does; meanwhile nothing more is taken, and Kafka is told that
the consumer is alive. A message may so be taken twice, after a fault or by two consumers; its events are judged once.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Event

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from collector.errors import CollectorError, Overloaded
from collector.kafka.messages import Messages, Parcel, oldest_of, partition_of
from collector.kafka.progress import Partition, Progress
from collector.recorder import SILENT, Recorder
from collector.sender import Sender
from store.clock import Clock
from store.errors import StoreError
from store.event import SECOND, EventColumns
from store.quarantine import Row
from store.secret import Secret
from store.settings import CollectorSettings
from store.settings_kafka import KafkaSettings

logger = logging.getLogger(__name__)

MOST = 2_000  # messages at a time
MOST_BYTES = 16 << 20  # of them that are read at a time: read, they take several times as much
_WAIT = 0.1  # seconds for messages, or for the store
_PAUSE = 1  # seconds, before something that failed is tried again
_EVERY = 10 * SECOND
_PATIENCE = 20  # such waits for the store, after which Kafka is told to send nothing more

_SENDER = Sender("kafka")  # as metrics have it

Submit = Callable[[EventColumns, int, Sequence[Row]], Future[None]]
"""The intake's: the future is done once the events are stored."""


class _Unstored:
    """A parcel that is not stored yet. `ends`: the partitions in which nothing is behind it. `stored`: `None` while the
    intake does not take it."""

    def __init__(self, parcel: Parcel, ends: set[Partition]) -> None:
        self.parcel = parcel
        self.ends = ends
        self.stored: Future[None] | None = None
        self.waits = 0


class KafkaConsumer:
    """For use by one thread, but for `oldest`. Raises `KafkaException` where librdkafka does not take the settings."""

    def __init__(
        self,
        settings: KafkaSettings,
        limits: CollectorSettings,
        submit: Submit,
        clock: Clock,
        recorder: Recorder = SILENT,
    ) -> None:
        self._clock = clock
        self._recorder = recorder
        self._submit = submit
        self._messages = Messages(settings.topics, limits)
        self._progress = Progress(clock.now())
        self._unstored: _Unstored | None = None
        self._early: list[Message] = []  # not read yet
        self._failing = False
        self._told_at = 0
        callbacks = {"stats_cb": self._on_stats, "error_cb": self._on_error}
        self._consumer = Consumer(configuration(settings) | callbacks)
        self._consumer.subscribe(
            list(settings.topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def begin(self, judged: int) -> None:
        """Judgement has got to this instant (µs UTC). What came to Kafka since may wait there, while nobody was here to
        say so: it is waited for until more is known. To be called before `run`."""
        self._progress.revoked(judged)

    def oldest(self) -> int:
        """Nothing that came to Kafka before this is left to store, for all that is known. µs UTC."""
        return self._progress.oldest()

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        while not stop.is_set():
            try:
                self.step(clock.now())
            except Exception:
                logger.exception("Kafka: a step failed and is tried again")
                clock.sleep(_PAUSE)
        self.close()

    def step(self, now: int) -> bool:
        """Take messages, or see whether those that were taken are stored; whether there may be more."""
        if self._unstored is not None:
            return self._settle(self._unstored)
        self._poll(max(1, MOST - len(self._early)), 0 if self._early else _WAIT)
        many = taken_at_once(self._early)
        messages, ends = self._sorted_out(self._early[:many])
        later = [it for it in self._early[many:] if it.error() is None]
        oldest = oldest_of([*messages, *later], now)
        self._progress.took(oldest)
        self._progress.stands(dict.fromkeys(ends - set(oldest)))
        self._progress.polled(now)
        if messages:
            parcel = self._messages.parcel(messages, now)
            self._unstored = _Unstored(parcel, ends - set(map(partition_of, later)))
        self._early = self._early[many:]
        if self._unstored is not None:
            self._hand_in(self._unstored)
        return bool(messages)

    def close(self) -> None:
        """Leave the group; what is not stored by then is for others to take."""
        self._consumer.close()
        self._progress.left()

    def _hand_in(self, unstored: _Unstored) -> None:
        parcel = unstored.parcel
        try:
            unstored.stored = self._submit(parcel.batch.events, parcel.size, parcel.refused)
        except Overloaded as error:
            self._complain(error)

    def _settle(self, unstored: _Unstored) -> bool:
        """Wait for the store a little; whether it is done."""
        if unstored.stored is None:
            self._hand_in(unstored)
        try:
            if unstored.stored is not None:
                unstored.stored.result(_WAIT)
                self._done(unstored)
                return True
        except TimeoutError:
            pass
        except (StoreError, CollectorError) as error:
            unstored.stored = None
            self._complain(error)
        self._stay(unstored)
        return False

    def _done(self, unstored: _Unstored) -> None:
        if self._failing or unstored.waits > _PATIENCE:
            logger.warning("Kafka: the store takes events again")
            self._consumer.resume(self._consumer.assignment())
        self._failing = False
        self._unstored = None
        self._commit(unstored.parcel)
        self._recorder.stored(unstored.parcel.batch, _SENDER)
        latest = unstored.parcel.latest
        self._progress.stands({it: None if it in unstored.ends else at for it, at in latest.items()})

    def _stay(self, unstored: _Unstored) -> None:
        """Say that the consumer is alive, and take nothing: what is not stored must not grow."""
        unstored.waits += 1
        if unstored.stored is None:
            self._clock.sleep(_PAUSE)
            unstored.waits += _PATIENCE
        if unstored.waits > _PATIENCE:
            self._consumer.pause(self._consumer.assignment())
            self._poll(1, 0)

    def _poll(self, most: int, wait: float) -> None:
        """Partitions may be taken away meanwhile, and what came early from them (`_on_lost`)."""
        found = self._consumer.consume(most, timeout=wait)
        self._early += found

    def _commit(self, parcel: Parcel) -> None:
        if not parcel.offsets:
            return
        try:
            self._consumer.commit(offsets=parcel.commits(), asynchronous=False)
        except KafkaException as error:  # they will come again, here or elsewhere, and be judged once
            logger.warning("Kafka: what is stored could not be committed: %s", error)

    def _complain(self, error: Exception) -> None:
        if not self._failing:
            logger.warning("Kafka: nothing is taken until the store takes what was: %s", error)
        self._failing = True

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._progress.assigned(map(partition_of, partitions), self._clock.now())
        logger.info("Kafka: %d partitions are ours", len(partitions))

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Commit what is stored by now: what is not comes again to whoever is next."""
        unstored = self._unstored
        if unstored is not None and unstored.stored is not None:
            with suppress(TimeoutError, StoreError, CollectorError):
                unstored.stored.result(_WAIT)
                self._done(unstored)
        self._on_lost(_consumer, partitions)

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        gone = set(map(partition_of, partitions))
        self._early = [it for it in self._early if partition_of(it) not in gone]
        if self._unstored is not None:
            offsets = self._unstored.parcel.offsets
            self._unstored.parcel.offsets = {it: offset for it, offset in offsets.items() if it not in gone}
        self._progress.revoked(self._clock.now())

    def _on_stats(self, text: str) -> None:
        brokers = msgspec.json.decode(text, type=_Statistics).brokers.values()
        self._progress.connected(any(it.state == "UP" for it in brokers), self._clock.now())

    def _sorted_out(self, found: Iterable[Message]) -> tuple[list[Message], set[Partition]]:
        """The messages, and the partitions that end behind what is there of them. Errors are logged."""
        messages: list[Message] = []
        ends: set[Partition] = set()
        for it in found:
            error = it.error()
            if error is None:
                messages.append(it)
                ends.discard(partition_of(it))
            elif error.code() == KafkaError._PARTITION_EOF:
                ends.add(partition_of(it))
            else:
                self._on_error(error)
        return messages, ends

    def _on_error(self, error: KafkaError) -> None:
        """Now and then: librdkafka tells of every attempt, many times a second."""
        now = self._clock.now()
        if now >= self._told_at + _EVERY:
            logger.warning("Kafka: %s", error.str())
            self._told_at = now


class _Broker(msgspec.Struct):
    state: str


class _Statistics(msgspec.Struct):
    """What is looked at of librdkafka's statistics."""

    brokers: dict[str, _Broker] = {}


def taken_at_once(found: Sequence[Message]) -> int:
    """How many of them, from the first on, are no more than is read at a time; one at least."""
    size = 0
    for place, message in enumerate(found):
        size += len(message.value() or b"")
        if place and size > MOST_BYTES:
            return place
    return len(found)


def configuration(settings: KafkaSettings) -> dict[str, object]:
    """What librdkafka is told."""
    secrets = {name: it.reveal() if isinstance(it, Secret) else it for name, it in settings.security.items()}
    return {
        "client.id": "noshow",
        "log_level": 0,  # it tells us the same by callbacks
        "reconnect.backoff.ms": 500,
        **settings.options,
        **secrets,
        "bootstrap.servers": settings.brokers,
        "group.id": settings.group,
        "auto.offset.reset": settings.start,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "partition.assignment.strategy": "range",
        "statistics.interval.ms": 1_000,
    }
