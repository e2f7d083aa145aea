import random

import msgspec
import pytest

from store import events
from store.clickhouse import ClickHouse
from store.event import Event
from tests.conftest import NOON

PLACED = Event("e-1", "order-1", "OrderPlaced", NOON, "shop", '{"amount": 12.5}', "c-0", "t" * 32, "s" * 16, NOON + 7)

AWKWARD = [
    "it's",
    'a "b"',
    "back\\slash",
    "a\0b",
    "new\nline\ttab\r",
    "{x:String}",
    "naïve 🎉 日本",
    "NULL",
    "\\N",
    " ",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_what_is_written_is_read_back(any_clickhouse: ClickHouse, text: str) -> None:
    awkward = Event(text, text, text, NOON, text, msgspec.json.encode({text: text}).decode(), text, text, text, NOON)
    events.write(any_clickhouse, [awkward])
    assert events.history(any_clickhouse, text) == [awkward]


def test_large_attributes(any_clickhouse: ClickHouse) -> None:
    large = msgspec.structs.replace(PLACED, attributes=msgspec.json.encode({"text": "🎉\n" * 25_000}).decode())
    assert len(large.attributes.encode()) > 100_000
    events.write(any_clickhouse, [large, msgspec.structs.replace(PLACED, id="e-2")])
    assert events.history(any_clickhouse, "order-1")[0] == large


def test_history_is_that_of_one_correlation_id_by_time_id_and_source(any_clickhouse: ClickHouse) -> None:
    expected = [
        Event("b", "order-1", "X", NOON - 1, "z"),
        Event("a", "order-1", "X", NOON, "b"),
        Event("b", "order-1", "X", NOON, "a"),
        Event("b", "order-1", "W", NOON, "b"),
        Event("", "order-1", "X", NOON + 1, ""),
    ]
    shuffled = random.Random(1).sample(expected, len(expected))
    events.write(any_clickhouse, [*shuffled, Event("a", "order-10", "X", NOON, "a"), Event("a", "", "X", NOON, "a")])
    assert events.history(any_clickhouse, "order-1") == expected
    assert events.history(any_clickhouse, "order-1", limit=2) == expected[:2]
    assert events.history(any_clickhouse, "order-2") == []


def test_exact_copies_are_one_event_and_others_are_not(any_clickhouse: ClickHouse) -> None:
    again = msgspec.structs.replace(PLACED, received_at=NOON + 9)
    differing = msgspec.structs.replace(PLACED, attributes='{"amount": 13}')
    for batch in ([again], [PLACED], [differing, PLACED]):
        events.write(any_clickhouse, batch)
    assert events.history(any_clickhouse, "order-1") == [PLACED, differing]


def test_times_before_1970_and_far_ahead(any_clickhouse: ClickHouse) -> None:
    times = [-2_208_988_800_000_000, -1, 0, 10_413_792_000_000_000 - 1]  # 1900 to 2299: what DateTime64 holds
    events.write(any_clickhouse, [msgspec.structs.replace(PLACED, time=time) for time in times])
    assert [event.time for event in events.history(any_clickhouse, "order-1")] == times


def test_a_batch_of_one_token_is_stored_once(any_clickhouse: ClickHouse) -> None:
    batch = [msgspec.structs.replace(PLACED, id=str(number)) for number in range(5)]
    for token in ("a", "a", "b"):
        events.write(any_clickhouse, batch, token)
    parts = "SELECT count(), sum(rows) FROM system.parts WHERE database = currentDatabase() AND table = 'events'"
    assert any_clickhouse.query(parts) == [(2, 10)]


def test_without_a_token_nothing_is_left_out(any_clickhouse: ClickHouse) -> None:
    events.write(any_clickhouse, [PLACED])
    events.write(any_clickhouse, [msgspec.structs.replace(PLACED, id="e-2")])
    assert len(events.history(any_clickhouse, "order-1")) == 2


def test_what_is_written_is_touched_by_the_clock_of_the_store(any_clickhouse: ClickHouse) -> None:
    before = any_clickhouse.query("SELECT toUnixTimestamp64Micro(now64(6))")[0][0]
    batch = [Event(str(number), f"order-{number % 3}", "X", NOON, "shop") for number in range(30)]
    events.write(any_clickhouse, batch)
    touched = any_clickhouse.query("SELECT correlation_id, toUnixTimestamp64Micro(seen_at) FROM touched ORDER BY 1")
    after = any_clickhouse.query("SELECT toUnixTimestamp64Micro(now64(6))")[0][0]
    assert [correlation_id for correlation_id, _ in touched] == ["order-0", "order-1", "order-2"]
    assert all(before <= seen_at <= after for _, seen_at in touched)


def test_no_events_are_no_work(any_clickhouse: ClickHouse) -> None:
    events.write(any_clickhouse, [])
    assert any_clickhouse.query("SELECT count() FROM touched") == [(0,)]
