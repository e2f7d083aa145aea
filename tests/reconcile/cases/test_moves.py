"""What people and the clock make of a case, and what findings make of it then."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconcile.actor import SCHEDULE, Actor, ActorKind
from reconcile.cases.case import Case, Change, News, Reason, State
from reconcile.cases.finding import Finding, newest
from reconcile.cases.moves import (
    Acknowledge,
    Assign,
    By,
    Escalate,
    Move,
    Reopen,
    Resolve,
    Snooze,
    Wake,
    make,
    standing,
)
from reconcile.cases.settle import settle
from reconcile.errors import BadMove, NotYours, Overtaken
from reconcile.teams import Teams
from store.event import DAY, HOUR, MINUTE
from tests.reconcile.desk import ABOUT, NOON, closed, finding, late

MARIA = By(Actor(ActorKind.PERSON, "maria"))
BOB = By(Actor(ActorKind.PERSON, "bob"))
CLOCK = By(SCHEDULE)

PAYMENT = finding()
SHIPMENT = finding("ItemShipped", owner="shipping")
TWICE = finding(kind="duplicate")
FIXED = Resolve(Reason.FIXED, "paid by hand")
LATER = NOON + 3 * MINUTE
TOMORROW = NOON + DAY

Act = Sequence[Finding] | Move


def played(*acts: Act, by: By = MARIA) -> Change:
    """The last change of a case, minute by minute: findings as the evaluator has them now, or a move."""
    case: Case | None = None
    change: Change | None = None
    for minute, act in enumerate(acts):
        change = _acted(case, act, by, NOON + minute * MINUTE)
        case = change.case if change else case
    assert change is not None
    return change


def _acted(case: Case | None, act: Act, by: By, now: int) -> Change | None:
    if not isinstance(act, Sequence):
        assert case is not None
        return make(case, act, by, now)
    return settle(newest(case.findings if case else (), act), ABOUT, case, now)


def case_after(*acts: Act) -> Case:
    return played(*acts).case


# To acknowledge


def test_an_acknowledged_case_says_who_and_when_and_is_no_news() -> None:
    change = played([PAYMENT], Acknowledge("on it"))
    case = change.case
    assert (case.state, case.state_by, case.state_at, case.note) == ("acknowledged", "maria", NOON + MINUTE, "on it")
    assert (change.news, case.transition, case.revision) == (None, 1, 2)
    assert [it.acknowledged for it in case.findings] == [True]


def test_a_new_finding_opens_an_acknowledged_case_again_and_is_news() -> None:
    change = played([PAYMENT], Acknowledge("on it"), [SHIPMENT])
    assert (change.news, change.case.state, change.case.state_by, change.case.note) == (News.UPDATED, "open", "", "")
    assert [it.step for it in change.appeared] == ["ItemShipped"]
    assert [it.acknowledged for it in change.case.wrong] == [True, False]


def test_a_closing_finding_leaves_it_acknowledged_and_its_owners_are_told() -> None:
    change = played([PAYMENT, SHIPMENT], Acknowledge(), [closed(SHIPMENT, 2)])
    assert (change.news, change.case.state, change.case.state_by) == (News.UPDATED, "acknowledged", "maria")


def test_the_last_one_that_closes_resolves_it_by_itself() -> None:
    change = played([PAYMENT], Acknowledge("on it"), [closed(PAYMENT, 2)])
    case = change.case
    assert (change.news, case.state, case.reason) == (News.RESOLVED, "resolved", Reason.CONDITION_CEASED)
    assert (case.state_by, case.note) == ("", "")


def test_what_changes_in_a_finding_leaves_it_seen() -> None:
    case = case_after([PAYMENT], Acknowledge(), [replace(PAYMENT, version=2, sentence="Otherwise.")])
    assert (case.state, case.findings[0].acknowledged) == ("acknowledged", True)


@pytest.mark.parametrize("seen_between", [True, False])
def test_a_finding_that_ceased_and_holds_again_is_a_new_one(seen_between: bool) -> None:
    again = replace(PAYMENT, version=3, detected_at=LATER)
    between: list[Act] = [[closed(PAYMENT, 2)]] if seen_between else []
    case = case_after([PAYMENT, SHIPMENT], Acknowledge(), *between, [again])
    assert case.state == "open"
    assert [it.acknowledged for it in case.wrong] == [False, True]


def test_a_late_arrival_that_is_a_case_closes_when_it_is_seen() -> None:
    change = played([late(noted=False)], Acknowledge("told the customer"))
    case = change.case
    assert (change.news, case.state, case.reason) == (News.RESOLVED, "resolved", Reason.ARRIVED_LATE)
    assert (case.state_by, case.note, case.resolved_at) == ("maria", "told the customer", NOON + MINUTE)


@pytest.mark.parametrize("kind", ["duplicate", "after_end"])
def test_so_does_what_came_too_often_or_after_the_end_as_accepted(kind: str) -> None:
    case = case_after([finding(kind=kind)], Acknowledge())
    assert (case.state, case.reason, case.state_by) == ("resolved", Reason.ACCEPTED, "maria")


@pytest.mark.parametrize(
    "kind", ["missing", "failed", "out_of_order", "mismatch", "not_undone", "half_undone", "orphan", "teleported"]
)
def test_what_can_be_mended_keeps_it_unresolved(kind: str) -> None:
    assert case_after([finding(kind=kind)], Acknowledge()).state == "acknowledged"


def test_what_was_seen_goes_when_the_rest_does() -> None:
    change = played([PAYMENT, TWICE], Acknowledge(), [closed(PAYMENT, 2)])
    assert (change.news, change.case.reason) == (News.RESOLVED, Reason.CONDITION_CEASED)


def test_what_was_seen_reopens_a_case_only_when_it_ceased_and_holds_again() -> None:
    seen: list[Act] = [[TWICE], Acknowledge(), [replace(TWICE, version=2, sentence="Thrice.")]]
    assert case_after(*seen).state == "resolved"
    change = played(*seen, [closed(TWICE, 3)], [replace(TWICE, version=4, detected_at=LATER)])
    assert (change.news, change.case.state) == (News.REOPENED, "open")


# To snooze


def test_a_snoozed_case_is_open_again_when_its_time_has_come() -> None:
    snoozed = case_after([PAYMENT], Snooze(NOON + 2 * MINUTE, "the bank is down"))
    assert (snoozed.state, snoozed.snoozed_until, snoozed.note) == ("snoozed", NOON + 2 * MINUTE, "the bank is down")
    with pytest.raises(Overtaken, match="not over"):
        make(snoozed, Wake(), CLOCK, NOON + 2 * MINUTE - 1)
    change = make(snoozed, Wake(), CLOCK, NOON + 2 * MINUTE)
    assert (change.news, change.case.state, change.case.snoozed_until) == (News.UPDATED, "open", None)
    assert change.case.opened_at == NOON


def test_a_new_finding_ends_a_snooze() -> None:
    change = played([PAYMENT], Snooze(TOMORROW), [SHIPMENT])
    assert (change.news, change.case.state, change.case.snoozed_until) == (News.UPDATED, "open", None)


def test_what_closes_does_not() -> None:
    case = case_after([PAYMENT, SHIPMENT], Snooze(TOMORROW), [closed(PAYMENT, 2)])
    assert (case.state, case.snoozed_until, case.step) == ("snoozed", TOMORROW, "ItemShipped")


def test_the_last_one_that_closes_resolves_it_in_its_sleep() -> None:
    case = case_after([PAYMENT], Snooze(TOMORROW), [closed(PAYMENT, 2), late(version=2)])
    assert (case.state, case.reason, case.snoozed_until) == ("resolved", Reason.ARRIVED_LATE, None)


def test_to_acknowledge_ends_a_snooze() -> None:
    case = case_after([PAYMENT], Snooze(TOMORROW), Acknowledge())
    assert (case.state, case.snoozed_until) == ("acknowledged", None)


def test_nobody_snoozes_until_the_past() -> None:
    with pytest.raises(BadMove, match="until: expected an instant in the future, and 2025-11-20T12:01:00Z is past"):
        played([PAYMENT], Snooze(NOON + MINUTE))


# To resolve


@pytest.mark.parametrize("before", [[], [Acknowledge()], [Snooze(TOMORROW)]])
def test_a_person_resolves_it_with_a_reason_and_a_note(before: list[Act]) -> None:
    change = played([PAYMENT, SHIPMENT], *before, FIXED)
    case = change.case
    assert (change.news, case.state, case.reason, case.note) == (News.RESOLVED, "resolved", "fixed", "paid by hand")
    assert (case.state_by, case.snoozed_until, case.resolved_at) == ("maria", None, case.updated_at)
    assert [it.settled for it in case.findings] == [True, True]
    assert (case.step, case.kind) == ("PaymentReceived", "missing"), "where it was stuck"


@pytest.mark.parametrize("reason", [Reason.ARRIVED_LATE, Reason.CONDITION_CEASED, Reason.RULE_REMOVED])
def test_no_person_gives_a_reason_that_only_findings_give(reason: Reason) -> None:
    with pytest.raises(BadMove, match="expected one of confirmed_at_source, fixed, accepted, false_alarm"):
        played([PAYMENT], Resolve(reason, "so it seems"))


def test_a_resolution_needs_a_note() -> None:
    with pytest.raises(BadMove, match="note"):
        played([PAYMENT], Resolve(Reason.FIXED, " \n"))


@pytest.mark.parametrize("afterwards", [[closed(PAYMENT, 2)], [closed(PAYMENT, 2), late(version=2)]])
def test_it_stays_as_it_was_resolved_when_its_finding_closes_later(afterwards: list[Finding]) -> None:
    change = played([PAYMENT], FIXED, afterwards)
    case = change.case
    assert (change.news, case.state, case.reason, case.state_by) == (None, "resolved", "fixed", "maria")
    assert (case.resolved_at, case.updated_at) == (NOON + MINUTE, NOON + 2 * MINUTE)
    assert not next(it for it in case.findings if it.kind == "missing").open


def test_what_was_settled_reopens_it_in_place_when_it_ceased_and_holds_again() -> None:
    change = played([PAYMENT], FIXED, [closed(PAYMENT, 2)], [replace(PAYMENT, version=3, detected_at=LATER)])
    case = change.case
    assert (change.news, case.state, case.reason, case.note) == (News.REOPENED, "open", None, "")
    assert (case.opened_at, case.resolved_at, case.findings[0].settled) == (LATER, None, False)


def test_a_new_finding_reopens_it_for_that_one_alone() -> None:
    change = played([PAYMENT], FIXED, [SHIPMENT])
    assert (change.news, change.case.step) == (News.REOPENED, "ItemShipped")
    assert [it.step for it in change.case.wrong] == ["ItemShipped"]


def test_when_that_one_closes_it_is_resolved_by_itself() -> None:
    case = case_after([PAYMENT], FIXED, [SHIPMENT], [closed(SHIPMENT, 2)])
    assert (case.state, case.reason, case.state_by) == ("resolved", Reason.CONDITION_CEASED, "")


# To reopen


@pytest.mark.parametrize("move", [Acknowledge(), Snooze(TOMORROW)])
def test_to_reopen_takes_back_what_was_seen(move: Move) -> None:
    change = played([PAYMENT], move, Reopen("not mine"))
    assert (change.news, change.case.state, change.case.state_by) == (None, "open", "maria")
    assert (change.case.opened_at, change.case.findings[0].acknowledged) == (NOON, False)


def test_to_reopen_what_was_resolved_is_news_and_a_new_opening() -> None:
    change = played([PAYMENT], FIXED, Reopen("it was not"))
    case = change.case
    assert (change.news, case.state, case.reason, case.note) == (News.REOPENED, "open", None, "it was not")
    assert (case.opened_at, case.resolved_at, case.step) == (NOON + 2 * MINUTE, None, "PaymentReceived")


def test_nothing_is_reopened_of_which_nothing_holds() -> None:
    with pytest.raises(Overtaken, match="nothing that was flagged holds any more"):
        played([PAYMENT], [closed(PAYMENT, 2)], Reopen())


# To assign


def test_a_case_is_claimed_handed_over_and_let_go() -> None:
    assert case_after([PAYMENT], Assign("maria")).assignee == "maria"
    assert case_after([PAYMENT], Assign("maria"), Assign("bob")).assignee == "bob"
    assert case_after([PAYMENT], Assign("maria"), Assign("")).assignee == ""
    change = played([PAYMENT], Assign("maria"))
    assert (change.news, change.case.state, change.case.state_by) == (None, "open", "")


def test_who_takes_it_from_another_must_have_seen_that_it_was_theirs() -> None:
    case = case_after([PAYMENT], Assign("maria"))
    with pytest.raises(Overtaken, match="maria has it; give the revision that you saw"):
        make(case, Assign("bob"), BOB, LATER)
    assert make(case, Assign("bob"), replace(BOB, revision=case.revision), LATER).case.assignee == "bob"


def test_it_keeps_its_assignee_until_it_is_reopened_and_beyond() -> None:
    case = case_after([PAYMENT], Assign("maria"), [closed(PAYMENT, 2)], [replace(PAYMENT, version=3)])
    assert (case.state, case.assignee) == ("open", "maria")


# Who comes too late


@pytest.mark.parametrize(
    ("acts", "move", "told"),
    [
        ([FIXED], FIXED, "maria resolved it at 12:01 UTC as fixed: paid by hand"),
        ([[closed(PAYMENT, 2)]], FIXED, "it was resolved by itself at 12:01 UTC as condition_ceased"),
        ([Acknowledge("on it")], Acknowledge(), "maria acknowledged it at 12:01 UTC: on it"),
        ([Snooze(TOMORROW)], Snooze(TOMORROW), "maria snoozed it at 12:01 UTC until 2025-11-21 12:00 UTC"),
        ([FIXED, Reopen("no")], Reopen(), "maria reopened it at 12:02 UTC: no"),
        ([], Reopen(), "it is open since 12:00 UTC"),
        ([Assign("maria")], Assign("maria"), "maria has it already"),
        ([], Assign(""), "nobody has it already"),
        ([FIXED], Assign("bob"), "maria resolved it at 12:01 UTC as fixed: paid by hand"),
    ],
)
def test_who_comes_too_late_is_told_who_did_what(acts: list[Act], move: Move, told: str) -> None:
    with pytest.raises(Overtaken) as caught:
        make(case_after([PAYMENT], *acts), move, BOB, LATER)
    assert str(caught.value) == told


def test_a_revision_that_is_not_the_present_one_is_refused() -> None:
    case = case_after([PAYMENT], [SHIPMENT])
    with pytest.raises(Overtaken, match="changed since you looked, and is at revision 2: it is open since 12:00 UTC"):
        make(case, FIXED, replace(MARIA, revision=1), LATER)
    assert make(case, FIXED, replace(MARIA, revision=2), LATER).case.state == "resolved"


def test_the_day_is_told_where_it_is_another() -> None:
    assert standing(case_after([PAYMENT], Acknowledge()), TOMORROW + HOUR) == (
        "maria acknowledged it at 2025-11-20 12:01 UTC"
    )


def test_a_team_moves_what_concerns_it_and_nothing_else() -> None:
    case = case_after([PAYMENT, SHIPMENT])
    assert make(case, FIXED, replace(MARIA, teams=Teams.of("shipping")), LATER).case.state is State.RESOLVED
    with pytest.raises(NotYours, match="a case of payments, shipping, and you are of search"):
        make(case, FIXED, replace(MARIA, teams=Teams.of("search")), LATER)


# To raise

IMPATIENT = replace(PAYMENT, escalate_after=2 * HOUR)


def test_it_is_raised_so_long_after_it_opened() -> None:
    case = case_after([IMPATIENT])
    assert (case.escalate_at, case.severity) == (NOON + 2 * HOUR, "warning")
    with pytest.raises(Overtaken, match="not to be raised yet"):
        make(case, Escalate(), CLOCK, NOON + 2 * HOUR - 1)
    change = make(case, Escalate(), CLOCK, NOON + 2 * HOUR)
    raised = change.case
    assert (change.news, raised.state, raised.severity) == (News.ESCALATED, "open", "critical")
    assert (raised.escalated_at, raised.escalate_at) == (NOON + 2 * HOUR, None)


def test_it_is_raised_once_whatever_its_findings_do() -> None:
    raised = make(case_after([IMPATIENT]), Escalate(), CLOCK, NOON + 2 * HOUR).case
    with pytest.raises(Overtaken):
        make(raised, Escalate(), CLOCK, NOON + DAY)
    mild = replace(IMPATIENT, version=2, severity="info")
    change = settle([mild], ABOUT, raised, NOON + DAY)
    assert change
    assert change.case.severity == "warning", "one level above what its findings say, never two"
    more = settle([IMPATIENT, replace(SHIPMENT, severity="critical", escalate_after=HOUR)], ABOUT, raised, NOON + DAY)
    assert more
    assert (more.case.severity, more.case.escalate_at) == ("critical", None)


@pytest.mark.parametrize("move", [Acknowledge(), Snooze(TOMORROW), Assign("maria")])
def test_only_to_settle_it_keeps_it_from_being_raised(move: Move) -> None:
    assert case_after([IMPATIENT], move).escalate_at == NOON + 2 * HOUR
    assert case_after([IMPATIENT], move, FIXED).escalate_at is None


def test_the_first_finding_that_asks_for_it_raises_it() -> None:
    sooner = replace(SHIPMENT, escalate_after=HOUR, detected_at=NOON + 30 * MINUTE)
    assert case_after([IMPATIENT, sooner]).escalate_at == NOON + 90 * MINUTE
    assert case_after([IMPATIENT, sooner], [closed(sooner, 2)]).escalate_at == NOON + 2 * HOUR


def test_once_reopened_it_has_the_whole_time_again() -> None:
    raised = make(case_after([IMPATIENT]), Escalate(), CLOCK, NOON + 2 * HOUR).case
    settled = make(raised, FIXED, MARIA, NOON + 3 * HOUR).case
    assert settled.severity == "critical", "as it was when it was settled"
    again = make(settled, Reopen(), MARIA, NOON + 4 * HOUR).case
    assert (again.severity, again.escalated_at, again.escalate_at) == ("warning", None, NOON + 6 * HOUR)
