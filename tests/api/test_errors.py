"""Every error of every route: one JSON shape for programs, a page for people, never a traceback."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from api import assets, audit, cases, health, instances, models
from api.app import create_app
from api.pages import board, order
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.server import serving
from tests.api.shop import Shop
from tests.store.clock import ManualClock
from tests.web_server import client_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
READING_CLICKHOUSE = ("/v1/instances", "/v1/instances/w/a", "/orders/w/a")
READING_DATABASE = ("/v1/audit", "/v1/audit/head", "/v1/audit/export", "/v1/cases", "/v1/cases/a", "/")


def check_problem(answer: httpx.Response, status: int) -> models.Problem:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Traceback" not in answer.text
    problem = models.Problem.model_validate(answer.json(), extra="forbid")
    assert problem.status == status
    assert problem.type == "about:blank"
    assert problem.detail.endswith(".") or status == 404
    return problem


def check_page(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


def paths() -> Iterator[str]:
    """Addresses that can only be read, their parameters filled in."""
    for module in (assets, audit, board, cases, health, instances, order):
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            yield route.path_format.format(workflow="w", correlation_id="a", id="a", digest="0", name="noshow.css")


def test_every_route_refuses_what_it_cannot_do(http: httpx.Client) -> None:
    known = list(paths())
    assert len(known) == 15
    for path, method in product(known, ("POST", "PUT", "PATCH", "DELETE")):
        answer = http.request(method, path)
        assert check_problem(answer, 405).detail == f"{method} is not possible here; GET is."
        assert answer.headers["allow"] == "GET"
        if not path.startswith("/v1/"):
            check_page(http.request(method, path, headers=BROWSER), 405)


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/", "/v1/nothing", "/v1/instances/", "/v1/cases/a/b", "/static/a"]
)
def test_an_address_where_nothing_is(http: httpx.Client, path: str) -> None:
    assert check_problem(http.get(path), 404).detail == f"There is nothing at {path}"


def test_what_is_not_there_is_named(http: httpx.Client) -> None:
    assert "no instance a" in check_problem(http.get("/v1/instances/w/a"), 404).detail
    assert "no case a" in check_problem(http.get("/v1/cases/a"), 404).detail
    assert "no asset" in check_problem(http.get("/static/0/none.css"), 404).detail
    assert "Nothing is known of a in w" in check_problem(http.get("/orders/w/a"), 404).detail


def test_people_get_pages(http: httpx.Client) -> None:
    for path, status in (("/nothing", 404), ("/orders/w/a", 404), ("/?sate=open", 400), ("/?after=x", 400)):
        check_page(http.get(path, headers=BROWSER), status)


def test_under_v1_a_browser_gets_json_too(http: httpx.Client) -> None:
    check_problem(http.get("/v1/instances?stat=1", headers=BROWSER), 400)


@pytest.mark.parametrize(
    ("path", "parameter", "reason"),
    [
        ("/v1/instances?stat=open", "stat", "is unknown (did you mean state?)"),
        (
            "/v1/instances?hue=a",
            "hue",
            "is unknown (known are workflow, state, step, owner, since, until, at_risk, q, kind, version, "
            "correlation_id, sort, limit, after)",
        ),
        (
            "/v1/instances?state=odd",
            "state",
            "should be 'incomplete', 'failed', 'orphan', 'running', 'complete', 'cancelled', 'late' or 'held'",
        ),
        ("/v1/instances?limit=0", "limit", "should be greater than or equal to 1"),
        ("/v1/instances?limit=501", "limit", "should be less than or equal to 500"),
        ("/v1/instances?limit=ten", "limit", "should be a valid integer, unable to parse string as an integer"),
        ("/v1/instances?limit=1&limit=2", "limit", "is given twice"),
        ("/v1/instances?workflow=%00", "workflow", "must not contain a NUL character"),
        ("/v1/instances?workflow=" + "a" * 1025, "workflow", "String should have at most 1024 characters"),
        ("/v1/instances/w/%00", "correlation_id", "must not contain a NUL character"),
        ("/v1/instances/w/a?x=1", "x", "is unknown (there are none here)"),
        ("/v1/cases?sevrity=info", "sevrity", "is unknown (did you mean severity?)"),
        ("/v1/cases?severity=crit", "severity", "should be 'info', 'warning' or 'critical'"),
        ("/v1/cases?kind=mising", "kind", "should be 'missing', 'late', 'failed', 'duplicate', 'out_of_order', "),
        ("/v1/cases?sort=size", "sort", "should be 'age', 'newest', 'risk' or 'severity'"),
        ("/v1/cases?state=closed", "state", "expected open, acknowledged, snoozed, resolved or unresolved, or several"),
        ("/v1/cases?state=open,", "state", "expected open, acknowledged"),
        ("/v1/cases?age=2h", "age", "should be 'under_1h', '1h_4h', '4h_24h', '1d_7d' or 'over_7d'"),
        ("/v1/cases?correlation_id=a%00", "correlation_id", "must not contain a NUL character"),
        ("/v1/cases/%00", "id", "must not contain a NUL character"),
        ("/v1/cases/a?limit=1", "limit", "is unknown (there are none here)"),
        ("/?sate=open", "sate", "is unknown (did you mean state?)"),
        ("/?q=%00", "q", "must not contain a NUL character"),
        ("/?limit=5", "limit", "is unknown"),
        ("/orders/w/a?x=1", "x", "is unknown (known are done, event)"),
        ("/healthz?x=1", "x", "is unknown (there are none here)"),
        ("/readyz?x=1", "x", "is unknown (there are none here)"),
    ],
)
def test_bad_parameters_are_named(http: httpx.Client, path: str, parameter: str, reason: str) -> None:
    problem = check_problem(http.get(path), 400)
    assert problem.errors is not None
    (fault,) = problem.errors
    assert fault.parameter == parameter
    assert fault.reason.startswith(reason)


def test_all_that_is_wrong_is_told_at_once(http: httpx.Client) -> None:
    problem = check_problem(http.get("/v1/cases?sevrity=info&limt=1&kind=late&kind=missing"), 400)
    assert [fault.parameter for fault in problem.errors or []] == ["sevrity", "limt", "kind"]
    problem = check_problem(http.get("/v1/cases?severity=x&limit=x"), 400)
    assert [fault.parameter for fault in problem.errors or []] == ["severity", "limit"]


def test_a_store_that_is_away_is_a_503(shop: Shop, clock: ManualClock, tmp_path: Path) -> None:
    no_clickhouse = ClickHouse.server("http://127.0.0.1:9")
    no_database = Database.open(f"sqlite:///{tmp_path}/no/such/folder/db")
    with serving(create_app(no_clickhouse, no_database, clock)) as address, client_of(address) as http:
        for path in (*READING_CLICKHOUSE, *READING_DATABASE):
            answer = http.get(path)
            assert "does not answer" in check_problem(answer, 503).detail
            assert answer.headers["retry-after"] == "5"
            if not path.startswith("/v1/"):
                check_page(http.get(path, headers=BROWSER), 503)
        assert http.get("/healthz").json() == {"status": "ok"}
        problem = check_problem(http.get("/readyz"), 503)
        assert [fault.parameter for fault in problem.errors or []] == ["clickhouse", "database"]


def test_readiness_names_the_store_that_is_away(shop: Shop, clock: ManualClock) -> None:
    no_clickhouse = ClickHouse.server("http://127.0.0.1:9")
    with serving(create_app(no_clickhouse, shop.database, clock)) as address, client_of(address) as http:
        assert check_problem(http.get("/readyz"), 503).detail == "Not ready: no answer from clickhouse."
        page = http.get("/", headers=BROWSER)
        assert page.status_code == 200, "the cases are in the other store"
        assert "ClickHouse does not answer" in page.text


def test_what_nobody_expected_is_a_500_without_a_word_of_the_inside(
    empty_clickhouse: ClickHouse, database: Database, clock: ManualClock
) -> None:
    with serving(create_app(empty_clickhouse, database, clock)) as address, client_of(address) as http:
        for path in READING_CLICKHOUSE:
            problem = check_problem(http.get(path), 500)
            assert problem.detail == "Something went wrong inside of Noshow. Its log has the details."
        check_page(http.get("/orders/w/a", headers=BROWSER), 500)


def test_health(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ok"}


def test_head_is_answered_where_get_is(http: httpx.Client) -> None:
    for path in ("/healthz", "/readyz", "/", "/v1/cases"):
        answer = http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert http.head("/nothing").status_code == 404
