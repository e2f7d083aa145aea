"""Attributes are taken out of stored events, and nothing else."""

from typing import Any

import pytest

from store.clickhouse import ClickHouse
from store.event import Event
from store.events import history, write
from store.redaction import bearing, redact, without

NOON = 1_763_640_000_000_000


def event(id_: str, attributes: str, **more: Any) -> Event:
    told: dict[str, Any] = {"name": "OrderPlaced", "time": NOON, "source": "shop", "correlation_id": "A"}
    return Event(id=id_, attributes=attributes, **{**told, **more})


@pytest.mark.parametrize(
    ("attributes", "names", "left"),
    [
        ('{"email": "a@b", "amount": 12.50}', ["email"], '{"amount":12.50}'),
        ('{"email": "a@b"}', ["email", "phone"], "{}"),
        ('{"amount": 12.50}', ["email"], '{"amount": 12.50}'),
        ('{"customer": {"email": "x", "id": 1e3}}', ["customer.email"], '{"customer":{"id":1e3}}'),
        ('{"customer": {"email": "x"}}', ["customer"], "{}"),
        ('{"customer.email": "x", "a": 1}', ["customer.email"], '{"a":1}'),
        ('{"customer": "x"}', ["customer.email"], '{"customer": "x"}'),
        ('{"a": {"b": {"c": 1, "d": 2}}}', ["a.b.c"], '{"a":{"b":{"d":2}}}'),
        ('{"Email": "x"}', ["email"], '{"Email": "x"}'),
    ],
)
def test_what_is_left(attributes: str, names: list[str], left: str) -> None:
    assert without(attributes, names) == left


def test_it_is_gone_from_every_copy(any_clickhouse: ClickHouse) -> None:
    write(any_clickhouse, [event("1", '{"email": "a@b", "amount": 1}'), event("2", '{"amount": 2}')])
    write(any_clickhouse, [event("1", '{"email": "a@b", "amount": 1}', time=NOON + 1)])
    write(any_clickhouse, [event("1", '{"email": "other"}', correlation_id="B")])
    assert len(bearing(any_clickhouse, "A", ["email"])) == 2
    assert redact(any_clickhouse, "A", ["email"]) == 2
    assert [it.attributes for it in history(any_clickhouse, "A")] == ['{"amount":1}', '{"amount": 2}', '{"amount":1}']
    assert [it.attributes for it in history(any_clickhouse, "B")] == ['{"email": "other"}']
    assert any_clickhouse.query("SELECT count() FROM events WHERE attributes LIKE '%a@b%'") == [(0,)]
    assert redact(any_clickhouse, "A", ["email"]) == 0


def test_everything_else_of_the_event_stays(any_clickhouse: ClickHouse) -> None:
    more = {"causation_id": "c", "trace_id": "t", "span_id": "s", "received_at": NOON + 5}
    write(any_clickhouse, [event("1", '{"email": "a", "n": 0.10}', **more)])
    redact(any_clickhouse, "A", ["email"])
    assert history(any_clickhouse, "A") == [event("1", '{"n":0.10}', **more)]


def test_the_order_is_judged_once_more_when_the_originals_are_gone(any_clickhouse: ClickHouse) -> None:
    write(any_clickhouse, [event("1", '{"email": "a"}')])
    redact(any_clickhouse, "A", ["email"])
    touches = any_clickhouse.query("SELECT correlation_id FROM touched ORDER BY seen_at")
    assert touches == [("A",)] * 3, "stored, redacted, deleted"


def test_testimony_stays(any_clickhouse: ClickHouse) -> None:
    write(any_clickhouse, [event("1", '{"reason": "a"}', source="noshow")])
    assert redact(any_clickhouse, "A", ["reason"]) == 0


def test_many_at_once(clickhouse: ClickHouse) -> None:
    write(clickhouse, [event(str(number), '{"email": "a"}') for number in range(1_200)])
    assert redact(clickhouse, "A", ["email"]) == 1_200
    assert {it.attributes for it in history(clickhouse, "A")} == {"{}"}
