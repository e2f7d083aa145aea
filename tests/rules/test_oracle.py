"""The oracle itself, where rules-language.md leaves room: what counts, and the start and end of an instance.

What the page settles is asked of both judges, in `test_meaning_*.py`; `test_oracle_order.py` has the rest.
"""

from random import Random

import msgspec

from rules.expression import Attribute, Literal, Moment
from rules.verdict import Kind, StepState, Unopened
from tests.rules.oracle import judge
from tests.rules.oracle_events import conflicts, distinct
from tests.rules.told import LATER, dues, event, findings, flow, lived, on, states, step, verdict

ON_TIME, LATE = StepState.ON_TIME, StepState.LATE
SKIPPED, NOT_NEEDED = StepState.SKIPPED, StepState.NOT_NEEDED
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


def test_a_conflict_is_a_source_and_id_with_copies_that_differ_in_time_name_or_attributes() -> None:
    one = event("Placed", 0, id="1")
    assert conflicts([one, one, msgspec.structs.replace(one, received_at=9, trace_id="t")]) == 0
    assert conflicts([one, event("Placed", 1, id="1")]) == 1
    assert conflicts([one, event("Paid", 0, id="1"), event("Placed", 0, '{"a":1}', id="1")]) == 1
    assert conflicts([one, event("Paid", 0, id="1", source="t")]) == 0


def test_stored_and_conflicts_count_what_still_lies_in_the_future() -> None:
    events = [*lived(Paid=5), event("Paid", LATER + 1, id="x"), event("Paid", LATER + 2, id="x")]
    found = verdict(flow(step("Paid")), events)
    assert (found.stored, found.conflicts) == (4, 1)


# One life


def test_before_its_first_event_an_id_is_nothing_and_before_its_start_it_is_unopened() -> None:
    workflow = flow(step("Paid"))
    assert judge(workflow, [], 0) is None
    assert judge(workflow, [event("Paid", 0)], 0) is None
    assert judge(workflow, [event("Paid", 0), event("Placed", 9), event("Noise", 7)], 5) == Unopened("flow", "c", 7)


def test_events_before_the_start_fulfil_a_step() -> None:
    assert states(flow(step("Paid", within=5)), lived(Paid=-5)) == [ON_TIME]


def test_one_event_can_fulfil_several_steps_and_the_start() -> None:
    workflow = flow(step("Paid", matcher=on("Placed"), within=5), step("Packed", matcher=on("Placed")))
    assert states(workflow, lived()) == [ON_TIME, ON_TIME]


# Deadlines


def test_the_earliest_of_all_deadlines_counts() -> None:
    workflow = flow(step("Paid", within=30, due=Moment(20)), step("Packed", after=("Paid",), within=5), within=25)
    assert dues(workflow, lived()) == [20, 25]
    assert dues(workflow, lived(Paid=4)) == [20, 9]


def test_undated_waits_for_what_due_names_and_spares_skipped_steps() -> None:
    promised = Attribute("A", ("promised",))
    steps = [step("A"), step("B", due=promised), step("C", due=promised, when=NEVER)]
    assert verdict(flow(*steps), lived()).undated == ()
    assert verdict(flow(*steps), lived(A=1)).undated == ("B",)


# The end


def test_after_end_forgives_the_skew_and_concerns_what_is_not_needed_but_not_what_is_skipped() -> None:
    steps = [step("A"), step("B", within=1), step("C", when=NEVER)]
    workflow = flow(*steps, cancel=on("Cancelled"), ends_on=on("Closed"), skew=2)
    assert findings(workflow, lived(Cancelled=5, A=7, B=1)) == []
    events = lived(Cancelled=5, A=8, B=9, C=9)
    assert findings(workflow, events) == [("A", Kind.AFTER_END, 8), ("B", Kind.LATE, 9), ("B", Kind.AFTER_END, 9)]
    assert states(workflow, events) == [NOT_NEEDED, LATE, SKIPPED]
    assert findings(workflow, lived(Closed=5, A=8, B=1)) == []
