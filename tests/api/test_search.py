"""An order is found by any identifier that its events ever carried."""

from dataclasses import replace

import httpx
import pytest

from api import models_search
from store import events
from tests.api.shop import Shop, event, running, unpaid
from tests.conftest import NOON


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    carried = {"A-1": "pay_1001", "A-2": "pay_1002", "A-3": "pay_1002"}
    for id, payment in carried.items():
        told = event(id, "PaymentReceived", NOON, f'{{"payment_id": "{payment}"}}')
        shop.add(replace(running(id), history=[told]))
    shop.add(replace(unpaid("A-3"), workflow="claims"))
    return shop


def looked_for(http: httpx.Client, text: str) -> tuple[bool, list[str]]:
    answer = http.get("/v1/search", params={"q": text})
    found = models_search.Found.model_validate_json(answer.text, extra="forbid")
    return found.exact, [hit.correlation_id for hit in found.items]


def test_exactly_first_then_by_how_it_begins(http: httpx.Client, stocked: Shop) -> None:
    assert looked_for(http, "pay_1001") == (True, ["A-1"])
    assert looked_for(http, " pay_1002 ") == (True, ["A-2", "A-3"])
    assert looked_for(http, "A-2") == (True, ["A-2"])
    assert looked_for(http, "pay_1") == (False, ["A-1", "A-2", "A-3"])
    assert looked_for(http, "A-") == (False, []), "too short to begin something"
    assert looked_for(http, "nothing") == (False, [])


def test_it_tells_of_every_workflow(http: httpx.Client, stocked: Shop) -> None:
    [hit] = http.get("/v1/search?q=A-3").json()["items"]
    assert [(it["workflow"], it["state"]) for it in hit["instances"]] == [
        ("claims", "incomplete"),
        ("order-fulfilment", "running"),
    ]


def test_one_order_is_gone_to(http: httpx.Client, stocked: Shop) -> None:
    answer = http.get("/search?q=pay_1001", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders/order-fulfilment/A-1")
    assert http.get("/search?q=pay_100", follow_redirects=False).status_code == 200


def test_several_are_listed(http: httpx.Client, stocked: Shop) -> None:
    page = http.get("/search?q=pay_1002").text
    assert page.count('href="/orders/order-fulfilment/A-') == 2
    assert 'href="/orders/claims/A-3"' in page


def test_nothing_says_what_was_looked_for(http: httpx.Client, stocked: Shop) -> None:
    assert 'Nothing is called <span class="id">&lt;b&gt;x</span>' in http.get("/search?q=<b>x").text
    assert "Find an order" in http.get("/search").text


def test_what_has_opened_no_instance_is_found_too(http: httpx.Client, shop: Shop) -> None:
    events.write(shop.clickhouse, [event("lonely", "PaymentReceived", NOON)])
    assert looked_for(http, "lonely") == (True, ["lonely"])
    assert "no instance" in http.get("/search?q=lonely").text
    assert http.get("/orders/none/lonely").status_code == 200


def test_more_than_fit_are_said_to_be_more(http: httpx.Client, shop: Shop) -> None:
    carried = [event(f"A-{number:03}", "PaymentReceived", NOON, '{"customer": "c-1001"}') for number in range(60)]
    events.write(shop.clickhouse, carried)
    answer = http.get("/v1/search?q=c-1001").json()
    assert (len(answer["items"]), answer["more"]) == (50, True)
    assert "More than these" in http.get("/search?q=c-1001").text
