"""The moves of people, on real databases: the case, its trail and its notices change together."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconcile.actor import Actor, ActorKind
from reconcile.cases import comments, desk, records
from reconcile.cases.case import Reason
from reconcile.cases.moves import Acknowledge, Assign, By, Move, Reopen, Resolve, Snooze
from reconcile.errors import BadMove, NoSuchCase, NotYours, Overtaken
from reconcile.identity import case_id
from reconcile.teams import Teams
from store import events
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, Event
from tests.reconcile.desk import NOON, Desk, closed, finding

PAYMENT = finding()
SHIPMENT = finding("ItemShipped", owner="shipping")
CASE = case_id("fulfilment", "a")
MARIA = By(Actor(ActorKind.PERSON, "maria"))
BOB = By(Actor(ActorKind.TOKEN, "bob"))
FIXED = Resolve(Reason.FIXED, "paid by hand")
LATER = NOON + 3 * MINUTE


@pytest.fixture
def desk_(clickhouse: ClickHouse, any_database: Database) -> Desk:
    opened = Desk(clickhouse, any_database)
    events.write(clickhouse, [Event("e-1", "a", "Charged", NOON, "payments", '{"charge_id": "ch-1"}')])
    opened.write(PAYMENT, SHIPMENT)
    opened.take()
    return opened


def test_a_resolution_is_a_row_a_trail_and_a_notice(desk_: Desk) -> None:
    case = desk_.people.move(CASE, FIXED, MARIA, LATER)
    stored = desk_.case()
    assert (stored["state"], stored["reason"], stored["state_by"], stored["note"]) == (
        *("resolved", "fixed", "maria", "paid by hand"),
    )
    assert (stored["state_at"], stored["resolved_at"], stored["revision"]) == (LATER, LATER, case.revision)
    assert [(it["open"], it["settled"]) for it in desk_.findings()] == [(True, True), (True, True)]
    assert desk_.news() == [
        *(("case.opened", "payments"), ("case.opened", "shipping")),
        *(("case.resolved", "payments"), ("case.resolved", "shipping")),
    ]
    assert desk_.told()[-1]["title"] == "order a is settled by maria as fixed: paid by hand"


def test_every_change_is_in_the_audit_trail_with_what_was_before(desk_: Desk) -> None:
    desk_.people.move(CASE, FIXED, MARIA, LATER)
    opened, resolved = desk_.audit()
    assert (opened["what"], opened["actor_kind"], opened["actor"]) == ("case.opened", "evaluator", "evaluator")
    assert (resolved["what"], resolved["actor_kind"], resolved["actor"]) == ("case.resolved", "person", "maria")
    assert (resolved["why"], resolved["at"]) == ("fixed: paid by hand", LATER)
    assert (resolved["workflow"], resolved["correlation_id"], resolved["case_id"]) == ("fulfilment", "a", CASE)
    assert (resolved["step"], resolved["customer"]) == ("PaymentReceived", "c-9")
    assert json.loads(resolved["external"]) == {"charge_id": "ch-1"}
    detail = json.loads(resolved["detail"])
    assert (detail["before"]["state"], detail["after"]["state"]) == ("open", "resolved")
    assert "owner" not in detail["after"], "only what differs"
    assert [it["said"] for it in detail["after"]["findings"]] == [["settled"], ["settled"]]


def test_what_findings_do_is_recorded_too(desk_: Desk) -> None:
    desk_.write(replace(PAYMENT, version=2, sentence="Otherwise."))
    desk_.take(LATER)
    desk_.write(closed(PAYMENT, 3), closed(SHIPMENT, 3))
    desk_.take(LATER + MINUTE)
    assert [(it["what"], it["why"]) for it in desk_.audit()[1:]] == [
        ("case.updated", "Otherwise."),
        ("case.resolved", "condition_ceased"),
    ]


def test_a_finding_that_closes_after_a_person_resolved_is_recorded_and_told_nobody(desk_: Desk) -> None:
    desk_.people.move(CASE, FIXED, MARIA, LATER)
    before = desk_.outbox()
    desk_.write(closed(PAYMENT, 2), closed(SHIPMENT, 2))
    desk_.take(LATER + MINUTE)
    case = desk_.case()
    assert (case["state"], case["reason"], case["state_by"], case["resolved_at"]) == (
        *("resolved", "fixed", "maria", LATER),
    )
    assert desk_.audit()[-1]["what"] == "case.updated"
    assert desk_.outbox() == before


def test_what_was_settled_stays_so_in_the_database_over_versions(desk_: Desk) -> None:
    desk_.people.move(CASE, FIXED, MARIA, LATER)
    desk_.write(replace(PAYMENT, version=2, sentence="Otherwise."))
    desk_.take(LATER + MINUTE)
    assert (desk_.case()["state"], desk_.findings()[1]["settled"]) == ("resolved", True)


def test_reopening_is_told_to_the_owners(desk_: Desk) -> None:
    desk_.people.move(CASE, FIXED, MARIA, LATER)
    desk_.dispatch(LATER)
    desk_.people.move(CASE, Reopen("it was not"), BOB, LATER + MINUTE)
    assert [type_ for type_, _ in desk_.news()[-2:]] == ["case.reopened", "case.reopened"]
    assert desk_.told()[-1]["title"] == "order a is open again by bob: PaymentReceived is missing, 14 min overdue"
    assert [it["settled"] for it in desk_.findings()] == [False, False]


@pytest.mark.parametrize("move", [Acknowledge(), Snooze(NOON + HOUR), Assign("maria")])
def test_what_is_no_news_is_told_nobody(desk_: Desk, move: Move) -> None:
    before = desk_.outbox()
    desk_.people.move(CASE, move, MARIA, LATER)
    assert desk_.outbox() == before
    assert desk_.audit()[-1]["what"] == move.what


@pytest.mark.parametrize(
    ("move", "by", "error"),
    [
        (FIXED, replace(MARIA, revision=7), Overtaken),
        (FIXED, replace(MARIA, teams=Teams.of("search")), NotYours),
        (Resolve(Reason.FIXED, ""), MARIA, BadMove),
        (Snooze(NOON), MARIA, BadMove),
        (Reopen(), MARIA, Overtaken),
    ],
)
def test_what_is_refused_changes_nothing(desk_: Desk, move: Move, by: By, error: type[Exception]) -> None:
    before = desk_.cases(), desk_.findings(), desk_.audit(), desk_.outbox()
    with pytest.raises(error):
        desk_.people.move(CASE, move, by, LATER)
    assert (desk_.cases(), desk_.findings(), desk_.audit(), desk_.outbox()) == before


def test_a_case_that_does_not_exist(desk_: Desk) -> None:
    with pytest.raises(NoSuchCase, match="there is no case case_0"):
        desk_.people.move("case_0", FIXED, MARIA, LATER)
    with pytest.raises(NoSuchCase):
        desk_.people.comment("case_0", "hello", MARIA, LATER)


@pytest.mark.parametrize("step", ["write", "_put_flags"])
def test_a_crash_before_the_end_leaves_everything_as_it_was(
    desk_: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    done: Callable[..., None] = getattr(records, step)

    def die(*arguments: object) -> None:
        done(*arguments)
        raise Killed

    before = desk_.cases(), desk_.findings(), desk_.audit(), desk_.outbox()
    with monkeypatch.context() as dying:
        dying.setattr(records, step, die)
        with pytest.raises(Killed):
            desk_.people.move(CASE, FIXED, MARIA, LATER)
    assert (desk_.cases(), desk_.findings(), desk_.audit(), desk_.outbox()) == before


# Comments


def test_comments_are_kept_in_order_and_recorded_without_their_text(desk_: Desk) -> None:
    desk_.people.comment(CASE, "the bank says no", MARIA, LATER)
    desk_.people.comment(CASE, "asked again", BOB, LATER + MINUTE)
    with desk_.database.read() as connection:
        said = comments.of_case(connection, CASE)
    assert [(it.actor, it.text, it.at) for it in said] == [
        ("maria", "the bank says no", LATER),
        ("bob", "asked again", LATER + MINUTE),
    ]
    entries = desk_.audit()[1:]
    assert [it["what"] for it in entries] == ["case.commented", "case.commented"]
    assert "bank" not in entries[0]["detail"]


@pytest.mark.parametrize("text", ["", " \n", "x" * (desk.LONGEST + 1)])
def test_a_comment_says_something(desk_: Desk, text: str) -> None:
    with pytest.raises(BadMove, match="text: expected 1 to 10,000 characters"):
        desk_.people.comment(CASE, text, MARIA, LATER)


# Many at once


def test_many_are_moved_and_the_rest_say_why_not(desk_: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_AT_ONCE", 2)
    desk_.write(*(replace(PAYMENT, correlation_id=f"o-{number}") for number in range(4)))
    desk_.take()
    ids = [case["id"] for case in desk_.cases()]
    desk_.people.move(ids[2], FIXED, BOB, LATER)
    outcome = desk_.people.each(dict.fromkeys([*ids, "case_0"]), Acknowledge("an outage"), MARIA, LATER + MINUTE)
    assert set(outcome.changed) == {*ids} - {ids[2]}
    assert {id_: str(error) for id_, error in outcome.left.items()} == {
        ids[2]: "bob resolved it at 12:03 UTC as fixed: paid by hand",
        "case_0": "there is no case case_0",
    }
    entries = desk_.audit()[-5:]
    assert sorted(it["what"] for it in entries) == [*["case.acknowledged"] * 4, "case.acknowledged.many"]
    [of_all] = [it for it in entries if it["what"].endswith(".many")]
    assert (of_all["actor"], of_all["why"], json.loads(of_all["detail"])["changed"]) == ("maria", "an outage", 4)


def test_a_move_that_makes_no_sense_is_refused_for_all(desk_: Desk) -> None:
    with pytest.raises(BadMove):
        desk_.people.each({CASE: None}, Snooze(NOON), MARIA, LATER)
    assert desk_.case()["state"] == "open"
