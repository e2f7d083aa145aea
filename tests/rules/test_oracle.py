"""The oracle itself: each test is a point of rules-language.md §2, above all where its text leaves room.

Here what makes the state of a step; `test_oracle_order.py` has the rest.
"""

from random import Random

import msgspec
import pytest

from rules.expression import START, Attribute, Binary, Has, Literal, Moment
from rules.spec import Match, Matcher
from rules.verdict import Finding, InstanceState, Kind, StepState, Unopened
from tests.rules.oracle import judge
from tests.rules.oracle_events import conflicts, distinct
from tests.rules.told import LATER, dues, event, findings, flag, flow, lived, on, states, step, verdict

ON_TIME, LATE, PENDING, MISSING = StepState.ON_TIME, StepState.LATE, StepState.PENDING, StepState.MISSING
WAITING, SKIPPED, NOT_NEEDED = StepState.WAITING, StepState.SKIPPED, StepState.NOT_NEEDED
NEVER = Literal(False)


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
