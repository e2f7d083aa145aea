"""Messages of Kafka as events, and what of them goes into the quarantine. Times are µs UTC."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message, TopicPartition

from collector.acceptance import Acceptance
from collector.batch import Batch, Decoder
from collector.errors import CollectorError, MalformedBody
from collector.json.body import decode_json
from collector.kafka.cloudevents import decode_cloud_events, is_binary
from collector.kafka.progress import Partition
from collector.mapping.message import Header
from collector.mapping.message import Message as Around
from collector.otlp.logs import decode_logs
from collector.quarantine.again import decoded
from collector.quarantine.context import Context, written
from collector.quarantine.quarantine import Provenance, Quarantine, unreadable
from collector.refusals import Refusals
from store.quarantine import Row
from store.settings import CollectorSettings
from store.settings_kafka import Format, TopicSettings

DECODERS: Mapping[Format, Decoder] = {
    Format.JSON: decode_json,
    Format.CLOUDEVENTS: decode_cloud_events,
    Format.OTLP: decode_logs,
}

logger = logging.getLogger(__name__)

_MILLISECOND = 1_000


@dataclass(slots=True)
class Parcel:
    """Of some messages: their events and what was refused, what of it is for the quarantine, and their bytes. Of each
    partition the last timestamp, and the offset behind the last message."""

    batch: Batch = field(default_factory=Batch)
    refused: list[Row] = field(default_factory=list)
    size: int = 0
    latest: dict[Partition, int] = field(default_factory=dict)
    offsets: dict[Partition, int] = field(default_factory=dict)

    def commits(self) -> list[TopicPartition]:
        return [TopicPartition(it.topic, it.number, offset) for it, offset in self.offsets.items()]


class Messages:
    """Reads them by the decoder and the mapping of their topic's source."""

    def __init__(self, topics: Mapping[str, TopicSettings], limits: CollectorSettings) -> None:
        self._topics = topics
        self._limits = limits
        self._quarantine = Quarantine(limits.quarantine)
        self._refusals = Refusals()

    def parcel(self, messages: Iterable[Message], now: int) -> Parcel:
        """All that is in them. One that can't be read harms none but itself; one without a value says nothing."""
        parcel, terms = Parcel(), Acceptance.at(now, self._limits)
        for message in messages:
            partition = partition_of(message)
            parcel.latest[partition] = _came(message, now)
            parcel.offsets[partition] = (message.offset() or 0) + 1
            self._read(message, terms, parcel)
        return parcel

    def _read(self, message: Message, terms: Acceptance, parcel: Parcel) -> None:
        topic, value, around = self._topics[message.topic() or ""], message.value(), _around(message)
        if value is None and not (topic.format is Format.CLOUDEVENTS and is_binary(around)):
            return
        terms = terms.of(topic.source, around)
        batch = self._decoded(value or b"", topic.format, terms)
        parcel.size += len(value or b"")
        parcel.batch.events.extend(batch.events)
        parcel.batch.ignored += batch.ignored
        self._refusals.add(batch, terms.now)
        if batch.rejected:
            parcel.batch.rejected += batch.rejected
            by = Provenance(f"kafka {message.topic()}", written(Context.of(terms)))
            parcel.refused += self._quarantine.rows(batch, by, terms.now)

    def _decoded(self, value: bytes, format_: Format, terms: Acceptance) -> Batch:
        try:
            if len(value) > self._limits.max_body:
                raise MalformedBody(f"longer than {self._limits.max_body:,} bytes, which is the most of a body")
            return decoded(DECODERS[format_], value, terms)
        except CollectorError as error:
            return self._unread(str(error), value, getattr(error, "form", ""))
        except Exception:  # whatever it is, what comes behind must not wait for it
            logger.exception("Kafka: a message could not be read")
            return self._unread("an unforeseen fault: the collector's log has it", value, "")

    def _unread(self, reason: str, value: bytes, form: str) -> Batch:
        error = MalformedBody(reason)
        error.body, error.form = value, form
        return unreadable(error, self._limits.max_event)


def partition_of(message: Message | TopicPartition) -> Partition:
    if isinstance(message, Message):
        return Partition(message.topic() or "", message.partition() or 0)
    return Partition(message.topic, message.partition)


def oldest_of(messages: Iterable[Message], now: int) -> dict[Partition, int]:
    """Of each partition the oldest timestamp."""
    oldest: dict[Partition, int] = {}
    for message in messages:
        partition, at = partition_of(message), _came(message, now)
        oldest[partition] = min(at, oldest.get(partition, at))
    return oldest


def _came(message: Message, now: int) -> int:
    """When it came to Kafka, if its timestamp can be that."""
    return min(_timestamp(message) or now, now)


def _timestamp(message: Message) -> int | None:
    kind, milliseconds = message.timestamp()
    return None if kind == TIMESTAMP_NOT_AVAILABLE or milliseconds < 0 else milliseconds * _MILLISECOND


def _around(message: Message) -> Around:
    return Around(_headers(message), message.key(), _timestamp(message))


def _headers(message: Message) -> list[Header]:
    found = message.headers() or ()
    pairs = found.items() if isinstance(found, dict) else found
    return [(name.encode(), value.encode() if isinstance(value, str) else value or b"") for name, value in pairs]
