"""What was sent, on the dashboard: to whom, every attempt, and once more."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import BigInteger, Boolean, Integer, Table, insert

from api.access.identity import Scope
from store.event import HOUR
from store.tables import disabled_endpoints, groups, message_attempts, message_subjects, messages
from tests.api.person import PAGE, Person, signed_in, words
from tests.api.shop import Shop, case_id, unpaid
from tests.conftest import NOON

CASE = case_id(unpaid("A-1"))


def row(table: Table, **given: Any) -> dict[str, Any]:
    """With nothing in what must not be left out."""
    blank = {
        it.name: False if isinstance(it.type, Boolean) else 0 if isinstance(it.type, Integer | BigInteger) else ""
        for it in table.columns
        if not it.nullable
    }
    return {**blank, **given}


@pytest.fixture
def root(address: str, shop: Shop) -> Iterator[Person]:
    shop.add(unpaid("A-1"))
    told = {"group_id": "g", "receiver": "payments", "type": "case.opened", "subjects": 1, "created_at": NOON - HOUR}
    sent = {**told, "id": "m-1", "state": "delivered", "attempts": 2, "delivered_at": NOON, "payload": '{"who": "A-1"}'}
    failed = {
        **told,
        "id": "m-2",
        "number": 1,
        "state": "failed",
        "attempts": 1,
        "last_error": "HTTP 410",
        "payload": "{}",
    }
    tried = {"message_id": "m-1", "number": 1, "at": NOON - HOUR, "took": 1_200_000, "status": 502, "error": "HTTP 502"}
    with shop.database.begin() as connection:
        connection.execute(insert(groups).values(row(groups, id="g", receiver="payments")))
        for message in (sent, failed):
            connection.execute(insert(messages).values(row(messages, **message)))
        connection.execute(insert(message_attempts).values(row(message_attempts, **tried)))
        connection.execute(insert(message_subjects).values(row(message_subjects, message_id="m-1", subject=CASE)))
        gone = row(disabled_endpoints, name="payments", at=NOON - HOUR, reason="HTTP 410")
        connection.execute(insert(disabled_endpoints).values(gone))
    with signed_in(address, shop.database, Scope.ADMINISTER, name="root") as person:
        yield person


def test_what_was_sent_to_whom(root: Person, http: httpx.Client) -> None:
    page = words(root.get("/notifications"))
    assert (
        "case.opened delivered payments 1 h ago 2" in page and "case.opened failed payments 1 h ago 1 HTTP 410" in page
    )
    assert "delivered payments" not in words(root.get("/notifications?state=failed"))
    assert "failed payments" not in words(root.get(f"/notifications?case_id={CASE}"))
    assert "Nothing was sent" in words(root.get("/notifications?endpoint=nobody"))
    assert "case.opened to payments delivered just now" in words(http.get("/orders/order-fulfilment/A-1").text)


def test_every_attempt_is_shown_and_it_is_sent_again(root: Person, http: httpx.Client) -> None:
    page = words(root.get("/notifications/m-1"))
    assert "1 1 h ago : HTTP 502 after 1 s HTTP 502" in page and '"who": "A-1"' in page
    assert "It is sent again within seconds." in words(root.send("/notifications/m-1/redeliver"))
    assert http.get("/v1/notifications/m-1").json()["state"] == "pending"
    root.get("/notifications/none-of-these", 404)


def test_all_since_an_instant_are_sent_again(root: Person, http: httpx.Client) -> None:
    assert "since" in words(root.send("/notifications/redeliver", 400, endpoint="payments"))
    page = words(root.send("/notifications/redeliver", endpoint="payments", since="2025-11-20T10:00:00Z"))
    assert "It is sent again within seconds." in page
    assert {it["state"] for it in http.get("/v1/notifications").json()["items"]} == {"pending"}


def test_an_endpoint_that_is_gone_is_shown_and_sent_to_again(root: Person) -> None:
    assert "Endpoint payments said 1 h ago that it is gone: HTTP 410." in words(root.get("/notifications"))
    page = words(root.send("/notifications/endpoints/payments/enable"))
    assert "It is sent to again." in page and "is gone" not in page


def test_others_only_look(root: Person, http: httpx.Client) -> None:
    page = http.get("/notifications", headers=PAGE).text
    assert "case.opened" in page and "Send everything again" not in page and "Send to it again" not in page
