"""A refund from the page of its order: what is sent is shown first, and a second person approves it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.identity import Scope
from api.app import create_app
from reconcile.actions.row import of_case
from reconcile.identity import case_id
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from tests.api.person import Person, signed_in, words
from tests.api.server import serving
from tests.reconcile.actions.refunds import SILENT, TAKEN, Provider, worker, workflow
from tests.reconcile.desk import NOON
from tests.reconcile.office import Office, office
from tests.store.clock import ManualClock

ORDER = "/orders/fulfilment/a"
CASE = f"/cases/{case_id('fulfilment', 'a')}"


@pytest.fixture
def refunds(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[Office]:
    """An order that was cancelled and not refunded."""
    with office(clickhouse, database, tmp_path, workflow("idempotent: true\napprove: 2")) as shop:
        for name, at in (("OrderPlaced", 0), ("PaymentReceived", MINUTE), ("RoomBooked", MINUTE)):
            shop.happens("a", at, name)
        shop.happens("a", HOUR, "OrderCancelled")
        shop.judge(3 * DAY)
        yield shop


@pytest.fixture
def at(refunds: Office) -> Iterator[str]:
    now = ManualClock(NOON + 4 * DAY)
    with serving(create_app(refunds.clickhouse, refunds.database, now, rulebook=refunds.rulebook)) as address:
        yield address


@pytest.fixture
def anne(at: str, refunds: Office) -> Iterator[Person]:
    with signed_in(at, refunds.database, Scope.OPERATE, name="anne") as person:
        yield person


@pytest.fixture
def bert(at: str, refunds: Office) -> Iterator[Person]:
    with signed_in(at, refunds.database, Scope.OPERATE, name="bert") as person:
        yield person


def action_path(page: str) -> str:
    """Where the button of a deed leads."""
    found = re.search(r'href="(/actions/[^"]+)"', page)
    assert found, page
    return found[1]


def test_what_is_safe_stands_first_and_what_is_not_is_folded_with_its_reason(anne: Person) -> None:
    page = words(anne.get(ORDER))
    assert "Refund the payment… PaymentReceived was to be undone, and no event says that it is." in page
    assert "Release the room…" in page
    assert "Not safe now: Ask the source about PaymentReceived" in page
    assert "It is known of PaymentReceived: happened." in page


def test_the_exact_request_is_shown_before_it_is_sent(anne: Person, refunds: Office) -> None:
    page = anne.get(f"{CASE}/action?step=PaymentReceived&name=refund")
    assert "Refund the payment?" in words(page)
    assert 'POST https://pay.example/refunds/a Authorization: Bearer *** { "order": "a" }' in words(page)
    assert "It takes two people" in words(page)
    with refunds.database.read() as connection:
        assert of_case(connection, CASE.removeprefix("/cases/")) == ()


def test_a_refund_takes_two_people_and_goes_out_once(anne: Person, bert: Person, refunds: Office) -> None:
    anne.get(f"{CASE}/action?step=PaymentReceived&name=refund")
    page = anne.send(f"{CASE}/action?step=PaymentReceived&name=refund", reason="the customer called")
    assert "Proposed. It is sent once a second person has approved it." in words(page)
    action = action_path(page)
    assert "you have proposed it" in words(anne.get(action)) and "Approve, and send it" not in words(anne.get(action))
    assert "takes a second person" in words(anne.send(f"{action}/approve", 409))
    page = words(bert.get(action))
    assert "Asked for by anne" in page and "“the customer called”" in page and "Approve, and send it" in page
    assert "Approved. It is sent within seconds, once." in words(bert.send(f"{action}/approve"))
    assert "Not done: Refund the payment is ready" in words(bert.send(f"{action}/approve", 409))
    provider = Provider([TAKEN])
    while worker(refunds.database, provider).step(NOON + 4 * DAY):
        pass
    assert len(provider.calls) == 1
    assert "Refund the payment succeeded" in words(anne.get(ORDER))


def test_a_proposal_can_be_withdrawn(anne: Person, bert: Person) -> None:
    page = anne.send(f"{CASE}/action?step=PaymentReceived&name=refund", reason="the customer called")
    action = action_path(page)
    assert "reason" in words(bert.send(f"{action}/withdraw", 400))
    assert "Withdrawn. It was never sent." in words(bert.send(f"{action}/withdraw", reason="not this one"))


def test_what_became_of_it_is_said_by_who_has_looked(anne: Person, refunds: Office) -> None:
    anne.send(f"{CASE}/action?step=RoomBooked&name=release", reason="the customer called")
    worker(refunds.database, Provider([SILENT])).step(NOON + 4 * DAY)
    page = anne.get(ORDER)
    assert "Say what became of: Release the room…" in words(page)
    action = action_path(page)
    assert "It may have happened." in words(anne.get(action))
    assert "happened" in words(anne.send(f"{action}/settle", 400, reason="seen"))
    page = words(anne.send(f"{action}/settle", happened="true", reason="it is in their calendar"))
    assert "What became of it is written down." in page and "Release the room succeeded" in page


def test_what_makes_no_sense_is_told_on_the_page(anne: Person) -> None:
    place = f"{CASE}/action?step=PaymentReceived&name=refund"
    assert "reason" in words(anne.send(place, 400))
    anne.get(f"{CASE}/action?step=PaymentReceived&name=nothing", 404)
    anne.get(f"{CASE}/action?step=PaymentReceived", 400)
    anne.get("/actions/none-of-these", 404)
    anne.csrf = ""
    anne.send(place, 403, reason="the customer called")


def test_another_team_sends_nothing(at: str, refunds: Office) -> None:
    with signed_in(at, refunds.database, Scope.OPERATE, name="wes", team="warehouse") as wes:
        page = wes.send(f"{CASE}/action?step=RoomBooked&name=release", 403, reason="the customer called")
        assert "belongs to" in words(page)


def test_an_operators_own_word_counts_and_only_once(anne: Person, refunds: Office) -> None:
    said = {"step": "PaymentReceived", "word": "absent", "reason": "not in the ledger"}
    page = anne.send(f"{CASE}/testify", 409, **said)
    assert "has been fulfilled by an event" in words(page) and ">not in the ledger</textarea>" in page
    assert "word" in words(anne.send(f"{CASE}/testify", 400, step="PaymentReceived", reason="seen"))
    assert "names no source of truth" in words(anne.send(f"{CASE}/ask", 404, step="RoomBooked"))
    assert "The source is being asked." in words(anne.send(f"{CASE}/ask", step="PaymentReceived"))
    assert "PaymentReceived About to be asked" in words(anne.get(ORDER))
