"""The way of accepted events into ClickHouse, wired: intake, spool, and what the evaluator is told of both."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from confluent_kafka import KafkaException

from collector.errors import SpoolFull
from collector.intake.drainer import Drainer
from collector.intake.group import Bounds
from collector.intake.intake import Intake
from collector.intake.registration import Registration
from collector.intake.spool import Spool
from collector.kafka.consumer import KafkaConsumer
from collector.recorder import Recorder
from noshow.errors import WrongUsage
from noshow.stores import Stores, process
from store import shares
from store.clock import Clock
from store.database import Database
from store.errors import StoreError
from store.event import SECOND
from store.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collecting:
    """`intake` takes events; `loops` are to run beside it, each under its name."""

    intake: Intake
    spool: Spool
    drainer: Drainer
    registration: Registration
    kafka: KafkaConsumer | None

    @property
    def loops(self) -> tuple[tuple[str, Callable[[Clock, Event], None]], ...]:
        kafka = () if self.kafka is None else (("Kafka consumer", self.kafka.run),)
        return ("spool", self.drainer.run), ("registration", self.registration.run), *kafka


@contextmanager
def collecting(opened: Stores, settings: Settings, clock: Clock, recorder: Recorder) -> Iterator[Collecting]:
    """Ready to accept for the length of the block; the loops must have ended before it does.

    Raises StoreInUse where another collector has the spool, or another StoreError.
    """
    limits = settings.collector
    spool = Spool.open(settings.data / "spool", limits.spool_size, synced=limits.spool_synced)
    try:
        intake = Intake(opened.clickhouse, Bounds(), spool, limits.patience / SECOND)
        kafka = _kafka(settings, intake, clock, recorder)
        if kafka is not None:
            kafka.begin(_judged(opened.database, clock.now()))
        upstream = () if kafka is None else (kafka.oldest,)
        registration = Registration(opened.database, intake, spool, process(), upstream)
        registration.step(clock.now())
        try:
            with intake:
                yield Collecting(intake, spool, Drainer(spool, opened.clickhouse, intake.resume), registration, kafka)
        finally:
            _leave(registration, clock.now())
    finally:
        spool.close()


def _kafka(settings: Settings, intake: Intake, clock: Clock, recorder: Recorder) -> KafkaConsumer | None:
    if settings.kafka is None:
        return None
    try:
        return KafkaConsumer(settings.kafka, settings.collector, intake.submit, clock, recorder)
    except KafkaException as error:
        raise WrongUsage(f"kafka: librdkafka does not take these settings: {error.args[0].str()}") from None


def _judged(database: Database, now: int) -> int:
    """Up to which instant was judged when this collector came: all of `now` (µs UTC), if nothing ever was."""
    with database.read() as connection:
        return shares.judged_until(connection) or now


def _leave(registration: Registration, now: int) -> None:
    try:
        registration.leave(now)
    except (StoreError, SpoolFull) as error:
        log.warning("this collector is still waited for: %s", error)
