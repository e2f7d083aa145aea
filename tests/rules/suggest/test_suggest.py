"""A proposal finds the rule by which the events were made, says what it rests on, and is a rule."""

import json
import re
from pathlib import Path

import pytest

from rules.parse.rule import parse
from rules.spec import Step, Workflow
from rules.suggest.suggest import NothingToSuggest, Wishes, suggest
from store import events as event_store
from store.clickhouse import ClickHouse
from store.event import DAY, HOUR, MINUTE, SECOND, Event
from tests.rules.planted import orders
from tests.rules.shop import event

PAGE = Path(__file__).parents[3] / "docs" / "suggest.md"


def proposed(clickhouse: ClickHouse, events: list[Event], wishes: Wishes | None = None) -> str:
    event_store.write(clickhouse, events)
    return suggest(clickhouse, wishes or Wishes())


def read(text: str) -> Workflow:
    parsed = parse(text, "suggested.yaml")
    assert parsed.diagnostics == ()
    assert parsed.workflow is not None
    return parsed.workflow


def many(*names: str, every: int = HOUR, count: int = 50) -> list[Event]:
    """Histories of these events, one hour apart, all alike."""
    return [
        event(f"o-{number}", name, number * DAY + place * every)
        for number in range(count)
        for place, name in enumerate(names)
    ]


def test_the_planted_rule_is_found(any_clickhouse: ClickHouse) -> None:
    text = proposed(any_clickhouse, list(orders(2_000)))
    workflow = read(text)

    assert (workflow.name, workflow.noun, workflow.start.names) == ("orders", "order", ("OrderPlaced",))
    assert workflow.cancel is not None
    assert workflow.cancel.names == ("OrderCancelled",)
    assert "at_risk: {value: OrderPlaced.amount, unit: OrderPlaced.currency}" in text
    assert "customer: OrderPlaced.customer_id" in text
    assert {step.name: (step.after, step.within) for step in workflow.steps} == {
        "Risk Check": (("start",), 5 * MINUTE),
        "PaymentReceived": (("Risk Check",), 15 * MINUTE),
        "ComplianceCheckDone": (("PaymentReceived",), 24 * HOUR),
        "ItemPacked": (("PaymentReceived",), 12 * HOUR),
        "ItemShipped": (("ItemPacked",), 48 * HOUR),
        "Gift wrapped": (("ItemPacked",), HOUR),
        "ItemDelivered": (("ComplianceCheckDone", "ItemShipped"), None),
    }
    assert [step.name for step in workflow.steps if step.optional] == ["Gift wrapped"]
    assert [step.name for step in workflow.steps if step.when] == ["Risk Check"]
    assert 'when: OrderPlaced.method == "invoice"' in text
    assert [step.name for step in workflow.steps if step.due] == ["ItemDelivered"]
    assert "due: OrderPlaced.promised_at" in text
    assert failures(workflow) == {"PaymentReceived": ("PaymentDeclined",)}
    assert {step.name: step.owner for step in workflow.steps}["PaymentReceived"] == "payments"
    assert workflow.owner == "shop"


def failures(workflow: Workflow) -> dict[str, tuple[str, ...]]:
    return {step.name: step.fails_on.names for step in workflow.steps if step.fails_on is not None}


def test_the_evidence_is_told(clickhouse: ClickHouse) -> None:
    text = proposed(clickhouse, list(orders(2_000)))
    prose = " ".join(line.strip(" #") for line in text.splitlines())
    assert text.startswith("# yaml-language-server: $schema=noshow.schema.json\n")
    assert "from 12,503 events of 2,000 orders, 2025-11-20 to 2025-12-10." in prose
    assert "this file flags 160 of 2,000 orders, 8 %" in prose
    assert "p99 11 min, slowest 12 min" in prose
    assert "promised_at is a promise, kept in 95.6 %" in prose
    assert "method decides: came in 100 % of 576" in prose
    assert "Left out, because it came in less than 5 %: 0.7 %  AddressChanged" in prose


def test_the_page_shows_what_is_proposed(clickhouse: ClickHouse) -> None:
    [shown] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert read(shown) == read(proposed(clickhouse, list(orders(2_000))))


def test_a_sample_is_said_to_be_one(clickhouse: ClickHouse) -> None:
    text = proposed(clickhouse, list(orders(1_000)), Wishes(limit=300))
    assert "a sample of one in 4 correlation IDs" in " ".join(text.split())
    assert {"PaymentReceived", "ItemShipped"} <= {step.name for step in read(text).steps}
    [looked_at, judged] = re.findall(r"of (\d+) orders[ ,]", " ".join(line.strip("# ") for line in text.splitlines()))[
        :2
    ]
    assert judged == looked_at


def test_the_order_of_writing_changes_nothing(clickhouse: ClickHouse, empty_clickhouse: ClickHouse) -> None:
    there = list(orders(200))
    first = proposed(clickhouse, there)
    clickhouse.command("TRUNCATE TABLE events")
    assert proposed(clickhouse, there[::-1]) == first


@pytest.mark.parametrize(
    "names",
    [
        ("Create Fine", "Send: Fine", "Insert 'Fine' #2"),
        ("1", "2", "true"),
        ("start", "steps", "if"),
        ("Bestellung eröffnet", "Zahlung: größer", "発送済み"),
        ('say "x"', "{a, b}", "- c"),
        ("\N{GRINNING FACE}", "\N{NO-BREAK SPACE}x", "\N{ZERO WIDTH SPACE}y"),
    ],
)
def test_odd_names_are_quoted(clickhouse: ClickHouse, names: tuple[str, ...]) -> None:
    workflow = read(proposed(clickhouse, many(*names)))
    assert workflow.start.names == names[:1]
    assert [step.matcher.names for step in workflow.steps] == [(name,) for name in names[1:]]


ODD = ["it's # odd: \u00fc", 'say "x": {y}', "\N{GRINNING FACE}", "", "true", "\\"]


@pytest.mark.parametrize("key", ["odd key", "it's", 'a"b', "a: b #c", "if", "größe", "\N{GRINNING FACE}"])
def test_odd_attributes_are_quoted(clickhouse: ClickHouse, key: str) -> None:
    events = many("Opened", "Closed", count=120)
    for number in range(120):
        attributes = json.dumps({key: ODD[number // 2 % 6] if number % 2 else "plain"})
        events[2 * number] = event(f"o-{number}", "Opened", number * DAY, attributes)
        if number % 2:
            events.append(event(f"o-{number}", "Asked", number * DAY + MINUTE))
    assert steps(proposed(clickhouse, events))["Asked"].when is not None


def steps(text: str) -> dict[str, Step]:
    return {step.name: step for step in read(text).steps}


def test_a_name_that_no_rule_can_name_is_told_of(clickhouse: ClickHouse) -> None:
    text = proposed(clickhouse, many("Opened", "bad\nname", "Closed"))
    assert list(steps(text)) == ["Closed"]
    assert "Left out, because no rule can name it:\n#    100 %  'bad\\nname'" in text


def test_testimony_is_no_step(clickhouse: ClickHouse) -> None:
    told = [Event(f"t-{number}", f"o-{number}", "confirmed", number * DAY, "noshow") for number in range(50)]
    assert list(steps(proposed(clickhouse, [*many("Opened", "Closed"), *told]))) == ["Closed"]


def test_branches_in_either_order_come_after_what_they_share(clickhouse: ClickHouse) -> None:
    events = [
        *many("Opened", "Paid", "Packed", "Checked", "Sent"),
        *many("Opened", "Paid", "Checked", "Packed", "Sent"),
    ]
    for number, made in enumerate(events):
        events[number] = Event(f"e-{number}", made.correlation_id + "ab"[number // 250], made.name, made.time, "test")
    after = {name: step.after for name, step in steps(proposed(clickhouse, events)).items()}
    assert after == {"Paid": ("start",), "Packed": ("Paid",), "Checked": ("Paid",), "Sent": ("Checked", "Packed")}


def test_what_answers_to_an_optional_step_waits_for_it_alone(clickhouse: ClickHouse) -> None:
    paid = many("Opened", "Paid", count=60)
    asked = [
        event(f"o-{number}", name, number * DAY + minutes * MINUTE)
        for number in range(0, 60, 2)
        for name, minutes in (("Asked", 30 + 2 * number), ("Answered", 300))
    ]
    found = steps(proposed(clickhouse, paid + asked))
    assert found["Answered"].after == ("Asked",)
    assert [name for name, step in found.items() if step.optional] == ["Asked"]


def test_attributes_are_those_of_the_first_start(clickhouse: ClickHouse) -> None:
    events = many("Paid", "Closed", count=60)
    for number in range(60):
        kinds = "ab" if number % 2 else "ba"
        for again, kind in enumerate(kinds):
            at = number * DAY - HOUR + again * MINUTE
            events.append(event(f"o-{number}", "Opened", at, json.dumps({"kind": kind}), id=f"{1 - again}-{number}"))
        if number % 2:
            events.append(event(f"o-{number}", "Asked", number * DAY + 2 * MINUTE))
    assert 'when: Opened.kind == "a"' in proposed(clickhouse, events)


def test_unfinished_instances_do_not_make_a_step_optional(clickhouse: ClickHouse) -> None:
    done = many("Opened", "Closed", every=20 * DAY, count=60)
    running = [event(f"r-{number}", "Opened", (60 + number % 20) * DAY) for number in range(40)]
    assert not steps(proposed(clickhouse, done + running))["Closed"].optional


def test_more_than_once_is_told(clickhouse: ClickHouse) -> None:
    again = [event(f"o-{number}", "Paid", number * DAY + 2 * HOUR, id="again") for number in range(5)]
    assert "more than once in 10 % (up to 2 times)" in proposed(clickhouse, many("Opened", "Paid") + again)


def test_the_thirty_most_frequent_become_steps(clickhouse: ClickHouse) -> None:
    text = proposed(clickhouse, many("Opened", *(f"Step{number}" for number in range(33)), every=MINUTE))
    assert len(read(text).steps) == 30
    assert "Left out, beyond the 30 most frequent:" in text


def test_start_and_name_can_be_given(clickhouse: ClickHouse) -> None:
    workflow = read(proposed(clickhouse, many("Opened", "Paid", "Closed"), Wishes("Paid", "closing")))
    assert (workflow.name, workflow.start.names) == ("closing", ("Paid",))


def test_without_events_there_is_nothing_to_suggest(clickhouse: ClickHouse) -> None:
    with pytest.raises(NothingToSuggest, match="there are no events to learn from"):
        suggest(clickhouse, Wishes())


def test_a_start_that_never_came_is_named_with_the_nearest(clickhouse: ClickHouse) -> None:
    with pytest.raises(NothingToSuggest, match='there is no event called "Opend"; did you mean Opened'):
        proposed(clickhouse, many("Opened", "Closed"), Wishes("Opend"))


def test_a_start_alone_is_not_enough(clickhouse: ClickHouse) -> None:
    with pytest.raises(NothingToSuggest, match='nothing comes often enough with "Opened" to be a step'):
        proposed(clickhouse, many("Opened"))


def test_a_start_that_no_rule_can_name_is_refused(clickhouse: ClickHouse) -> None:
    with pytest.raises(NothingToSuggest, match="no rule can name the event"):
        proposed(clickhouse, many("bad\nname", "Closed"))


def test_the_other_workflow_of_a_store_is_pointed_at(clickhouse: ClickHouse) -> None:
    returns = [
        event(f"return-{number}", name, number * DAY + place * HOUR)
        for number in range(20)
        for place, name in enumerate(("ReturnRequested", "ParcelReturned"))
    ]
    text = proposed(clickhouse, [*many("OrderPlaced", "ItemShipped"), *returns])
    assert "others begin with ReturnRequested (28.6 %): see --start" in text
    workflow = read(suggest(clickhouse, Wishes("ReturnRequested")))
    assert (workflow.name, [step.name for step in workflow.steps]) == ("returns", ["ParcelReturned"])


def test_the_time_of_travel_becomes_the_grace(clickhouse: ClickHouse) -> None:
    events = [
        Event(it.id, it.correlation_id, it.name, it.time, it.source, received_at=it.time + 40 * SECOND)
        for it in many("Opened", "Closed")
    ]
    assert read(proposed(clickhouse, events)).grace == MINUTE
