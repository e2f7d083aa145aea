"""`/v1/workflows` and its pages, over a socket."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from api import flow, models_workflows
from api.app import create_app
from reconcile.rulebook import Rulebook
from store.errors import StoreUnavailable
from store.event import HOUR
from tests.api.server import serving
from tests.api.shop import Shop, arrived_late, running, unpaid, unshipped
from tests.conftest import NOON
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock
from tests.web_server import client_of

UNUSED = replace(FULFILMENT, name="<unused>")


@pytest.fixture
def address(any_shop: Shop, clock: ManualClock) -> Iterator[str]:
    rulebook = Rulebook(lambda: [FULFILMENT, UNUSED])
    with serving(create_app(any_shop.clickhouse, any_shop.database, clock, rulebook=rulebook)) as address:
        yield address


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with client_of(address) as http:
        yield http


def test_every_workflow_that_has_a_rule_or_an_instance_is_listed(any_shop: Shop, http: httpx.Client) -> None:
    any_shop.judge(running("a"), replace(running("b"), workflow="claims"))
    answer = http.get("/v1/workflows").json()
    models_workflows.Workflows.model_validate(answer, extra="forbid")
    assert [it["workflow"] for it in answer["items"]] == ["<unused>", "claims", "order-fulfilment"]
    assert answer["items"][1]["ever"] == {"states": {"running": 1}, "late": 0, "completeness": None}


def test_one_tells_its_flow_and_what_is_stuck(any_shop: Shop, http: httpx.Client) -> None:
    any_shop.add(unpaid("a"), unpaid("b"), unshipped("c"), arrived_late("d"))
    answer = http.get("/v1/workflows/order-fulfilment", params={"span": "30d"}).json()
    models_workflows.Workflow.model_validate(answer, extra="forbid")
    assert answer["stuck"] == {"PaymentReceived": 2, "ItemShipped": 1}
    paid = answer["now"]["edges"][0]
    assert (paid["source"], paid["target"], paid["passed"]) == (None, "PaymentReceived", 2)
    assert answer["now"]["began"] == 4


def test_a_page_looks_again_for_what_is_being_counted(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def long(*_: object) -> flow.Flows:
        raise StoreUnavailable("it takes long")

    monkeypatch.setattr(flow, "flows", long)
    page = http.get("/workflows/order-fulfilment")
    assert (page.status_code, page.headers["Refresh"]) == (200, "3")
    assert "needs long to count. This page looks again by itself." in page.text
    monkeypatch.undo()
    page = http.get("/workflows/order-fulfilment")
    assert "The graph of the workflow" in page.text
    assert "Refresh" not in page.headers


def test_what_has_no_rule_is_not_found(http: httpx.Client) -> None:
    answer = http.get("/v1/workflows/claims")
    assert (answer.status_code, answer.json()["detail"]) == (404, "No rule in force is called claims")


def test_an_unknown_span_is_refused(http: httpx.Client) -> None:
    assert http.get("/v1/workflows", params={"span": "8d"}).status_code == 400


def test_the_page_tells_what_burns_most_first(any_shop: Shop, http: httpx.Client) -> None:
    any_shop.add(unpaid("a"), unpaid("b", since=NOON - 3 * HOUR), unshipped("c"))
    page = http.get("/workflows").text
    assert page.index("step=PaymentReceived") < page.index("step=ComplianceCheckDone")
    assert "&lt;unused&gt;" in page


def test_pages_say_so_where_there_is_nothing_yet(http: httpx.Client) -> None:
    assert "no case is open" in http.get("/workflows").text
    page = http.get("/workflows/order-fulfilment")
    assert page.status_code == 200
    assert "0 began" in page.text
