"""What a case is made of its findings."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.cases.case import Case, Change, News, Reason, State
from reconcile.cases.finding import Finding, newest
from reconcile.cases.settle import settle
from rules.spec import Severity
from store.event import MINUTE
from tests.reconcile.desk import ABOUT, NOON, closed, finding, late

PAYMENT = finding()
SHIPMENT = finding("ItemShipped", owner="shipping")


def changed(findings: Sequence[Finding], previous: Case | None = None, now: int = NOON) -> Change:
    change = settle(findings, ABOUT, previous, now)
    assert change is not None
    return change


def history(*states: Sequence[Finding]) -> list[Change | None]:
    """Settle one state of all findings after the other."""
    case: Case | None = None
    changes = []
    for minute, findings in enumerate(states):
        change = settle(findings, ABOUT, case, NOON + minute * MINUTE)
        case = change.case if change else case
        changes.append(change)
    return changes


def news(*states: Sequence[Finding]) -> list[News | None]:
    return [change.news if change else None for change in history(*states)]


def test_a_missing_step_opens_a_case() -> None:
    change = changed([PAYMENT])
    case = change.case
    assert (change.news, case.state, case.reason, case.transition) == (News.OPENED, State.OPEN, None, 1)
    assert (case.step, case.kind, case.owner, case.since) == ("PaymentReceived", "missing", "payments", PAYMENT.since)
    assert (case.opened_at, case.updated_at, case.resolved_at) == (NOON, NOON, None)


def test_it_is_stuck_at_the_first_step_of_the_graph_that_is_wrong() -> None:
    case = changed([SHIPMENT, PAYMENT, late("Delivered", step_order=0)]).case
    assert (case.step, case.owner, case.sentence) == ("PaymentReceived", "payments", PAYMENT.sentence)


def test_its_severity_is_the_highest_of_what_keeps_it_open() -> None:
    critical = replace(SHIPMENT, severity="critical")
    assert changed([PAYMENT, critical]).case.severity is Severity.CRITICAL
    assert changed([PAYMENT, late("Delivered", severity="critical")]).case.severity is Severity.WARNING


def test_a_late_arrival_resolves_it_and_is_the_reason() -> None:
    opened, resolved = history([PAYMENT], [closed(PAYMENT, 2), late(version=2)])
    assert opened and resolved
    case = resolved.case
    assert (resolved.news, case.state, case.reason) == (News.RESOLVED, State.RESOLVED, Reason.ARRIVED_LATE)
    assert (case.step, case.kind, case.transition, case.resolved_at) == ("PaymentReceived", "late", 2, NOON + MINUTE)
    assert [it.place for it in resolved.righted] == [("PaymentReceived", "missing")]


def test_of_several_late_arrivals_the_last_stands_for_the_case() -> None:
    early, last = late(since=NOON - 9 * MINUTE), late("ItemShipped", since=NOON - MINUTE)
    assert changed([last, early]).case.step == "ItemShipped"


def test_it_stays_open_when_coming_late_has_to_be_acknowledged() -> None:
    change = history([PAYMENT], [closed(PAYMENT, 2), late(version=2, noted=False)])[1]
    assert change
    assert (change.news, change.case.state, change.case.kind) == (News.UPDATED, State.OPEN, "late")


def test_it_is_resolved_when_nothing_holds_any_more() -> None:
    change = history([PAYMENT], [closed(PAYMENT, 2)])[1]
    assert change
    assert (change.news, change.case.reason) == (News.RESOLVED, Reason.CONDITION_CEASED)


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        ([closed(PAYMENT, 2, closed_because="rule_removed")], Reason.RULE_REMOVED),
        ([closed(PAYMENT, 2), closed(SHIPMENT, 3, closed_because="rule_removed")], Reason.RULE_REMOVED),
        ([closed(PAYMENT, 3), closed(SHIPMENT, 2, closed_because="rule_removed")], Reason.CONDITION_CEASED),
        ([closed(PAYMENT, 3, closed_because="rule_removed"), closed(SHIPMENT, 3)], Reason.CONDITION_CEASED),
        ([closed(PAYMENT, 3, closed_because="rule_removed"), late(version=1)], Reason.ARRIVED_LATE),
    ],
)
def test_the_reason_is_what_closed_last_or_what_is_noted(findings: list[Finding], reason: Reason) -> None:
    assert changed(findings).case.reason is reason


def test_what_comes_late_afterwards_leaves_a_resolved_case_as_it_was_resolved() -> None:
    change = history([PAYMENT], [closed(PAYMENT, 2)], [closed(PAYMENT, 2), late("ItemShipped")])[2]
    assert change
    assert (change.news, change.case.reason) == (None, Reason.ARRIVED_LATE)
    assert (change.case.resolved_at, change.case.updated_at) == (NOON + MINUTE, NOON + 2 * MINUTE)


def test_a_case_born_settled_is_recorded_and_told_nobody() -> None:
    change = changed([late()])
    assert (change.news, change.case.state, change.case.reason) == (None, State.RESOLVED, Reason.ARRIVED_LATE)
    assert (change.case.transition, change.case.resolved_at) == (0, NOON)


def test_one_born_settled_is_opened_not_reopened_when_something_is_wrong() -> None:
    assert news([late()], [late(), SHIPMENT]) == [None, News.OPENED]


def test_it_is_reopened_in_place() -> None:
    change = history([PAYMENT], [closed(PAYMENT, 2)], [replace(PAYMENT, version=3)])[2]
    assert change
    case = change.case
    assert (change.news, case.transition, case.state, case.reason) == (News.REOPENED, 3, State.OPEN, None)
    assert (case.opened_at, case.resolved_at) == (NOON + 2 * MINUTE, None)


def test_owners_are_told_what_is_new_and_what_is_over() -> None:
    both = [PAYMENT, SHIPMENT]
    assert news([PAYMENT], both, [closed(PAYMENT, 3), SHIPMENT]) == [News.OPENED, News.UPDATED, News.UPDATED]


def test_owners_are_told_when_a_case_changes_hands_or_place() -> None:
    assert news([PAYMENT], [replace(PAYMENT, version=2, owner="treasury")]) == [News.OPENED, News.UPDATED]
    moved = [replace(PAYMENT, version=2, step_order=5), SHIPMENT]
    assert news([PAYMENT, SHIPMENT], moved) == [News.OPENED, News.UPDATED]


def test_owners_are_not_told_of_details() -> None:
    worded = replace(PAYMENT, version=2, sentence="PaymentReceived was due at noon.")
    opened, reworded, noted = history([PAYMENT], [worded], [worded, late("ItemShipped")])
    assert reworded and noted and opened
    assert [opened.news, reworded.news, noted.news] == [News.OPENED, None, None]
    assert (reworded.case.sentence, reworded.case.transition) == (worded.sentence, 1)


def test_nothing_new_is_no_change() -> None:
    case = changed([PAYMENT, SHIPMENT]).case
    assert settle([SHIPMENT, PAYMENT], ABOUT, case, NOON + MINUTE) is None


def test_all_whose_findings_are_or_were_wrong_hear_of_a_change() -> None:
    change = history([PAYMENT, SHIPMENT], [replace(PAYMENT, version=2, owner="treasury"), closed(SHIPMENT, 2)])[1]
    assert change
    assert change.owners == ("treasury", "payments", "shipping")


def test_an_unknown_kind_keeps_a_case_open() -> None:
    assert changed([finding(kind="teleported")]).case.state is State.OPEN


def versions(step: str, kind: str, owner: str) -> st.SearchStrategy[list[Finding]]:
    """One finding through a few versions."""
    flags = st.tuples(st.booleans(), st.sampled_from(["", "rule_removed"]))
    noted = kind == "late"

    def build(states: list[tuple[bool, str]]) -> list[Finding]:
        it = finding(step, kind, owner=owner, noted=noted)
        return [
            replace(it, version=number, open=is_open, closed_because="" if is_open else because)
            for number, (is_open, because) in enumerate(states, start=1)
        ]

    return st.lists(flags, min_size=1, max_size=4).map(build)


@given(
    st.tuples(
        versions("PaymentReceived", "missing", "payments"),
        versions("PaymentReceived", "late", "payments"),
        versions("ItemShipped", "missing", "shipping"),
    ),
    st.randoms(use_true_random=False),
)
def test_in_whatever_order_findings_are_seen_the_case_is_the_same(
    lives: tuple[list[Finding], ...], random: Random
) -> None:
    seen = [it for life in lives for it in life]
    random.shuffle(seen)
    case: Case | None = None
    known: tuple[Finding, ...] = ()
    for it in seen:
        known = newest(known, [it])
        change = settle(known, ABOUT, case, NOON)
        case = change.case if change else case
    assert case is not None
    at_once = changed(known).case
    assert replace(case, transition=0, revision=0) == replace(at_once, transition=0, revision=0)
