"""`/v1/cases`, over a socket, from SQLite and PostgreSQL."""

from dataclasses import replace

import httpx
import pytest

from api import models_cases
from store.event import HOUR, MINUTE
from tests.api.paging import everything, ids, pages
from tests.api.shop import Order, Shop, arrived_late, case_id, running, unpaid, unshipped
from tests.conftest import NOON


def test_a_case_with_its_findings(any_http: httpx.Client, any_shop: Shop) -> None:
    any_shop.add(unshipped("A-1"), running("A-2"))
    (case,) = any_http.get("/v1/cases").json()["items"]
    models_cases.Case.model_validate(case, extra="forbid")
    assert case["correlation_id"] == "A-1"
    assert (case["state"], case["reason"], case["resolved_at"]) == ("open", None, None)
    assert (case["step"], case["kind"], case["owner"]) == ("ItemShipped", "missing", "warehouse")
    assert (case["at_risk"], case["unit"], case["customer"], case["noun"]) == (48.0, "EUR", "C-77", "order")
    assert case["since"] == "2025-11-20T07:00:00Z"
    assert [(it["step"], it["open"], it["owner"]) for it in case["findings"]] == [
        ("ItemShipped", True, "warehouse"),
        ("ComplianceCheckDone", True, "compliance"),
    ]
    assert any_http.get(f"/v1/cases/{case['id']}").json().items() >= case.items()


def test_a_resolved_case_says_why(any_http: httpx.Client, any_shop: Shop) -> None:
    any_shop.add(arrived_late("A-1"))
    case = any_http.get(f"/v1/cases/{case_id(arrived_late('A-1'))}").json()
    assert (case["state"], case["reason"]) == ("resolved", "arrived_late")
    assert case["resolved_at"] is not None
    assert [(it["kind"], it["open"], it["noted"]) for it in case["findings"]] == [
        ("late", True, True),
        ("missing", False, False),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["late", "ship", "pay"]),
        ("state=open", ["ship", "pay"]),
        ("state=resolved", ["late"]),
        ("workflow=order-fulfilment&state=open", ["ship", "pay"]),
        ("workflow=claims", []),
        ("step=ItemShipped", ["late", "ship"]),
        ("step=ComplianceCheckDone", ["ship"]),
        ("owner=compliance", ["ship"]),
        ("owner=payments", ["pay"]),
        ("owner=compliance&step=ItemShipped", []),
        ("severity=critical", ["pay"]),
        ("severity=info", []),
        ("kind=late", ["late"]),
        ("kind=missing&state=open", ["ship", "pay"]),
        ("correlation_id=pay", ["pay"]),
        ("correlation_id=pa", []),
        ("correlation_id=PAY", []),
        ("state=open&step=&owner=&kind=&severity=", ["ship", "pay"]),
    ],
)
def test_filters(http: httpx.Client, shop: Shop, query: str, expected: list[str]) -> None:
    shop.add(arrived_late("late", since=NOON - 9 * HOUR), unshipped("ship"), unpaid("pay"), running("fine"))
    assert ids(http.get(f"/v1/cases?{query}").json()["items"]) == expected


def test_a_closed_finding_no_longer_finds_an_open_case(http: httpx.Client, shop: Shop) -> None:
    order = unshipped("A")
    settled = replace(order.flags[1], open=False)
    shop.add(replace(order, flags=[order.flags[0], settled]))
    assert ids(http.get("/v1/cases?owner=warehouse").json()["items"]) == ["A"]
    assert ids(http.get("/v1/cases?owner=compliance").json()["items"]) == []


MIXED: list[Order] = [
    unpaid("a", since=NOON - 3 * HOUR, at_risk=10.0),
    unpaid("b", since=NOON - 1 * HOUR, at_risk=None),
    unshipped("c", since=NOON - 2 * HOUR, at_risk=99.5),
    unpaid("d", since=NOON - 3 * HOUR, at_risk=10.0),
    arrived_late("e", since=NOON - 4 * HOUR),
    unshipped("f", since=NOON - 5 * HOUR, at_risk=None),
    unpaid("g", since=NOON - 30 * MINUTE, at_risk=0.1),
]
BY = {
    "age": ["f", "a", "d", "e", "c", "b", "g"],
    "newest": ["g", "b", "c", "e", "d", "a", "f"],
    "risk": ["c", "e", "d", "a", "g", "f", "b"],
    "severity": ["a", "d", "b", "g", "f", "e", "c"],
}


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("sort", BY)
def test_every_sort_page_by_page(any_http: httpx.Client, any_shop: Shop, sort: str, limit: int) -> None:
    any_shop.add(*MIXED)
    assert ids(everything(any_http, "/v1/cases", sort=sort, limit=limit)) == BY[sort]
    still_open = [id for id in BY[sort] if id != "e"]
    assert ids(everything(any_http, "/v1/cases", sort=sort, limit=limit, state="open")) == still_open


@pytest.mark.parametrize("sort", BY)
def test_pages_stay_right_while_cases_come(any_http: httpx.Client, any_shop: Shop, sort: str) -> None:
    any_shop.add(*MIXED)
    read: list[str] = []
    for number, page in enumerate(pages(any_http, "/v1/cases", sort=sort, limit=2)):
        read += ids(page)
        any_shop.add(
            unpaid(f"x{number}", since=NOON - (number + 1) * HOUR, at_risk=number * 20.0),
            unshipped(f"y{number}", since=NOON - number * MINUTE, at_risk=None),
        )
        assert number < 20
    assert [id for id in read if len(id) == 1] == BY[sort], "each that was there, once, in its place"
    assert len(read) == len(set(read))


def test_pages_end_where_numbers_are_odd(http: httpx.Client, shop: Shop) -> None:
    risks = [float("inf"), 1e300, 0.1 + 0.2, 5e-324, 0.0, -0.0, -1.5, float("-inf")]
    shop.add(*(unpaid(f"{place}", at_risk=risk) for place, risk in enumerate(risks)))
    found = everything(http, "/v1/cases", sort="risk", limit=1)
    assert sorted(ids(found)) == [str(place) for place in range(len(risks))]
    assert found[0]["at_risk"] is None, "infinity is no number in JSON"


def test_a_cursor_is_bound_to_its_sort(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("a"), unpaid("b"))
    after = http.get("/v1/cases?sort=age&limit=1").json()["next"]
    answer = http.get("/v1/cases", params={"sort": "risk", "after": after})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "after"


def test_an_unknown_case(http: httpx.Client) -> None:
    answer = http.get("/v1/cases/nothing")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no case nothing")


def test_a_list_matches_its_description(http: httpx.Client, shop: Shop) -> None:
    shop.add(*MIXED)
    models_cases.CasePage.model_validate_json(http.get("/v1/cases?limit=3").text, extra="forbid")
