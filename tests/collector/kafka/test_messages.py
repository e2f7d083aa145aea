"""Messages as events: by format, by mapping, and what becomes of bad ones."""

import json
from collections.abc import Sequence
from dataclasses import replace

from confluent_kafka import TIMESTAMP_CREATE_TIME, Message

from collector.kafka.messages import Messages, Parcel, oldest_of
from collector.kafka.progress import Partition
from store.settings_kafka import Format, TopicSettings
from store.settings_sources import Sources
from tests.collector.conftest import LIMITS
from tests.collector.mapping.mappings import mapped
from tests.collector.otlp.records import record, request
from tests.conftest import NOON

SHOP = mapped("shop", {"correlation_id": ["$message.key", "$message.header#/Order"], "name": "t", "time": "/at"})
TIMED = mapped("timed", {"correlation_id": "/id", "name": "t", "time": "$message.timestamp"})
TOPICS = {
    "plain": TopicSettings("orders"),
    "shop": TopicSettings("shop"),
    "timed": TopicSettings("timed"),
    "logs": TopicSettings("", Format.OTLP),
    "cloud": TopicSettings("", Format.CLOUDEVENTS),
}
OURS = {"correlation_id": "o-1", "name": "A", "time": "2025-11-20T12:00:00Z"}
DOCUMENT = b'{"t": "A", "at": "2025-11-20T12:00:00Z"}'


def message(topic: str, value: bytes | None, *, offset: int = 0, at: int = NOON, **more: object) -> Message:
    return Message(topic, 1, offset, value=value, timestamp=(TIMESTAMP_CREATE_TIME, at // 1_000), **more)  # type: ignore[arg-type]


def parcel(*messages: Message) -> Parcel:
    limits = replace(LIMITS, max_body=1 << 20, sources=Sources((SHOP, TIMED)))
    return Messages(TOPICS, limits).parcel(messages, NOON)


def told(found: Parcel) -> Sequence[tuple[str, str, str]]:
    return [(it.correlation_id, it.name, it.source) for it in found.batch.events]


def test_events_of_our_own_shape_and_of_otlp() -> None:
    other = {**OURS, "correlation_id": "o-2", "source": "billing"}
    found = parcel(
        message("plain", json.dumps(OURS).encode()),
        message("plain", json.dumps([other, OURS]).encode()),
        message("logs", request(record())),
    )
    assert told(found) == [
        ("o-1", "A", "orders"),
        ("o-2", "A", "billing"),
        ("o-1", "A", "orders"),
        ("o-1", "OrderPlaced", "shop"),
    ]


def test_cloud_events_in_all_their_modes() -> None:
    one = {"specversion": "1.0", "id": "e-1", "source": "shop", "type": "A", "correlationid": "o-1"}
    batched = [("content-type", "application/cloudevents-batch+json")]
    binary = [(f"ce_{name}", it) for name, it in {**one, "correlationid": "100%25 é"}.items()]
    found = parcel(
        message("cloud", json.dumps(one).encode(), headers=[("content-type", "application/cloudevents+json")]),
        message("cloud", json.dumps(one).encode()),
        message("cloud", json.dumps([one, one]).encode(), headers=batched),
        message("cloud", b'{"amount": 1.50}', headers=[*binary, ("content-type", "application/json")]),
        message("cloud", None, headers=binary),
        message("cloud", None),
    )
    assert told(found) == [("o-1", "A", "shop")] * 4 + [("100%25 é", "A", "shop")] * 2
    assert found.batch.events.attributes[4:] == ['{"amount": 1.50}', "{}"]
    assert found.refused == []


def test_the_correlation_id_may_be_the_key_or_a_header_or_baggage() -> None:
    bare = json.dumps({"name": "A", "time": "2025-11-20T12:00:00Z"}).encode()
    found = parcel(
        message("shop", DOCUMENT, key=b"k-1"),
        message("shop", DOCUMENT, headers=[("order", b"h-1"), ("empty", None)]),
        message("plain", bare, headers=[("baggage", b"correlation.id=b-1")]),
    )
    assert [it[0] for it in told(found)] == ["k-1", "h-1", "b-1"]


def test_the_time_may_be_that_of_the_message() -> None:
    [event] = parcel(message("timed", b'{"id": 1, "t": "A"}', at=NOON - 5_000)).batch.events
    assert (event.time, event.received_at) == (NOON - 5_000, NOON)


def test_a_bad_message_goes_to_the_quarantine_and_harms_no_other() -> None:
    found = parcel(
        message("plain", b"no json", offset=0),
        message("plain", b'{"name": "A"}', offset=1),
        message("shop", DOCUMENT, offset=2),
        message("logs", b"\xff\xff", offset=3),
        message("plain", b"x" * (2 << 20), offset=4),
        message("plain", json.dumps(OURS).encode(), offset=5),
    )
    assert told(found) == [("o-1", "A", "orders")]
    assert [(row.sender, row.field) for row in found.refused] == [
        ("kafka plain", ""),
        ("kafka plain", "correlation_id"),
        ("kafka shop", "correlation_id"),
        ("kafka logs", ""),
        ("kafka plain", ""),
    ]
    assert "$message.key" in found.refused[2].reason
    assert "longer than 1,048,576 bytes" in found.refused[4].reason
    assert found.offsets == {Partition("plain", 1): 6, Partition("shop", 1): 3, Partition("logs", 1): 4}


def test_a_message_without_a_value_says_nothing_and_is_done_with() -> None:
    found = parcel(message("plain", None, offset=8))
    assert (len(found.batch.events), found.refused, found.offsets) == (0, [], {Partition("plain", 1): 9})


def test_the_oldest_and_the_latest_timestamps_are_told_and_none_is_of_the_future() -> None:
    values = [(NOON - 3_000, 0), (NOON - 9_000, 1), (NOON - 6_000, 2)]
    sent = [message("plain", None, offset=offset, at=at) for at, offset in values]
    assert oldest_of(sent, NOON) == {Partition("plain", 1): NOON - 9_000}
    assert parcel(*sent).latest == {Partition("plain", 1): NOON - 6_000}
    ahead, untimed = message("plain", None, at=NOON * 2), Message("plain", 1, 0, value=None, timestamp=(0, 0))
    for it in (ahead, untimed):
        assert oldest_of([it], NOON) == parcel(it).latest == {Partition("plain", 1): NOON}
