"""Why an instance is what it is: the reasons, and that they are the judge's."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rules.explain.deadline import base, deadlines
from rules.explain.explain import Explained, as_text, explain_instance
from rules.explain.known import Known, key, know
from rules.explain.life import Part
from rules.expression import START, Attribute, Binary, Literal
from rules.judge import judge, only
from rules.spec import Share, Step, Workflow
from rules.verdict import WHOLE, StepVerdict, Verdict
from store.clickhouse import ClickHouse
from store.event import Event
from store.events import write
from tests.rules.random_cases import Case, case
from tests.rules.told import event, flag, flow, lived, on, step

CASES = 8  # of which each has a few instances
H = 3_600_000_000
DOCS = Path(__file__).parents[3] / "docs" / "explain-and-backtest.md"
TOPICS = set(re.findall(r"`[a-z ]+`", DOCS.read_text()))


def explained(clickhouse: ClickHouse, workflow: Workflow, events: Sequence[Event], as_of: int) -> list[Explained]:
    write(clickhouse, events)
    [verdict] = judge(clickhouse, workflow, as_of, only(["c"]))
    assert isinstance(verdict, Verdict)
    return explain_instance(clickhouse, workflow, verdict, as_of)


def told(found: Sequence[Explained], step: str, topic: str) -> list[str]:
    return [reason.text for each in found if each.step == step for reason in each.reasons if reason.topic == topic]


def heard(name: str, time: int, step: str, **more: str) -> Event:
    pairs = "".join(f', "{key}": "{value}"' for key, value in more.items())
    attributes = f'{{"workflow": "flow", "step": "{step}"{pairs}}}'
    return Event(f"t-{time}", "c", name, time, "noshow", attributes)


# What is said


def test_a_deadline_says_which_source_gave_it_and_which_are_later(clickhouse: ClickHouse) -> None:
    due = Attribute("Paid", ("promised",))
    workflow = flow(step("Paid", expires=9 * H), step("Sent", after=("Paid",), within=2 * H, due=due, needs=("Paid",)))
    events = [event("Placed", 0), event("Paid", H, '{"promised": "1970-01-01T06:00:00Z"}')]
    found = explained(clickhouse, workflow, events, 2 * H)
    assert told(found, "Sent", "due") == [
        "1970-01-01 03:00 UTC: 2 h after Paid",
        "not 1970-01-01 06:00 UTC (promised by Paid.promised), which is later",
        "not 1970-01-01 10:00 UTC (when Paid lapses, which holds for 9 h), which is later",
    ]
    assert told(found, "Sent", "counted from") == ["Paid, 1970-01-01 01:00 UTC"]
    assert told(found, "Sent", "next") == ["missing after 1970-01-01 03:00 UTC"]


def test_a_skipped_predecessor_is_looked_through(clickhouse: ClickHouse) -> None:
    when = Binary("==", Attribute(START, ("gift",)), Literal(True))
    workflow = flow(
        step("Paid", within=H),
        step("Wrapped", after=("Paid",), within=H, when=when),
        step("Sent", after=("Wrapped",), within=H),
    )
    found = explained(clickhouse, workflow, [event("Placed", 0, '{"gift": false}'), event("Paid", 5)], H)
    assert told(found, "Wrapped", "state") == ["its `when` is not true, so it is not expected"]
    assert told(found, "Wrapped", "when") == ["false: `start.gift == true`; start.gift is false"]
    [counted] = told(found, "Sent", "counted from")
    assert counted.startswith("Paid, ") and "Wrapped is skipped" in counted


def test_unknown_for_want_of_an_attribute_is_told_from_false(clickhouse: ClickHouse) -> None:
    when = Binary("==", Attribute(START, ("gift",)), Literal(True))
    found = explained(clickhouse, flow(step("Wrapped", within=H, when=when)), [event("Placed", 0)], H)
    assert told(found, "Wrapped", "when") == [
        "unknown, which counts as false: `start.gift == true`; start.gift is absent"
    ]


def test_undecided_says_on_what(clickhouse: ClickHouse) -> None:
    workflow = flow(step("Paid", within=H), step("Sent", within=H, when=Binary("==", flag("Paid"), Literal(True))))
    found = explained(clickhouse, workflow, [event("Placed", 0)], 5)
    [why] = told(found, "Sent", "state")
    assert why == "it is not decided yet whether it is expected: its `when` reads Paid, not here yet"


def test_what_need_not_come_keeps_nothing_open_and_a_deadline_that_is_not_known_is_not_denied(
    clickhouse: ClickHouse,
) -> None:
    workflow = flow(
        step("Gift", within=H, optional=True), step("Paid", within=H), step("Sent", after=("Paid",), within=H)
    )
    found = explained(clickhouse, workflow, [event("Placed", 0), event("Sent", 3)], 5)
    assert told(found, "", "state") == ["still open: Paid"]
    assert told(found, "Sent", "state") == ["it came; its deadline is not known yet"]


def test_how_many_have_come_and_who_says_how_many_are_needed(clickhouse: ClickHouse) -> None:
    workflow = flow(step("Sent", within=H, times=Attribute(START, ("parcels",))))
    events = [event("Placed", 0, '{"parcels": 3}'), event("Sent", 1, id="a"), event("Sent", 2, id="b")]
    found = explained(clickhouse, workflow, events, 5)
    assert told(found, "Sent", "times") == ["2 of 3 have come: `start.parcels`, for start.parcels is 3"]


@pytest.mark.parametrize(
    ("events", "weights"),
    [
        ([heard("confirmed", 7, "Paid", actor="ana", reason="in the ledger")], ["counts"]),
        ([heard("confirmed", 7, "Paid"), event("Paid", 9)], ["ignored, for the real event came"]),
        ([heard("confirmed", 7, "Paid"), heard("absent", 8, "Paid")], ["superseded by a later word", "counts"]),
        ([heard("absent", -5, "Paid")], ["ignored, for it was said before the start"]),
    ],
)
def test_testimony_is_weighed(clickhouse: ClickHouse, events: list[Event], weights: list[str]) -> None:
    later = [event("Placed", 0), *events]
    shifted = [Event(it.id, "c", it.name, it.time + H, it.source, it.attributes) for it in later]
    found = explained(clickhouse, flow(step("Paid", within=H)), shifted, 2 * H)
    assert [it.rsplit(": ", 1)[1] for it in told(found, "Paid", "testimony")] == weights


def test_testimony_says_who_and_why(clickhouse: ClickHouse) -> None:
    said = heard("confirmed", 7, "Paid", actor="ana", reason="in the ledger")
    found = explained(clickhouse, flow(step("Paid", within=H)), [event("Placed", 0), said], H)
    [came] = told(found, "Paid", "came")
    assert came.endswith(' by ana ("in the ledger")')


def test_a_finding_says_what_it_rests_on(clickhouse: ClickHouse) -> None:
    match = Binary("==", Attribute(None, ("sum",)), Attribute(START, ("sum",)))
    workflow = flow(step("Paid", within=H, at_most=1, match=match))
    events = [event("Placed", 0, '{"sum": 5}'), event("Paid", 3, id="p1"), event("Paid", 4, '{"sum": 6}', id="p2")]
    duplicate, mismatch = told(explained(clickhouse, workflow, events, H), "Paid", "flagged")
    assert duplicate.startswith("duplicate since ") and "the first one too many is Paid p2 of s" in duplicate
    assert "`sum == start.sum` is false of Paid p2 of s" in mismatch
    assert mismatch.endswith("sum is 6 and start.sum is 5")


def test_what_is_to_be_undone_says_until_when_and_by_what_it_was(clickhouse: ClickHouse) -> None:
    workflow = flow(
        step("Paid", within=H, undone_by=on("Refunded"), undo_within=2 * H),
        step("Held", within=H, undone_by=on("Released"), undo_within=2 * H),
        cancel=on("Cancelled"),
    )
    found = explained(clickhouse, workflow, lived(Paid=1, Held=2, Cancelled=3, Released=4), H)
    assert told(found, "Paid", "undone")[0].startswith("not yet: Refunded is expected until 1970-01-01 02:00")
    assert told(found, "Held", "undone")[0].startswith("Released Released-4 of s")
    assert told(found, WHOLE, "over")[0].startswith("called off: Cancelled")
    assert told(found, "Paid", "next")[0].startswith("not_undone after")


def test_the_text_is_in_the_order_of_the_file(clickhouse: ClickHouse) -> None:
    workflow = flow(step("Paid", within=H, warn=Share(50)), step("Sent", after=("Paid",), within=H))
    write(clickhouse, [event("Placed", 0)])
    [verdict] = judge(clickhouse, workflow, 5)
    assert isinstance(verdict, Verdict)
    lines = list(as_text(workflow, verdict, explain_instance(clickhouse, workflow, verdict, 5)))
    assert [it for it in lines if not it.startswith(" ")] == ["flow c: running", "Paid: pending", "Sent: waiting"]
    assert "  next          time alone can change it after 1970-01-01 00:29:59.999 UTC: Paid" in lines


# That it is the judge's


def drawn(clickhouse: ClickHouse, seed: int) -> Iterator[tuple[Case, Known]]:
    made = case(seed, sets=5)
    clickhouse.command("TRUNCATE TABLE events")
    write(clickhouse, [event for events in made.sets.values() for event in events])
    for verdict in judge(clickhouse, made.workflow, made.as_of, lives=made.lives):
        if isinstance(verdict, Verdict) and verdict.start is not None:
            yield made, know(clickhouse, made.workflow, verdict, verdict.start, made.as_of)


@pytest.mark.parametrize("seed", range(CASES))
def test_the_reasons_never_disagree_with_the_judge(clickhouse: ClickHouse, seed: int) -> None:
    """Its deadline is the earliest of those named, its event is at its time, and its next change is the instance's."""
    for made, known in drawn(clickhouse, seed):
        for rule_step, here in zip(made.workflow.steps, known.verdict.steps, strict=True):
            assert reasoned_due(known, rule_step) == here.due
            assert reasoned_at(known, rule_step, here) == here.at
        found = explain_instance(clickhouse, made.workflow, known.verdict, made.as_of)
        assert [it.state for it in found] == [known.verdict.state, *(it.state for it in known.verdict.steps)]
        assert {f"`{reason.topic}`" for it in found for reason in it.reasons} <= TOPICS
        changes = [it.changes_at for it in found[1:] if it.changes_at is not None]
        assert min([*changes, *(it.time for it in known.life.later)], default=None) == known.verdict.wake_at


def reasoned_due(known: Known, step: Step) -> int | None:
    promised = known.values.get(key(step.name, "due"))
    given = deadlines(known, step, base(known, step), promised if isinstance(promised, int) else None)
    return min((it.at for it in given), default=None)


def reasoned_at(known: Known, step: Step, here: StepVerdict) -> int | None:
    came = known.confirmed(step) or known.nth(step)
    assert here.count in (None, len(known.happened(Part.FULFILS, step.name)))
    return came.time if came else None
