"""More of the oracle itself: waiting, order, what else an answer holds, and stepping from wake to wake."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expression import START, Attribute, Binary, Has, Literal, Moment
from rules.spec import AtRisk
from rules.verdict import Answer, InstanceState, Kind, StepState, Unopened, Verdict
from tests.rules.oracle import judge
from tests.rules.random_cases import case
from tests.rules.told import LATER, dues, event, findings, flag, flow, lived, on, states, step, verdict

PENDING, MISSING = StepState.PENDING, StepState.MISSING
WAITING, SKIPPED = StepState.WAITING, StepState.SKIPPED
NEVER = Literal(False)


# Optional steps, and waiting for them


def test_waiting_reaches_through_skipped_steps() -> None:
    steps = [step("A", optional=True), step("B", after=("A",), when=NEVER), step("C", after=("B",), within=5)]
    found = verdict(flow(*steps, within=50), lived())
    assert [step.state for step in found.steps] == [PENDING, SKIPPED, WAITING]
    assert found.state == InstanceState.COMPLETE


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


def wake_of(found: Answer | None) -> int | None:
    return found.wake_at if isinstance(found, Verdict | Unopened) else None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_between_an_instant_and_its_wake_the_answer_never_changes(seed: int) -> None:
    drawn = case(seed, sets=2, unit=1)
    lives = replace(drawn.lives, rest=True)  # the others leave it to this one to wake for an ID without an instance
    for events in filter(None, drawn.sets.values()):
        times = [event.time for event in events]
        instants = range(min(times) - 2, max(times) + 45)
        answers = [judge(drawn.workflow, events, as_of, lives) for as_of in instants]
        for as_of, (before, found) in zip(instants[1:], pairwise(answers), strict=True):
            assert found == before or as_of == wake_of(before), (seed, as_of)
