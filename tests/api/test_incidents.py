"""`/v1/incidents`, over HTTP."""

from collections.abc import Iterator, Sequence

import httpx
import pytest
from sqlalchemy import select

from api import models_incidents as models
from api.access.identity import Scope
from api.app import create_app
from reconcile.rulebook import Rulebook
from store.database import Database
from store.incidents import Because
from store.tables import audit
from tests.api.access.bearer import bearer
from tests.api.incident_rows import known, put_back, put_let_go, put_old, put_silent
from tests.api.paging import pages
from tests.api.server import serving
from tests.api.shop import Shop
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock
from tests.web_server import client_of

PATH = "/v1/incidents"
REASON = {"reason": " the bank migrates "}


@pytest.fixture
def anna(any_shop: Shop, clock: ManualClock) -> Iterator[httpx.Client]:
    """May work on every case."""
    shop = any_shop
    app = create_app(shop.clickhouse, shop.database, clock, rulebook=Rulebook(lambda: (FULFILMENT,)))
    headers = bearer(shop.database, Scope.READ, Scope.OPERATE, name="anna")
    with serving(app) as address, client_of(address, headers=headers) as http:
        yield http


def listed(http: httpx.Client, **asked: str) -> list[models.Incident]:
    answer = http.get(PATH, params=asked)
    return models.IncidentPage.model_validate(answer.json(), extra="forbid").items


def trail(database: Database) -> Sequence[tuple[str, str, str]]:
    with database.read() as connection:
        rows = connection.execute(select(audit.c.what, audit.c.actor, audit.c.why))
        return [(row.what, row.actor, row.why) for row in rows if row.what.startswith("incident.")]


def test_what_is_silent_is_told_with_what_waits_for_it(anna: httpx.Client, any_shop: Shop) -> None:
    put_silent(any_shop.database, "payments", "PaymentReceived", "PaymentRefused", held=4312, percent=12)
    [it] = listed(anna)
    assert (it.state, it.subject, it.names) == ("holding", "payments", ["PaymentReceived", "PaymentRefused"])
    assert (it.held, it.percent, it.steps) == (4312, 12, {"order-fulfilment": ["PaymentReceived"]})
    assert (it.since, it.until) == ("2025-11-20T11:50:00Z", "2025-11-20T12:05:00Z")
    assert (it.because, it.ended_by, it.reason, it.let_go_at, it.ended_at) == (None,) * 5


def test_each_state_is_told_and_open_ones_can_be_asked_for(anna: httpx.Client, any_shop: Shop) -> None:
    database = any_shop.database
    for subject in ("a", "b", "c"):
        id = put_silent(database, subject)
        if subject != "a":
            put_let_go(database, id)
        if subject == "c":
            put_back(database, id)
    assert {it.subject: (it.state, it.because) for it in listed(anna)} == {
        "a": ("holding", None),
        "b": ("let_go", "ran_out"),
        "c": ("ended", "ran_out"),
    }
    assert {it.subject for it in listed(anna, open="true")} == {"a", "b"}


def test_they_come_in_pages_the_latest_first(anna: httpx.Client, any_shop: Shop) -> None:
    ids = put_old(any_shop.database, 5)
    read = list(pages(anna, PATH, limit=2))
    assert [[it["id"] for it in page] for page in read] == [ids[:2], ids[2:4], ids[4:]]
    assert anna.get(PATH, params={"after": "nonsense"}).status_code == 400


def test_a_person_ends_the_waiting_on_record_and_once(anna: httpx.Client, any_shop: Shop) -> None:
    database = any_shop.database
    id = put_silent(database)
    answer = anna.post(f"{PATH}/{id}/end", json=REASON)
    it = models.Incident.model_validate(answer.json(), extra="forbid")
    assert (it.state, it.because, it.ended_by, it.reason) == ("let_go", "dismissed", "anna", "the bank migrates")
    again = anna.post(f"{PATH}/{id}/end", json={"reason": "once more"})
    assert (again.status_code, again.json()) == (200, answer.json())
    assert trail(database) == [("incident.dismissed", "anna", "the bank migrates")]


@pytest.mark.parametrize("ended", [True, False])
def test_what_is_waited_for_no_longer_stays_as_it_is(anna: httpx.Client, any_shop: Shop, ended: bool) -> None:
    database = any_shop.database
    id = put_silent(database)
    put_let_go(database, id)
    if ended:
        put_back(database, id)
    before = known(database, id)
    assert anna.post(f"{PATH}/{id}/end", json=REASON).json()["because"] == "ran_out"
    assert known(database, id) == before
    assert trail(database) == []


def test_there_must_be_such_an_incident(anna: httpx.Client) -> None:
    answer = anna.post(f"{PATH}/nothing/end", json=REASON)
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no incident nothing")


@pytest.mark.parametrize("body", [{}, {"reason": "  "}, {"reason": "a\0b"}, {"reason": "known", "by": "eve"}])
def test_it_takes_a_reason_and_nothing_else(anna: httpx.Client, any_shop: Shop, body: dict[str, str]) -> None:
    id = put_silent(any_shop.database)
    assert anna.post(f"{PATH}/{id}/end", json=body).status_code == 400
    assert known(any_shop.database, id).is_holding


def test_who_only_reads_ends_nothing(address: str, shop: Shop) -> None:
    id = put_silent(shop.database)
    with client_of(address, headers=bearer(shop.database, Scope.READ)) as reader:
        assert reader.post(f"{PATH}/{id}/end", json=REASON).status_code == 403
        assert reader.get(PATH).json()["items"][0]["state"] == "holding"
    assert known(shop.database, id).because != Because.DISMISSED
