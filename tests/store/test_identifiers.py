"""What an order is found by."""

import re

import pytest

from store import events, identifiers
from store.clickhouse import ClickHouse
from store.event import Event
from store.migrate import CLICKHOUSE
from store.redaction import redact

NOON = 1_763_640_000_000_000


def event(order: str, attributes: str, source: str = "shop") -> Event:
    return Event(f"e-{attributes}", order, "OrderPlaced", NOON, source, attributes)


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ('{"payment_id": "pay_42", "currency": "EUR"}', {"pay_42"}),
        ('{"order_no": 1002345, "items": 3}', {"1002345"}),
        ('{"a": {"charge": "ch_3Mm", "amount": 129.90}, "b": [{"parcel": "1Z999AA10123456784"}]}',
         {"ch_3Mm", "1Z999AA10123456784"}),
        ('{"parcels": ["P-1001", "P-1002"], "n": [12345, 3]}', {"P-1001", "P-1002", "12345"}),
        ('{"amount": 129.90, "rate": "0.1900", "at": "2026-11-20T14:05:00Z", "day": "2026-11-20"}', set()),
        ('{"note": "call 555 1234", "pin": "123", "name": "Anna"}', set()),
        ('{"Straße": "Hauptstraße-5"}', {"Hauptstraße-5"}),
        ('{"long": "%s1"}' % ("x" * 100), set()),
        ("{}", set()),
    ],
)  # fmt: skip
def test_what_is_an_identifier(clickhouse: ClickHouse, attributes: str, found: set[str]) -> None:
    assert identifiers.among(clickhouse, [attributes]) == found
    events.write(clickhouse, [event("A", attributes)])
    assert {value for (value,) in clickhouse.query("SELECT value FROM identifiers")} == found


def test_the_view_keeps_what_is_said_here() -> None:
    [migration] = CLICKHOUSE.glob("*_orders_and_sources.sql")
    plain = " ".join(migration.read_text().split())
    assert len(re.findall(re.escape(" ".join(identifiers.VALUES.split())), plain)) == 2, "kept, and of what was there"


def test_it_finds_by_the_correlation_id_and_by_what_its_events_carry(any_clickhouse: ClickHouse) -> None:
    carried = [event("A-1", '{"charge_id": "ch_17"}'), event("A-2", '{"charge_id": "ch_17"}'), event("ch_17", "{}")]
    events.write(any_clickhouse, carried)
    assert identifiers.find(any_clickhouse, "ch_17", 10) == ["ch_17", "A-1", "A-2"]
    assert identifiers.find(any_clickhouse, "ch_17", 2) == ["ch_17", "A-1"]
    assert identifiers.find(any_clickhouse, "CH_17", 10) == []
    assert identifiers.find(any_clickhouse, "ch_1", 10) == []


def test_it_finds_by_how_something_begins(any_clickhouse: ClickHouse) -> None:
    events.write(any_clickhouse, [event("A-1", '{"id": "ch_17"}'), event("A-2", '{"id": "ch_18"}'), event("ch_", "{}")])
    assert identifiers.find(any_clickhouse, "ch_", 10, beginning=True) == ["ch_", "A-1", "A-2"]
    assert identifiers.find(any_clickhouse, "%", 10, beginning=True) == []


def test_testimony_is_none_of_what_events_carry(clickhouse: ClickHouse) -> None:
    events.write(clickhouse, [event("A", '{"actor": "anna77"}', "noshow")])
    assert identifiers.find(clickhouse, "anna77", 10) == []


def test_what_was_redacted_finds_nothing(any_clickhouse: ClickHouse) -> None:
    both = '{"email": "anna77@example.org", "charge_id": "ch_17"}'
    events.write(any_clickhouse, [event("A", both), event("A", '{"charge_id": "ch_18"}'), event("B", both)])
    redact(any_clickhouse, "A", ["email"])
    assert identifiers.find(any_clickhouse, "anna77@example.org", 10) == ["B"]
    assert identifiers.find(any_clickhouse, "ch_17", 10) == ["A", "B"]
    assert identifiers.find(any_clickhouse, "ch_18", 10) == ["A"]


def test_what_another_event_still_carries_is_not_forgotten(clickhouse: ClickHouse) -> None:
    events.write(clickhouse, [event("A", '{"email": "c-1001"}'), event("A", '{"customer": "c-1001"}')])
    redact(clickhouse, "A", ["email"])
    assert identifiers.find(clickhouse, "c-1001", 10) == ["A"]
