"""The list of all instances: its filters, its orders and its export, over a socket."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from api.app import create_app
from reconcile.rulebook import Rulebook
from rules.parse.rule import parse
from store.event import DAY, HOUR, MINUTE
from tests.api.incident_rows import put_silent
from tests.api.paging import everything, ids
from tests.api.server import serving
from tests.api.shop import Shop, arrived_late, cancelled, orphan, running, unpaid, unshipped
from tests.conftest import NOON
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock
from tests.web_server import client_of

RULE = """
workflow: order-fulfilment
noun: order
owner: orders
start: OrderPlaced
steps:
  PaymentReceived: {within: 15m, owner: payments}
  ItemShipped: {after: PaymentReceived, within: 48h, owner: warehouse}
  ComplianceCheckDone: {after: PaymentReceived, within: 24h}
"""
PATH = "/v1/instances"


@pytest.fixture
def ruled(shop: Shop, clock: ManualClock) -> Iterator[httpx.Client]:
    """With a rule in force."""
    workflow = parse(RULE, "orders.yaml").workflow
    assert workflow is not None
    app = create_app(shop.clickhouse, shop.database, clock, rulebook=Rulebook(lambda: [workflow]))
    with serving(app) as address, client_of(address) as http:
        yield http


def found(http: httpx.Client, **asked: str | int) -> list[str]:
    """In every order the same, however small the pages."""
    by_id = ids(everything(http, PATH, limit=2, **asked))
    for sort in ("newest", "oldest", "risk"):
        assert sorted(ids(everything(http, PATH, limit=1, sort=sort, **asked))) == sorted(by_id), sort
    return by_id


def test_by_what_an_order_waits_for(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("R"), unpaid("U"), unshipped("S"), cancelled("C"), arrived_late("L"))
    assert found(http, step="ItemShipped") == ["R", "S"]
    assert found(http, step="PaymentReceived") == ["U"]
    assert found(http, step="Nothing") == []


def test_by_who_owns_what_it_waits_for(ruled: httpx.Client, shop: Shop) -> None:
    shop.add(running("R"), unpaid("U"), unshipped("S"), replace(unpaid("X"), workflow="claims"))
    assert found(ruled, owner="warehouse") == ["R", "S"]
    assert found(ruled, owner="payments") == ["U"]
    assert found(ruled, owner="orders") == ["S"]
    assert found(ruled, owner="nobody") == []


def test_by_when_it_began(http: httpx.Client, shop: Shop) -> None:
    shop.add(*(running(f"A-{days}", start=NOON - days * DAY) for days in range(4)), orphan("O", since=NOON - 2 * DAY))
    assert found(http, since="2025-11-19") == ["A-0", "A-1"]
    assert found(http, until="2025-11-18T12:00:00Z") == ["A-3"]
    assert found(http, since="2025-11-18T12:00:00Z", until="2025-11-19T12:00:00Z") == ["A-2", "O"]


def test_by_what_is_at_risk(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A", at_risk=10), unpaid("B", at_risk=10.5), unpaid("C", at_risk=None))
    assert found(http, at_risk="10.5") == ["B"]
    assert found(http, at_risk=0) == ["A", "B"]


def test_by_how_the_id_begins(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("A-10"), unpaid("A-1"), running("B-1"), replace(running("A-1"), workflow="claims"), running("a-1"))
    assert found(http, q="A-1") == ["A-1", "A-1", "A-10"]
    assert found(http, q="A-1", state="running") == ["A-1", "A-10"]
    assert found(http, q="%") == []


def test_late_is_what_came_late(http: httpx.Client, shop: Shop) -> None:
    shop.add(arrived_late("L"), unpaid("U"), running("R"))
    assert found(http, state="late") == ["L"]


def test_held_is_what_is_past_its_deadline_and_not_judged(ruled: httpx.Client, shop: Shop) -> None:
    past = replace(running("P"), steps=[("PaymentReceived", "pending", None, NOON - MINUTE)])
    shop.add(past, replace(past, id="F", steps=[("PaymentReceived", "pending", None, NOON + MINUTE)]), unpaid("U"))
    assert found(ruled, state="held") == []
    put_silent(shop.database, "payments", "PaymentReceived")
    assert found(ruled, state="held") == ["P"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("newest", ["C", "B", "A", "O", "D"]),
        ("oldest", ["D", "O", "A", "B", "C"]),
        ("risk", ["A", "C", "B", "O", "D"]),
        ("id", ["A", "B", "C", "D", "O"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_orders(http: httpx.Client, shop: Shop, sort: str, order: list[str], limit: int) -> None:
    began = {"A": (HOUR, 9.0), "B": (30 * MINUTE, 5.0), "C": (MINUTE, 5.0), "D": (DAY, float("inf"))}
    shop.add(*(replace(running(id, start=NOON - ago), at_risk=risk) for id, (ago, risk) in began.items()))
    shop.add(replace(orphan("O", since=NOON - 2 * HOUR), at_risk=None))
    assert ids(everything(http, PATH, sort=sort, limit=limit)) == order


def test_of_many_versions_only_the_newest_is_listed_and_once(http: httpx.Client, shop: Shop) -> None:
    """More of them than a page looks at."""
    for _ in range(40):
        shop.judge(running("A"), unpaid("B"), replace(running("C"), start=NOON - DAY))
    shop.judge(replace(running("C"), start=NOON - HOUR), cancelled("B"))
    for sort in ("id", "newest", "oldest", "risk"):
        assert sorted(ids(everything(http, PATH, sort=sort, limit=1))) == ["A", "B", "C"], sort
        assert ids(everything(http, PATH, sort=sort, limit=1, state="incomplete")) == []
        assert ids(everything(http, PATH, sort=sort, limit=1, state="cancelled")) == ["B"]


def test_what_makes_no_sense_is_refused(http: httpx.Client) -> None:
    for asked in ("state=odd", "at_risk=-1", "at_risk=nan", "since=yesterday", "sort=age", "colour=red"):
        assert http.get(f"{PATH}?{asked}").status_code == 400, asked


def test_a_cursor_of_another_order_is_refused(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("A"), running("B"))
    after = http.get(f"{PATH}?sort=newest&limit=1").json()["next"]
    assert http.get(PATH, params={"sort": "oldest", "after": after}).status_code == 400


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_export_has_what_the_list_has(http: httpx.Client, shop: Shop) -> None:
    shop.add(*(running(f"A-{number:03}") for number in range(250)), unshipped("S"))
    assert len(rows(http.get(f"{PATH}/export"))) == 251
    [row] = rows(http.get(f"{PATH}/export?step=ComplianceCheckDone"))
    assert row == {
        "workflow": "order-fulfilment",
        "correlation_id": "S",
        "state": "incomplete",
        "start": "2025-11-18T06:50:00Z",
        "waits_for": "ItemShipped; ComplianceCheckDone",
        "due": "2025-11-19T07:00:00Z",
        "findings": "ItemShipped missing; ComplianceCheckDone missing",
        "at_risk": "48.0",
        "unit": "EUR",
        "customer": "C-77",
        "judged_at": "2025-11-20T11:59:59Z",
    }


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")'])
def test_nothing_exported_is_a_formula(http: httpx.Client, shop: Shop, evil: str) -> None:
    shop.add(replace(unpaid(evil), customer=evil, unit=evil, at_risk=-5.0))
    [row] = rows(http.get(f"{PATH}/export"))
    assert (row["correlation_id"], row["customer"], row["unit"]) == (f"'{evil}", f"'{evil}", f"'{evil}")
    assert row["at_risk"] == "-5.0", "a number stays one"


def test_an_export_of_nothing_has_the_names(http: httpx.Client) -> None:
    assert http.get(f"{PATH}/export").text.startswith("workflow,correlation_id,state,")


@pytest.mark.parametrize(
    ("nouns", "asked", "title"),
    [
        (["claim", "claim"], "", "Claims"),
        (["claim", "refund"], "", "Orders"),
        (["claim", "refund"], "?workflow=w1", "Refunds"),
        (["claim", "instance"], "", "Claims"),
        (["instance"], "", "Orders"),
    ],
)
def test_orders_are_called_what_their_rules_call_them(
    shop: Shop, clock: ManualClock, nouns: list[str], asked: str, title: str
) -> None:
    workflows = [replace(FULFILMENT, name=f"w{number}", noun=noun) for number, noun in enumerate(nouns)]
    app = create_app(shop.clickhouse, shop.database, clock, rulebook=Rulebook(lambda: workflows))
    with serving(app) as address, client_of(address) as http:
        page = http.get(f"/orders{asked}").text
    assert f"<h1>{title}</h1>" in page
    assert f"No {title[:-1].lower()} " in page
