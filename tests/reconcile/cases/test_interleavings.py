"""Findings and moves in any order: what always holds of a case, in the head and in the database."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.actor import SCHEDULE, Actor, ActorKind
from reconcile.cases import records
from reconcile.cases.case import BY_PEOPLE, Case, Change, News, State
from reconcile.cases.finding import Finding, Sighting, newest
from reconcile.cases.moves import Acknowledge, Assign, By, Escalate, Move, Reopen, Resolve, Snooze, Wake, make
from reconcile.cases.settle import settle
from reconcile.errors import NotYours, Overtaken
from reconcile.identity import case_id
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE
from tests.reconcile.desk import ABOUT, NOON, Desk, finding

CASE = case_id("fulfilment", "a")
PLACES = (
    ("PaymentReceived", "missing"),
    ("PaymentReceived", "late"),
    ("ItemShipped", "duplicate"),
    ("ItemShipped", "missing"),
)
PEOPLE = [By(Actor(ActorKind.PERSON, name)) for name in ("maria", "bob")]

Act = tuple[Sequence[Finding] | Move, By]


class Life:
    """What happens to one order, minute by minute: each finding opens, closes and changes under growing versions."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._findings: dict[tuple[str, str], Finding] = {}

    def acts(self, number: int) -> Iterator[tuple[int, Act]]:
        for minute in range(number):
            now = NOON + minute * 30 * MINUTE
            yield (
                now,
                self._moved(now) if minute and self._random.random() < 0.6 else (self._seen(minute, now), PEOPLE[0]),
            )

    def _seen(self, version: int, now: int) -> Sequence[Finding]:
        """One, two or three of them change."""
        changed = []
        for step, kind in self._random.sample(PLACES, self._random.randint(1, 3)):
            before = self._findings.get((step, kind))
            holds = self._random.random() < 0.6
            detected = before.detected_at if before and before.open and holds else now
            it = finding(step, kind, version=version + 1, open=holds, detected_at=detected, escalate_after=2 * HOUR)
            noted = kind == "late" and self._random.random() < 0.5
            changed.append(replace(it, noted=noted, closed_at=None if holds else now))
            self._findings[step, kind] = changed[-1]
        return changed

    def _moved(self, now: int) -> Act:
        random = self._random
        moves: list[Move] = [
            *(Acknowledge(), Reopen(), Wake(), Escalate(), Snooze(now + random.randint(1, 90) * MINUTE)),
            *(Resolve(random.choice(BY_PEOPLE), "so it is"), Assign(random.choice(("maria", "bob", "")))),
        ]
        move = random.choice(moves)
        return move, By(SCHEDULE) if isinstance(move, Wake | Escalate) else random.choice(PEOPLE)


def apply(case: Case | None, act: Act, now: int) -> Change | None:
    what, by = act
    if isinstance(what, Sequence):
        return settle(newest(case.findings if case else (), what), ABOUT, case, now)
    assert case is not None
    try:
        return make(case, what, by, now)
    except (Overtaken, NotYours):
        return None


def check(change: Change) -> None:
    case, previous = change.case, change.previous
    assert case.unresolved == bool(case.wrong), "it is unresolved exactly while something is wrong"
    assert (case.state is State.SNOOZED) == (case.snoozed_until is not None)
    assert (case.state is State.RESOLVED) == (case.reason is not None) == (case.resolved_at is not None)
    if case.state is State.ACKNOWLEDGED:
        assert case.state_by and all(it.acknowledged for it in case.wrong), "nothing new hides in what is acknowledged"
    if case.reason in BY_PEOPLE:
        assert case.state_by, "a person's reason has a person"
    assert case.revision == (previous.revision if previous else 0) + 1
    assert case.transition == (previous.transition if previous else 0) + (change.news is not None)
    assert case.escalate_at is None or (case.unresolved and case.escalated_at is None)
    assert all(before.version <= after.version for before, after in _pairs(previous, case))


def _pairs(previous: Case | None, case: Case) -> Iterator[tuple[Finding, Finding]]:
    after = {it.place: it for it in case.findings}
    return ((it, after[it.place]) for it in (previous.findings if previous else ()))


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_happens_these_hold(random: Random) -> None:
    case: Case | None = None
    told: list[News] = []
    for now, act in Life(random).acts(25):
        change = apply(case, act, now)
        if change is not None:
            check(change)
            case = change.case
            told += [change.news] if change.news else []
    turns = [it for it in told if it not in (News.UPDATED, News.ESCALATED)]
    expected = [
        News.OPENED if not place else News.RESOLVED if place % 2 else News.REOPENED for place in range(len(turns))
    ]
    assert turns == expected, "open and resolved take turns in what owners hear"
    assert told[:1] in ([], [News.OPENED])


@pytest.mark.parametrize("seed", range(4))
def test_the_database_comes_to_the_same(clickhouse: ClickHouse, any_database: Database, seed: int) -> None:
    desk = Desk(clickhouse, any_database)
    case: Case | None = None
    changes = 0
    for now, act in Life(Random(seed)).acts(25):
        change = apply(case, act, now)
        case, changes = (change.case, changes + 1) if change else (case, changes)
        what, by = act
        if isinstance(what, Sequence):
            desk.casebook.enter([Sighting("fulfilment", "a", tuple(what), ABOUT)], now)
        else:
            desk.casebook.move({CASE: None}, what, by, now)
    with any_database.begin() as connection:
        assert records.read_cases(connection, [CASE]) == {CASE: case}
    assert len(desk.audit()) == changes == desk.case()["revision"]
