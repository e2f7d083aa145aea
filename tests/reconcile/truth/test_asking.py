"""Somebody wants to know now: the button, everything pending over again, and what is said of it all in words."""

import json

import pytest

from reconcile.actor import Actor, ActorKind
from reconcile.errors import NoSuchCase, NoTruth
from reconcile.teams import Teams
from reconcile.truth.asking import Asking, Scope
from reconcile.truth.standing import standings
from store.event import HOUR, MINUTE
from store.tables import audit
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, WORKFLOW, Office
from tests.reconcile.provider import Provider, Said

EVE = Actor(ActorKind.TOKEN, "eve")
UNSURE = Said(502)


def requested(desk: Office, *orders: str) -> None:
    for order in orders:
        desk.happens(order, 0, "PaymentRequested", amount=10)


def asking(desk: Office) -> Asking:
    return Asking(desk.database, desk.rulebook)


def told(desk: Office, order: str = "a") -> str:
    with desk.database.read() as connection:
        [standing] = standings(connection, str(desk.case(order)["id"]))
    return standing.sentence


def test_the_button_asks_at_once_and_as_if_for_the_first_time(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    bank.says = lambda _: UNSURE
    for at in (17, 22, 32):
        desk.look(at * MINUTE)
    assert desk.lookup()["next_at"] == NOON + 52 * MINUTE
    asking(desk).ask(str(desk.case("a")["id"]), PAYMENT, EVE, NOON + 33 * MINUTE)
    assert told(desk).endswith("; eve wants it asked again now")
    desk.look(33 * MINUTE)
    assert (len(bank.asked), desk.lookup()["attempts"]) == (4, 1)
    assert desk.lookup()["next_at"] == NOON + 38 * MINUTE, "it has begun anew"
    entry = next(row for row in desk.rows(audit) if row["what"] == "truth.asked")
    assert (entry["actor"], entry["step"], entry["case_id"]) == ("eve", PAYMENT, desk.case("a")["id"])


def test_the_button_asks_also_where_nothing_is_missing_any_more(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    bank.charge("a", created_at="2025-11-20T12:01:00Z")
    desk.look(17 * MINUTE)
    assert desk.case("a")["state"] == "resolved"
    asking(desk).ask(str(desk.case("a")["id"]), PAYMENT, EVE, NOON + HOUR)
    desk.look(HOUR)
    assert len(bank.asked) == 2
    assert len(desk.said()) == 1, "the source says what it has said already"


def test_what_the_rule_names_no_source_for_is_not_asked(desk: Office) -> None:
    requested(desk, "a")
    desk.judge(17 * MINUTE)
    with pytest.raises(NoTruth, match="names no source of truth for ItemShipped"):
        asking(desk).ask(str(desk.case("a")["id"]), "ItemShipped", EVE, NOON)
    with pytest.raises(NoSuchCase):
        asking(desk).ask("case_x", PAYMENT, EVE, NOON)


def test_everything_pending_is_asked_again(desk: Office, bank: Provider) -> None:
    requested(desk, "a", "b", "c")
    bank.says = lambda _: UNSURE
    desk.look(17 * MINUTE)
    desk.happens("c", 18 * MINUTE, PAYMENT)
    desk.judge(19 * MINUTE)
    pending = asking(desk)
    assert pending.pending(Scope()) == 2
    assert pending.pending(Scope(teams=Teams.of("warehouse"))) == pending.pending(Scope(step="ItemShipped")) == 0
    assert pending.recheck(Scope(WORKFLOW, PAYMENT, Teams.of("payments")), EVE, NOON + 19 * MINUTE) == 2
    desk.look(19 * MINUTE)
    assert sorted(bank.asked) == ["a", "a", "b", "b", "c"]
    [entry] = [row for row in desk.rows(audit) if row["what"] == "truth.rechecked"]
    assert json.loads(entry["detail"]) == {"lookups": 2, "teams": "payments", "step": PAYMENT, "workflow": WORKFLOW}


def test_how_it_stands_is_told_in_words(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    desk.judge(17 * MINUTE)
    desk.asker.find(NOON + 17 * MINUTE)
    assert told(desk) == "About to be asked"
    bank.says = lambda _: UNSURE
    desk.look(17 * MINUTE)
    assert told(desk) == ("Asked once, at 2025-11-20T12:17:00Z: can't tell (HTTP 502); next at 2025-11-20T12:22:00Z")
    bank.says = lambda _: None
    desk.look(22 * MINUTE)
    assert told(desk) == "Asked 2 times, last at 2025-11-20T12:22:00Z: it did not happen (HTTP 404)"
