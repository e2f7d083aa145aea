"""Rules held against stored events, on the real engine."""

import pytest

from rules.advice.stored_attributes import unknown_attributes
from rules.advice.stored_events import stored_names, unknown_events
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE, Event
from store.events import write
from tests.rules.advice.advised import written


def event(name: str, time: int, attributes: str = "{}", source: str = "shop") -> Event:
    return Event(f"{name}-{time}", f"c-{time}", name, time, source, attributes)


def store(clickhouse: ClickHouse, **attributes: list[str]) -> None:
    """Events by name, with these attributes."""
    write(clickhouse, [event(name, time, it) for name, all_ in attributes.items() for time, it in enumerate(all_)])


def attributes(clickhouse: ClickHouse, steps: str, whole: str = "") -> list[tuple[str, str]]:
    return [(found.message, found.hint) for found in unknown_attributes(written(steps, whole), clickhouse)]


def when(clickhouse: ClickHouse, expression: str) -> list[tuple[str, str]]:
    return attributes(clickhouse, f"A: {{within: 1h}}\nB:\n  within: 1h\n  when: '{expression}'")


def test_testimony_is_no_event_of_a_service(clickhouse: ClickHouse) -> None:
    write(clickhouse, [event("Placed", 1), event("confirmed", 2, source=RESERVED_SOURCE)])
    assert stored_names(clickhouse) == {"Placed"}


@pytest.mark.parametrize(
    ("steps", "whole", "told"),
    [
        ("Paid: {within: 1h}", "", []),
        ("Payd: {within: 1h}", "", [("Payd", "did you mean Paid?")]),
        ("Paid: {within: 1h}\nPaidd: {within: 1h}", "", [("Paidd", "")]),  # Paid has its own place in the rule
        ("paid: {within: 1h}", "", [("paid", "did you mean Paid?")]),
        ("Shipped: {within: 1h}", "", [("Shipped", "")]),
        ("A: {event: [Paid, Shipped], within: 1h}", "", [("Shipped", "")]),
        (
            "Paid: {within: 1h, fails_on: F, undone_by: U, undo_within: 1h}",
            "cancel: C",
            [("C", ""), ("F", ""), ("U", "")],
        ),
        ("Paid: {within: 1h}\nBrawl: {at_most: 0}", "", []),
        ("Payd: {at_most: 0}", "", [("Payd", "did you mean Paid?")]),
        ("Paid: {within: 1h}\nBrawl: {at_most: 0, fails_on: F}", "", [("F", "")]),
    ],
)
def test_events_that_were_never_sent(steps: str, whole: str, told: list[tuple[str, str]]) -> None:
    found = unknown_events(written(steps, whole), frozenset({"Placed", "Paid"}))
    assert [(it.message, it.hint) for it in found] == [
        (f'no event "{name}" was ever stored', hint) for name, hint in told
    ]


def test_the_place_is_that_of_the_name_or_else_of_the_step() -> None:
    found = unknown_events(written("A: {within: 1h}\nB: {event: X, within: 1h}"), frozenset({"Placed"}))
    assert [(it.line, it.column) for it in found] == [(5, 3), (6, 14)]


def test_an_attribute_that_is_never_there(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=['{"amount": 1, "other": null}', '{"amount": 2}', "{}"])
    assert when(clickhouse, "start.amount > 1") == []
    message = 'none of 3 Placed events has the attribute "{}"'
    assert when(clickhouse, "start.amuont > 1") == [(message.format("amuont"), "did you mean amount?")]
    assert when(clickhouse, "start.weather") == [(message.format("weather"), "")]
    assert when(clickhouse, "start.other == 1") == [(message.format("other"), "")]


def test_of_events_that_were_never_sent_no_attribute_is_missed(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=["{}"])
    assert when(clickhouse, "A.amount > 1") == []


def test_what_is_asked_for_may_be_absent_unless_a_name_is_near(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=['{"coupon": "x"}'])
    assert when(clickhouse, "has(start.gift) && start.gift > 1") == []
    message = 'none of 1 Placed event has the attribute "cuopon"'
    assert when(clickhouse, "has(start.cuopon)") == [(message, "did you mean coupon?")]


def test_mostly_of_another_type(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=['{"a": "1"}', '{"a": "2"}', '{"a": 3}', "{}"])
    two_of_three = '"a" is text in 2 of 3 Placed events that have it, and here it must be a number'
    assert when(clickhouse, "start.a > 1") == [(two_of_three, "")]
    assert when(clickhouse, 'start.a == "1"') == []
    assert when(clickhouse, "has(start.a)") == []
    assert attributes(clickhouse, "A: {due: start.a}", "customer: start.a") == []


def test_half_of_them_will_do(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=['{"a": "1"}', '{"a": 2}'])
    assert when(clickhouse, "start.a > 1") == []


@pytest.mark.parametrize(
    ("json", "kind"),
    [('"1"', "text"), ("true", "a boolean"), ("[1]", "a list"), ('{"value": 1}', "an object")],
)
def test_every_kind_of_json_is_told(clickhouse: ClickHouse, json: str, kind: str) -> None:
    store(clickhouse, Placed=[f'{{"a": {json}}}'])
    told = f'"a" is {kind} in 1 Placed event that has it, and here it must be a number'
    assert attributes(clickhouse, "A: {within: 1h}", "at_risk: start.a") == [(told, "")]


@pytest.mark.parametrize("number", ["1", "-1", "0.5", "1e300", "18446744073709551615"])
def test_every_number_is_one(clickhouse: ClickHouse, number: str) -> None:
    store(clickhouse, Placed=[f'{{"a": {number}}}'])
    assert attributes(clickhouse, "A: {within: 1h}", "at_risk: start.a") == []


def test_nested_and_odd_names(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=['{"a": {"odd name": {"b.c": 1}}, "1": true, "{p0_0:String}": true}'])
    assert when(clickhouse, 'start.a["odd name"]["b.c"] == 1 && start["1"] && start["{p0_0:String}"]') == []
    message = 'none of 1 Placed event has the attribute "a.odd nmae.b.c"'
    assert when(clickhouse, 'start.a["odd nmae"]["b.c"] == 1') == [(message, "did you mean a.odd name.b.c?")]
    deeper = 'none of 1 Placed event has the attribute "a.odd name.b.c.d"'
    assert when(clickhouse, 'start.a["odd name"]["b.c"].d == 1') == [(deeper, "")]


def test_several_events_of_a_step_are_one_sample(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=["{}"], E=['{"a": 1}'], F=['{"b": "x"}', '{"b": "y"}'])
    steps = "A: {event: [E, F], within: 1h}\nB: {within: 1h, when: A.a == 1 || A.b == 1 || A.c == 1}"
    assert [message for message, _ in attributes(clickhouse, steps)] == [
        '"b" is text in all 2 E or F events that have it, and here it must be a number',
        'none of 3 E or F events has the attribute "c"',
    ]


def test_where_sees_the_events_of_its_own_name(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=["{}"], E=['{"a": 1}'], F=["{}"])
    steps = "A: {event: [{event: E, where: a == 1}, {event: F, where: a == 1}], within: 1h}"
    assert [message for message, _ in attributes(clickhouse, steps)] == [
        'none of 1 F event has the attribute "a"',
    ]


def test_the_start_and_all_else_in_one_rule(clickhouse: ClickHouse) -> None:
    store(clickhouse, Placed=['{"amount": "1", "currency": 5}'], A=['{"at": true}'])
    found = unknown_attributes(
        written("A: {within: 1h}\nB: {due: A.at}", "at_risk: {value: Placed.amount, unit: start.currency}"), clickhouse
    )
    assert [(it.line, it.column, it.message.split(" ")[0]) for it in found] == [(4, 18, '"amount"'), (7, 12, '"at"')]


def test_testimony_has_no_say_in_what_attributes_there_are(clickhouse: ClickHouse) -> None:
    write(clickhouse, [event("Placed", 1, '{"a": 1}'), event("Placed", 2, '{"b": 1}', RESERVED_SOURCE)])
    assert len(when(clickhouse, "start.b == 1")) == 1
