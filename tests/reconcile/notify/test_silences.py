"""Silences and maintenance windows: what is told while they hold, and when they are over. Both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, select

from reconcile.actor import Actor, ActorKind
from reconcile.errors import BadSilence, NoSuchSilence
from reconcile.notify import flush as flushing
from reconcile.notify import silencing
from reconcile.notify.flush import flush
from reconcile.notify.silence import Silence, in_force, lift, silenced_by
from reconcile.notify.silencing import Draft
from store.database import Database
from store.event import HOUR, MINUTE
from store.matcher import parse
from store.tables import audit
from tests.reconcile.desk import NOON, PUBLIC, finding
from tests.reconcile.notify.newsroom import REPEAT, WAIT, Newsroom

ANNA = Actor(ActorKind.PERSON, "anna")
BOB = Actor(ActorKind.TOKEN, "bob")


@pytest.fixture
def room(any_database: Database) -> Newsroom:
    return Newsroom(any_database)


def silence(room: Newsroom, *matchers: str, begins: int = 0, ends: int = HOUR) -> Silence:
    draft = Draft(tuple(map(parse, matchers)), NOON + begins, NOON + ends, "the bank migrates")
    return silencing.begin(room.database, draft, ANNA, NOON)


def test_while_it_holds_nothing_is_told_and_then_what_is_unresolved_still(room: Newsroom) -> None:
    silence(room, "owner=payments")
    room.opens("a", "b")
    room.dispatch(0)
    room.settles("b", at=MINUTE)
    room.dispatch(MINUTE)
    room.dispatch(HOUR - 1)
    assert room.said() == []
    room.dispatch(HOUR)
    assert room.said() == [(3600, "payments", "case.opened", "a")]


def test_what_was_told_before_and_settled_meanwhile_is_told_when_it_is_over(room: Newsroom) -> None:
    """Who was told that it is open is not left with it."""
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    silence(room, "owner=payments")
    room.settles("a", at=MINUTE)
    room.dispatch(MINUTE)
    room.dispatch(30 * MINUTE)
    assert [it[2] for it in room.said()] == ["case.opened"]
    room.dispatch(HOUR)
    assert [it[2] for it in room.said()] == ["case.opened", "case.resolved"]


def test_what_it_does_not_mean_is_told_as_ever(room: Newsroom) -> None:
    silence(room, "owner=payments", "correlation_id=~a.*")
    room.opens("a-1", "b-1")
    room.opens("a-2", owner="shipping")
    room.dispatch(0)
    room.dispatch(WAIT)
    assert sorted(it[1:] for it in room.said()) == [
        ("payments", "case.opened", "b-1"),
        ("shipping", "case.opened", "a-2"),
    ]


def test_a_maintenance_window_begins_later(room: Newsroom) -> None:
    silence(room, "workflow=fulfilment", begins=HOUR, ends=2 * HOUR)
    room.opens("before")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.opens("during", at=HOUR)
    room.dispatch(HOUR)
    room.dispatch(HOUR + WAIT)
    assert [it[3] for it in room.said()] == ["before"]
    room.dispatch(2 * HOUR)
    assert [it[3] for it in room.said()] == ["before", "during"]


def test_one_that_is_ended_early_lets_go_at_once(room: Newsroom) -> None:
    begun = silence(room, "owner=payments")
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    ended = silencing.end(room.database, begun.id, BOB, NOON + MINUTE)
    assert (ended.ended_by, ended.state(NOON + MINUTE)) == ("bob", "over")
    room.dispatch(MINUTE)
    assert [it[0] for it in room.said()] == [60]


def test_what_another_one_holds_too_stays_held(room: Newsroom) -> None:
    silence(room, "owner=payments")
    silence(room, "severity=warning", ends=2 * HOUR)
    room.opens("a")
    room.dispatch(0)
    room.dispatch(HOUR)
    assert room.said() == []
    room.dispatch(2 * HOUR)
    assert [it[0] for it in room.said()] == [7200]


def test_what_is_held_back_just_as_it_is_lifted_is_told(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """One dispatcher holds it back, and has not committed when another lifts the silence."""
    silence(room, "owner=payments")
    room.opens("a")
    room.dispatch(0)
    held, lifted = Event(), Event()
    rest = flushing._rest

    def slow(connection: Connection, *args: Any) -> None:
        rest(connection, *args)
        held.set()
        lifted.wait(0.5)  # whoever lifts has to wait for this transaction

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(flushing, "_rest", slow)
        flushed = pool.submit(flush, room.database, PUBLIC, NOON + HOUR - 1)
        assert held.wait(10)
        over = pool.submit(lift, room.database, NOON + HOUR)
        over.add_done_callback(lambda _: lifted.set())
        assert (flushed.result(), over.result()) == (True, True)
    room.dispatch(HOUR)
    assert [it[2:] for it in room.said()] == [("case.opened", "a")]


def test_a_dispatcher_whose_clock_is_behind_does_not_hold_back_by_what_was_lifted(room: Newsroom) -> None:
    silence(room, "owner=payments")
    room.opens("a")
    room.dispatch(0)
    assert lift(room.database, NOON + HOUR)
    assert flush(room.database, PUBLIC, NOON + HOUR - 1)
    room.dispatch(2 * HOUR)
    assert [it[2:] for it in room.said()] == [("case.opened", "a")]


def test_nothing_is_repeated_while_it_holds(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    silence(room, "owner=payments", ends=WAIT + REPEAT + HOUR)
    room.dispatch(WAIT + REPEAT)
    assert len(room.said()) == 1
    room.dispatch(WAIT + 2 * REPEAT)
    assert [it[2] for it in room.said()] == ["case.opened", "case.reminder"]


def test_which_silence_means_a_case(room: Newsroom) -> None:
    silence(room, "labels.tier=gold", "step=PaymentReceived")
    with room.database.read() as connection:
        holding = in_force(connection, NOON)
        assert in_force(connection, NOON - 1) == in_force(connection, NOON + HOUR) == []
    found = silenced_by({"labels.tier": "gold", "step": "PaymentReceived"}, holding)
    assert found is not None and (found.author, found.reason) == ("anna", "the bank migrates")
    assert silenced_by({"labels.tier": "gold", "step": "ItemShipped"}, holding) is None


def test_a_preview_counts_what_is_unresolved(room: Newsroom) -> None:
    room.opens("a-1", "a-2", "b-1")
    room.settles("a-2")
    room.happens(["c-1"], finding(owner="shipping"))
    with room.database.read() as connection:
        found = silencing.preview(connection, [parse("owner=payments"), parse("correlation_id=~a-.*")])
        everything = silencing.preview(connection, [parse("labels.tier=gold")])
        nothing = silencing.preview(connection, [parse("owner=nobody")])
    assert (found.count, found.examples) == (1, (("fulfilment", "a-1"),))
    assert (everything.count, nothing.count) == (3, 0)


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (Draft((), NOON, NOON + HOUR, "x"), "at least one matcher"),
        (Draft((parse("owner=x"),), NOON, NOON + HOUR, "  "), "needs a reason"),
        (Draft((parse("owner=x"),), NOON, NOON, "x"), "must end after it begins"),
        (Draft((parse("owner=x"),), NOON - HOUR, NOON - MINUTE, "x"), "not in the past"),
    ],
)
def test_what_is_no_silence(room: Newsroom, draft: Draft, words: str) -> None:
    with pytest.raises(BadSilence, match=words):
        silencing.begin(room.database, draft, ANNA, NOON)


def test_who_did_it_and_why_is_on_record(room: Newsroom) -> None:
    begun = silence(room, "owner=payments")
    silencing.end(room.database, begun.id, BOB, NOON + MINUTE)
    silencing.end(room.database, begun.id, BOB, NOON + 2 * MINUTE)
    with pytest.raises(NoSuchSilence):
        silencing.end(room.database, "nothing", BOB, NOON)
    with room.database.read() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.id)).all()
    assert [(row.what, row.actor, row.why) for row in rows] == [
        ("silence.began", "anna", "the bank migrates"),
        ("silence.ended", "bob", ""),
    ]
    assert json.loads(rows[0].detail)["matchers"] == ["owner=payments"]


def test_a_list_shows_what_holds_and_what_is_to_come(room: Newsroom) -> None:
    silence(room, "owner=a", ends=MINUTE)
    silence(room, "owner=b", begins=HOUR, ends=2 * HOUR)
    with room.database.read() as connection:
        later = silencing.listed(connection, NOON + MINUTE + 1)
        all_ = silencing.listed(connection, NOON)
    assert [it.state(NOON + MINUTE + 1) for it in later] == ["waiting"]
    assert [str(it.matchers[0]) for it in all_] == ["owner=b", "owner=a"]
