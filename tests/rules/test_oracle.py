"""The oracle itself: each test is a point of rules-language.md §2, above all where its text leaves room.

Times are small numbers: microseconds from an origin of no importance.
"""

from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expression import START, Attribute, Binary, Has, Literal, Moment
from rules.spec import AtRisk, Match, Matcher, Step, Workflow
from rules.verdict import Finding, InstanceState, Kind, StepState, Unopened, Verdict
from store.event import Event
from tests.rules.oracle import conflicts, distinct, judge
from tests.rules.random_cases import case

ON_TIME, LATE, PENDING, MISSING = StepState.ON_TIME, StepState.LATE, StepState.PENDING, StepState.MISSING
WAITING, SKIPPED, NOT_NEEDED = StepState.WAITING, StepState.SKIPPED, StepState.NOT_NEEDED
NEVER = Literal(False)
LATER = 1_000


def on(*names: str) -> Matcher:
    return Matcher(tuple(Match(name) for name in names))


def step(name: str, **keys: Any) -> Step:
    return Step(name, **{"matcher": on(name), **keys})


def flow(*steps: Step, **keys: Any) -> Workflow:
    return Workflow("flow", **{"start": on("Placed"), "steps": steps, **keys})


def event(name: str, time: int, attributes: str = "{}", id: str = "", source: str = "s") -> Event:
    return Event(id or f"{name}-{time}", "c", name, time, source, attributes)


def lived(**times: int) -> list[Event]:
    """Events of these names at these times, after a start at 0."""
    return [event("Placed", 0), *(event(name, time) for name, time in times.items())]


def verdict(workflow: Workflow, events: list[Event], as_of: int = LATER) -> Verdict:
    found = judge(workflow, events, as_of)
    assert isinstance(found, Verdict)
    return found


def states(workflow: Workflow, events: list[Event], as_of: int = LATER) -> list[StepState]:
    return [step.state for step in verdict(workflow, events, as_of).steps]


def dues(workflow: Workflow, events: list[Event], as_of: int = LATER) -> list[int | None]:
    return [step.due for step in verdict(workflow, events, as_of).steps]


def findings(workflow: Workflow, events: list[Event], as_of: int = LATER) -> list[tuple[str, Kind, int]]:
    return [(found.step, found.kind, found.since) for found in verdict(workflow, events, as_of).findings]


def flag(step: str) -> Attribute:
    return Attribute(step, ("flag",))


# Identity


def test_of_differing_copies_the_earliest_counts_then_the_smallest_content() -> None:
    copies = [
        event("B", 2, id="1"),
        event("C", 1, "{}", id="1"),
        event("B", 1, '{"b":1}', id="1"),
        event("B", 1, '{"a":"é"}', id="1"),
        event("B", 1, '{"a":"é"}', id="1"),
    ]
    for _ in range(5):
        Random(0).shuffle(copies)
        assert distinct(copies) == [event("B", 1, '{"a":"é"}', id="1")]


def test_a_copy_that_does_not_count_opens_and_fulfils_nothing() -> None:
    assert judge(flow(step("Paid")), [event("Placed", 5, id="1"), event("Noise", 4, id="1")], LATER) is None


def test_a_conflict_is_a_source_and_id_with_copies_that_differ_in_time_name_or_attributes() -> None:
    one = event("Placed", 0, id="1")
    assert conflicts([one, one, msgspec.structs.replace(one, received_at=9, trace_id="t")]) == 0
    assert conflicts([one, event("Placed", 1, id="1")]) == 1
    assert conflicts([one, event("Paid", 0, id="1"), event("Placed", 0, '{"a":1}', id="1")]) == 1
    assert conflicts([one, event("Paid", 0, id="1", source="t")]) == 0


def test_stored_and_conflicts_count_what_still_lies_in_the_future() -> None:
    events = [*lived(Paid=5), event("Paid", LATER + 1, id="x"), event("Paid", LATER + 2, id="x")]
    found = verdict(flow(step("Paid")), events)
    assert (found.stored, found.conflicts) == (3, 1)


def test_events_are_ordered_by_time_then_id_then_source() -> None:
    tied = [
        event("Placed", 0, '{"x":"3"}', id="b", source="a"),
        event("Placed", 0, '{"x":"2"}', id="a", source="é"),
        event("Placed", 0, '{"x":"1"}', id="a", source="z"),
    ]
    found = verdict(flow(step("Paid"), customer=Attribute(START, ("x",))), tied)
    assert found.customer == "1"
    assert verdict(flow(step("Paid")), [*tied, event("Noise", 0, id="aa")]).last_event == "Placed"


# One life


def test_the_earliest_start_opens_the_instance_and_later_ones_nothing() -> None:
    assert verdict(flow(step("Paid", within=5)), [event("Placed", 7), event("Placed", 3)]).steps[0].due == 8


def test_before_its_first_event_an_id_is_nothing_and_before_its_start_it_is_unopened() -> None:
    workflow = flow(step("Paid"))
    assert judge(workflow, [], 0) is None
    assert judge(workflow, [event("Paid", 0)], 0) is None
    assert judge(workflow, [event("Paid", 0), event("Placed", 9), event("Noise", 7)], 5) == Unopened("flow", "c", 7)


def test_where_sees_only_the_event_at_hand_and_unknown_is_false() -> None:
    where = Binary(">", Attribute(None, ("n",)), Literal(1))
    workflow = flow(step("Paid", matcher=Matcher((Match("Paid", where), Match("Cash")))))
    assert states(workflow, [*lived(), event("Paid", 1, '{"n":2}')]) == [ON_TIME]
    assert states(workflow, [*lived(), event("Paid", 1, '{"n":"2"}')]) == [PENDING]
    assert states(workflow, [*lived(), event("Cash", 1)]) == [ON_TIME]


def test_events_before_the_start_fulfil_a_step() -> None:
    assert states(flow(step("Paid", within=5)), lived(Paid=-5)) == [ON_TIME]


def test_one_event_can_fulfil_several_steps_and_the_start() -> None:
    workflow = flow(step("Paid", matcher=on("Placed"), within=5), step("Packed", matcher=on("Placed")))
    assert states(workflow, lived()) == [ON_TIME, ON_TIME]


def test_only_events_not_after_the_instant_exist() -> None:
    assert states(flow(step("Paid")), lived(Paid=5), 4) == [PENDING]
    assert states(flow(step("Paid")), lived(Paid=5), 5) == [ON_TIME]


# Deadlines


def test_on_the_deadline_is_on_time_and_a_microsecond_later_is_late() -> None:
    workflow = flow(step("Paid", within=10), grace=5)
    assert states(workflow, lived(Paid=10)) == [ON_TIME]
    assert findings(workflow, lived(Paid=11)) == [("Paid", Kind.LATE, 11)]


def test_missing_begins_a_microsecond_after_deadline_and_grace() -> None:
    workflow = flow(step("Paid", within=10), grace=5)
    pending = verdict(workflow, lived(), 15)
    assert (pending.state, pending.steps[0].state, pending.wake_at) == (InstanceState.RUNNING, PENDING, 16)
    missing = verdict(workflow, lived(), 16)
    assert (missing.state, missing.steps[0].state, missing.wake_at) == (InstanceState.INCOMPLETE, MISSING, None)
    assert missing.findings == (Finding("Paid", Kind.MISSING, 15),)


def test_after_counts_from_the_latest_and_after_any_from_the_earliest() -> None:
    both = flow(step("A"), step("B"), step("C", after=(START, "A", "B"), within=10))
    assert dues(both, lived(A=3, B=7))[2] == 17
    assert dues(both, lived(A=3))[2] is None
    any_of = flow(step("A"), step("B"), step("C", after=(), after_any=("A", "B"), within=10))
    assert dues(any_of, lived(A=3, B=7))[2] == 13
    assert dues(any_of, lived(B=7))[2] == 17
    assert dues(any_of, lived())[2] is None


def test_the_earliest_of_all_deadlines_counts() -> None:
    workflow = flow(step("Paid", within=30, due=Moment(20)), step("Packed", after=("Paid",), within=5), within=25)
    assert dues(workflow, lived()) == [20, 25]
    assert dues(workflow, lived(Paid=4)) == [20, 9]


def test_a_skipped_step_is_replaced_by_what_it_comes_after() -> None:
    steps = [step("A"), step("B", after=("A",), when=NEVER), step("C", after=("B",), within=10)]
    assert dues(flow(*steps), lived(A=3))[2] == 13
    assert dues(flow(*steps), lived(A=3, B=8))[2] == 13
    assert dues(flow(*steps), lived(B=8))[2] is None


def test_a_skipped_step_passes_on_its_own_after_any() -> None:
    skipped = step("S", after=(), after_any=("A", "B"), when=NEVER)
    workflow = flow(step("A"), step("B"), skipped, step("C", after=("S",), within=10))
    assert dues(workflow, lived(A=3, B=7))[3] == 13
    assert findings(workflow, lived(A=3, B=7, C=2)) == [("C", Kind.OUT_OF_ORDER, 2)]
    assert findings(workflow, lived(A=3, C=4)) == []


def test_after_any_leaves_skipped_steps_out_and_falls_back_to_the_start() -> None:
    steps = [step("A", when=NEVER), step("B"), step("C", after=(), after_any=("A", "B"), within=10)]
    assert dues(flow(*steps), lived(A=1, B=7))[2] == 17
    assert dues(flow(*steps), lived(A=1))[2] is None
    steps[1] = step("B", when=NEVER)
    assert dues(flow(*steps), lived(A=1, B=7))[2] == 10


@pytest.mark.parametrize(
    ("promised", "due"),
    [('"1970-01-01T00:00:01Z"', 1_000_000), ("0.5", 500_000), ("2", 2_000_000), ('"soon"', None), ("true", None)],
)
def test_due_takes_a_bare_attribute_as_a_timestamp_and_anything_else_is_counted(promised: str, due: int | None) -> None:
    workflow = flow(step("Paid", due=Attribute(START, ("promised",))))
    found = verdict(workflow, [event("Placed", 0, f'{{"promised":{promised}}}')])
    assert found.steps[0].due == due
    assert found.undated == (() if due else ("Paid",))


def test_undated_waits_for_what_due_names_and_spares_skipped_steps() -> None:
    promised = Attribute("A", ("promised",))
    steps = [step("A"), step("B", due=promised), step("C", due=promised, when=NEVER)]
    assert verdict(flow(*steps), lived()).undated == ()
    assert verdict(flow(*steps), lived(A=1)).undated == ("B",)


# When


def test_when_is_undecided_until_every_step_it_names_has_come() -> None:
    both = Binary("||", flag("A"), flag("B"))
    workflow = flow(step("A"), step("B"), step("C", when=both, within=1))
    yes = event("A", 1, '{"flag":true}')
    assert states(workflow, [*lived(C=9), yes])[2] == WAITING
    assert states(workflow, [*lived(B=2), yes])[2] == MISSING
    assert states(workflow, lived(A=1, B=2, C=1))[2] == SKIPPED


def test_when_that_is_unknown_is_false() -> None:
    assert states(flow(step("A", when=flag(START))), [event("Placed", 0, '{"flag":"true"}')]) == [SKIPPED]


def test_when_that_names_a_skipped_step_is_false_whatever_else_it_names() -> None:
    absent = Binary("||", Has(flag("A")), Binary("||", Has(flag("B")), Literal(True)))
    workflow = flow(step("A", when=NEVER), step("B"), step("C", when=absent))
    assert states(workflow, lived()) == [SKIPPED, PENDING, SKIPPED]


def test_has_names_its_step_too() -> None:
    assert states(flow(step("A"), step("B", when=Has(flag("A")))), lived()) == [PENDING, WAITING]


# The end


def test_what_was_not_due_before_the_end_is_not_needed() -> None:
    workflow = flow(step("A", within=10), step("B", within=20), step("C"), cancel=on("Cancelled"))
    assert states(workflow, lived(Cancelled=10)) == [MISSING, NOT_NEEDED, NOT_NEEDED]
    assert states(workflow, lived(Cancelled=10, B=10, C=11)) == [MISSING, ON_TIME, NOT_NEEDED]


def test_an_end_before_the_start_ends_nothing_and_one_at_the_start_does() -> None:
    workflow = flow(step("A", within=10), ends_on=on("Closed"))
    assert verdict(workflow, lived(Closed=-1), 5).state == InstanceState.RUNNING
    assert verdict(workflow, lived(Closed=0), 5).state == InstanceState.COMPLETE
    assert verdict(workflow, [*lived(Closed=-1), event("Closed", 3)], 5).state == InstanceState.COMPLETE


def test_the_earliest_end_counts_and_at_one_instant_cancel_wins() -> None:
    workflow = flow(step("A"), cancel=on("Cancelled"), ends_on=on("Closed"))
    assert verdict(workflow, lived(Cancelled=5, Closed=4)).state == InstanceState.COMPLETE
    assert verdict(workflow, lived(Cancelled=5, Closed=5)).state == InstanceState.CANCELLED


def test_cancelled_comes_before_incomplete_and_incomplete_before_complete() -> None:
    workflow = flow(step("A", within=3), cancel=on("Cancelled"), ends_on=on("Closed"))
    assert verdict(workflow, lived(Cancelled=5)).state == InstanceState.CANCELLED
    assert verdict(workflow, lived(Closed=5)).state == InstanceState.INCOMPLETE
    assert findings(workflow, lived(Cancelled=5)) == [("A", Kind.MISSING, 3)]


def test_after_end_forgives_the_skew_and_concerns_what_is_not_needed_but_not_what_is_skipped() -> None:
    steps = [step("A"), step("B", within=1), step("C", when=NEVER)]
    workflow = flow(*steps, cancel=on("Cancelled"), ends_on=on("Closed"), skew=2)
    assert findings(workflow, lived(Cancelled=5, A=7, B=1)) == []
    events = lived(Cancelled=5, A=8, B=9, C=9)
    assert findings(workflow, events) == [("A", Kind.AFTER_END, 8), ("B", Kind.LATE, 9), ("B", Kind.AFTER_END, 9)]
    assert states(workflow, events) == [NOT_NEEDED, LATE, SKIPPED]
    assert findings(workflow, lived(Closed=5, A=8, B=1)) == []


# Optional steps, and waiting for them


def test_an_overdue_optional_step_is_pending_and_late_when_it_comes() -> None:
    workflow = flow(step("A", within=5, optional=True))
    assert verdict(workflow, lived()).state == InstanceState.COMPLETE
    assert states(workflow, lived()) == [PENDING]
    assert verdict(workflow, lived(), 1).wake_at is None
    assert findings(workflow, lived(A=6)) == [("A", Kind.LATE, 6)]


def test_what_comes_after_an_optional_step_is_obliged_only_once_that_has_come() -> None:
    chain = [step("A", optional=True), step("B", after=("A",), within=5), step("C", after=("B",), within=5)]
    workflow = flow(*chain, within=50)
    idle = verdict(workflow, lived())
    assert [step.state for step in idle.steps] == [PENDING, WAITING, WAITING]
    assert idle.state == InstanceState.COMPLETE
    assert states(workflow, lived(A=1)) == [ON_TIME, MISSING, MISSING]


def test_waiting_on_an_optional_and_on_a_required_step_is_no_idle_waiting() -> None:
    steps = [step("A", optional=True), step("B", within=90), step("C", after=("A", "B"), within=5)]
    assert states(flow(*steps, within=50), lived()) == [PENDING, MISSING, MISSING]
    steps[2] = step("C", after=(), after_any=("A", "B"), within=5)
    assert states(flow(*steps, within=50), lived()) == [PENDING, MISSING, MISSING]


def test_waiting_reaches_through_skipped_steps() -> None:
    steps = [step("A", optional=True), step("B", after=("A",), when=NEVER), step("C", after=("B",), within=5)]
    found = verdict(flow(*steps, within=50), lived())
    assert [step.state for step in found.steps] == [PENDING, SKIPPED, WAITING]
    assert found.state == InstanceState.COMPLETE


def test_waiting_on_an_undecided_step_is_waiting_but_not_complete() -> None:
    steps = [step("A", within=2_000), step("B", when=flag("A"), within=5), step("C", after=("B",), within=5)]
    found = verdict(flow(*steps, within=50, grace=10_000), lived())
    assert [step.state for step in found.steps] == [PENDING, WAITING, WAITING]
    assert found.state == InstanceState.RUNNING


def test_a_when_over_an_absent_optional_step_lets_the_instance_be_complete() -> None:
    steps = [step("A", optional=True), step("B", when=flag("A"), within=5), step("C", after=("B",), within=5)]
    found = verdict(flow(*steps), lived())
    assert [step.state for step in found.steps] == [PENDING, WAITING, WAITING]
    assert found.state == InstanceState.COMPLETE
    steps[1] = replace(steps[1], after=("D",))
    assert verdict(flow(*steps, step("D")), lived()).state == InstanceState.RUNNING


def test_an_undecided_step_that_has_come_stays_waiting() -> None:
    steps = [step("A"), step("B", when=flag("A"), within=5, optional=True)]
    assert states(flow(*steps), lived(B=9)) == [PENDING, WAITING]


def test_a_base_that_is_undefined_leaves_other_deadlines_standing() -> None:
    after = step("B", after=("A",), within=5)
    assert states(flow(step("A"), after), lived()) == [PENDING, WAITING]
    assert states(flow(step("A"), replace(after, due=Moment(7))), lived(), 7) == [PENDING, PENDING]
    assert states(flow(step("A"), replace(after, due=Moment(7))), lived(), 8) == [PENDING, MISSING]


# Order


def test_equal_times_are_in_order_and_the_skew_is_forgiven() -> None:
    workflow = flow(step("A"), step("B", after=("A",)), skew=2)
    assert findings(workflow, lived(A=5, B=5)) == []
    assert findings(workflow, lived(A=5, B=3)) == []
    assert findings(workflow, lived(A=5, B=2)) == [("B", Kind.OUT_OF_ORDER, 2)]


def test_the_start_is_no_predecessor_of_which_order_is_judged() -> None:
    assert findings(flow(step("A")), lived(A=-50)) == []


def test_shipped_and_never_paid_is_out_of_order_after_the_grace() -> None:
    workflow = flow(step("Paid"), step("Shipped", after=("Paid",)), grace=5)
    patient = verdict(workflow, lived(Shipped=10), 15)
    assert (patient.findings, patient.wake_at) == ((), 16)
    assert findings(workflow, lived(Shipped=10), 16) == [("Shipped", Kind.OUT_OF_ORDER, 15)]
    assert findings(workflow, lived(Shipped=10, Paid=20), 19) == [("Shipped", Kind.OUT_OF_ORDER, 15)]
    assert findings(workflow, lived(Shipped=10, Paid=20), 20) == [("Shipped", Kind.OUT_OF_ORDER, 10)]


def test_an_absent_optional_predecessor_obliges_nothing_nor_does_what_waits_on_it() -> None:
    optional = step("A", optional=True)
    assert findings(flow(optional, step("B", after=("A",))), lived(B=5)) == []
    assert findings(flow(optional, step("B", after=("A",))), lived(B=5, A=6)) == [("B", Kind.OUT_OF_ORDER, 5)]
    assert findings(flow(optional, step("B", after=("A",)), step("C", after=("B",))), lived(C=5)) == []


def test_an_undecided_predecessor_is_expected_unless_it_waits_only_on_optional_ones() -> None:
    steps = [step("A"), step("B", when=flag("A")), step("C", after=("B",))]
    assert findings(flow(*steps), lived(C=5)) == [("C", Kind.OUT_OF_ORDER, 5)]
    steps[0] = step("A", optional=True)
    assert findings(flow(*steps), lived(C=5)) == []


def test_order_is_judged_through_skipped_steps() -> None:
    workflow = flow(step("A"), step("B", after=("A",), when=NEVER), step("C", after=("B",)))
    assert findings(workflow, lived(A=5, B=1, C=4)) == [("C", Kind.OUT_OF_ORDER, 4)]
    assert findings(workflow, lived(B=9, C=4)) == [("C", Kind.OUT_OF_ORDER, 4)]


def test_after_any_asks_that_one_of_them_comes_first() -> None:
    workflow = flow(step("A"), step("B", optional=True), step("C", after=(), after_any=("A", "B")), grace=5, skew=2)
    assert findings(workflow, lived(A=9, B=3, C=4)) == []
    assert findings(workflow, lived(A=9, B=6, C=4)) == []
    assert findings(workflow, lived(A=9, B=7, C=4)) == [("C", Kind.OUT_OF_ORDER, 4)]
    assert findings(workflow, lived(B=3, C=4)) == []
    assert findings(workflow, lived(C=4), 9) == []
    assert findings(workflow, lived(C=4), 10) == [("C", Kind.OUT_OF_ORDER, 9)]


def test_after_any_of_optional_steps_only_obliges_nothing() -> None:
    steps = [step("A", optional=True), step("B", when=NEVER), step("C", after=(), after_any=("A", "B"))]
    assert findings(flow(*steps), lived(C=4)) == []


def test_after_any_with_the_start_among_them_asks_for_nothing_else() -> None:
    workflow = flow(step("A"), step("C", after=(), after_any=(START, "A"), within=5))
    assert findings(workflow, lived(C=4)) == []
    assert findings(workflow, lived(C=4, A=9)) == []
    assert findings(workflow, lived(C=-9, A=-1)) == []
    assert dues(workflow, lived(C=4, A=3))[1] == 5


def test_skipped_and_not_needed_steps_have_no_out_of_order() -> None:
    workflow = flow(step("A"), step("B", after=("A",)), step("C", after=("A",), when=NEVER), ends_on=on("Closed"))
    assert findings(workflow, lived(Closed=3, B=4, C=4)) == []
    assert verdict(workflow, lived(Closed=3, B=4, C=4), 4).wake_at is None


def test_a_predecessor_that_an_end_made_needless_was_still_expected() -> None:
    workflow = flow(step("A"), step("B", after=("A",)), cancel=on("Cancelled"))
    assert findings(workflow, lived(B=2, Cancelled=3)) == [("B", Kind.OUT_OF_ORDER, 2)]


def test_an_end_makes_nothing_expected_that_was_not() -> None:
    steps = [step("A", optional=True), step("B", after=("A",)), step("C", after=("B",))]
    assert findings(flow(*steps, cancel=on("Cancelled")), lived(C=2, Cancelled=3)) == []


# The rest of the answer


def test_steps_and_findings_stand_in_the_order_of_the_file_then_of_the_kinds() -> None:
    workflow = flow(step("B", after=("A",), within=1), step("A"), cancel=on("Cancelled"))
    found = verdict(workflow, lived(Cancelled=4, A=3, B=9))
    assert [step.step for step in found.steps] == ["B", "A"]
    assert [finding.kind for finding in found.findings] == [Kind.LATE, Kind.AFTER_END]


def test_at_and_due_are_given_whatever_the_state() -> None:
    steps = [step("A", when=NEVER, within=5), step("B"), step("C", when=flag("B"), within=7)]
    found = verdict(flow(*steps, ends_on=on("Closed")), lived(A=3, C=4))
    assert [(step.state, step.at, step.due) for step in found.steps] == [
        (SKIPPED, 3, 5),
        (PENDING, None, None),
        (WAITING, 4, 7),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12.0), ("1.50", 1.5), ('"12"', None), ("true", None), ("[1]", None), ("null", None)],
)
def test_the_number_at_risk_is_a_number(text: str, value: float | None) -> None:
    workflow = flow(step("A"), at_risk=AtRisk(Attribute(START, ("x",))))
    assert verdict(workflow, [event("Placed", 0, f'{{"x":{text}}}')]).at_risk == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"D\\u0045"', "DE"),
        ('""', ""),
        ("12", "12"),
        ("-0", "0"),
        ("9007199254740993", "9007199254740993"),
        ("1.50", None),
        ("1e2", None),
        ("18446744073709551616", "18446744073709551616"),
        ("true", "true"),
        ("null", None),
        ("[1]", None),
        ("{}", None),
    ],
)
def test_unit_and_customer_are_a_string_an_integer_or_a_boolean_of_an_event(text: str, shown: str | None) -> None:
    attribute = Attribute(START, ("x",))
    workflow = flow(step("A"), customer=attribute, at_risk=AtRisk(Literal(1), attribute))
    found = verdict(workflow, [event("Placed", 0, f'{{"x":{text}}}')])
    assert (found.customer, found.unit) == (shown, shown)


def test_a_computed_number_or_boolean_stood_in_no_event_and_is_no_customer() -> None:
    number = Binary("+", Attribute(START, ("x",)), Literal(1))
    events = [event("Placed", 0, '{"x":1,"s":"a"}')]
    assert verdict(flow(step("A"), customer=number), events).customer is None
    assert verdict(flow(step("A"), customer=Has(Attribute(START, ("x",)))), events).customer is None
    assert verdict(flow(step("A"), customer=Literal(5)), events).customer is None
    joined = Binary("+", Attribute(START, ("s",)), Literal("b"))
    assert verdict(flow(step("A"), customer=joined), events).customer == "ab"


def test_at_risk_and_customer_may_come_from_a_step_once_it_has_come() -> None:
    workflow = flow(step("Paid"), at_risk=AtRisk(Attribute("Paid", ("x",))))
    events = [*lived(), event("Paid", 5, '{"x":7}'), event("Paid", 6, '{"x":8}')]
    assert verdict(workflow, events, 4).at_risk is None
    assert verdict(workflow, events).at_risk == 7


def test_the_last_event_is_the_last_distinct_one_of_any_name() -> None:
    found = verdict(flow(step("Paid")), [*lived(Paid=5), event("Noise", 7), event("Noise", LATER + 1)])
    assert (found.last_event, found.last_event_at) == ("Noise", 7)


def test_an_event_still_to_come_wakes_whatever_its_name() -> None:
    assert verdict(flow(step("Paid", within=90)), lived(Noise=50), 5).wake_at == 50


# Stepping from wake to wake


def wake_of(found: Verdict | Unopened | None) -> int | None:
    return found.wake_at if found else None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_between_an_instant_and_its_wake_the_answer_never_changes(seed: int) -> None:
    drawn = case(seed, sets=2, unit=1)
    for events in filter(None, drawn.sets.values()):
        times = [event.time for event in events]
        instants = range(min(times) - 2, max(times) + 45)
        answers = [judge(drawn.workflow, events, as_of) for as_of in instants]
        for as_of, (before, found) in zip(instants[1:], pairwise(answers), strict=True):
            assert found == before or as_of == wake_of(before), (seed, as_of)
