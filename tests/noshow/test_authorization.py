"""The authorization matrix: every route of the real server, for every kind of caller, over a socket."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.access import csrf
from api.access.guard import cookie
from api.access.identity import Scope
from api.access.keeper import Keeper
from collector.http.app import WEBHOOK
from noshow.stores import Stores
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import load
from tests.api.access.bearer import bearer, issued
from tests.api.shop import Shop, unpaid
from tests.noshow.authorization import ADMINISTER, INGEST, OPERATE, READ, TABLE, Row
from tests.noshow.whole import Whole, whole
from tests.store.clock import ManualClock
from tests.web_server import client_of

OWNER, OTHERS = "payments", "compliance"  # of the case, and of no finding of it
ANONYMOUS = {READ, INGEST}
Answers = Mapping[str, httpx.Response]


@dataclass(frozen=True)
class Real:
    running: Whole
    keeper: Keeper
    database: Database
    url: str
    case: str


@pytest.fixture
def real(clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Real]:
    """The whole of `noshow serve` as it answers, with a case that the team `OWNER` owns."""
    settings = load({}, overrides={"data": str(tmp_path)})
    Shop(clickhouse, database).add(unpaid("A"))
    with whole(Stores(clickhouse, database, None), settings, clock) as running:
        [case] = httpx.get(f"{running.url}/v1/cases").json()["items"]
        assert case["owner"] == OWNER
        assert OTHERS not in {finding["owner"] for finding in case["findings"]}
        yield Real(running, running.keeper, database, running.url, case["id"])


def routes(router: APIRouter) -> Iterator[tuple[str, str]]:
    """Method and path of every route, those of included routers among them."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if isinstance(inner, APIRouter):
            yield from routes(inner)
        else:
            assert isinstance(route, APIRoute), f"{route} is a route of another kind, which no guard stands before"
            yield from ((method, route.path_format) for method in route.methods or ())


def ask(real: Real, row: Row, headers: Mapping[str, str]) -> httpx.Response:
    with client_of(real.url) as http:
        asked = http.build_request(row.method, row.address(real.case), json=row.body, data=row.form, headers=headers)
        answer = http.send(asked, stream=True)
        if row.route != "/live":  # which has no end
            answer.read()
        return answer


def verdict(answer: httpx.Response) -> str:
    assert answer.status_code < 500, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return {401: "who?", 403: "no"}.get(answer.status_code, "yes")


def session(real: Real, scope: Scope, with_csrf: bool) -> dict[str, str]:
    token = issued(real.database, READ, scope)
    signed_in = httpx.post(f"{real.url}/sign-in", data={"token": token})
    secret = signed_in.cookies[cookie(real.keeper)]
    headers = {"Cookie": f"{cookie(real.keeper)}={secret}"}
    return {**headers, "X-CSRF-Token": csrf.make(secret)} if with_csrf else headers


def test_every_route_has_its_row(real: Real) -> None:
    handled = [("OPTIONS", WEBHOOK), *(("POST", path) for path in real.running.front.handlers)]
    there, listed = [*handled, *routes(real.running.rest.router)], [(row.method, row.route) for row in TABLE]
    assert set(there) - set(listed) == set(), "add their rows to tests/noshow/authorization.py"
    assert sorted(there) == sorted(listed)


def test_each_scope_opens_its_own_routes_and_no_other(real: Real) -> None:
    tokens = {scope: bearer(real.database, scope) for scope in Scope}
    for row in TABLE:
        for scope, headers in tokens.items():
            expected = "yes" if row.scope in (None, scope) else "no"
            assert verdict(ask(real, row, headers)) == expected, (row, scope)


def test_without_a_token_this_machine_reads_and_sends_events(real: Real) -> None:
    for row in TABLE:
        expected = "yes" if row.scope is None or row.scope in ANONYMOUS else "who?"
        assert verdict(ask(real, row, {})) == expected, row


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"Host": "rebound.example"},
        {"Authorization": "Bearer noshow_0000000000000000_" + "A" * 43},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_strangers_get_nothing_but_what_is_open(real: Real, headers: Mapping[str, str]) -> None:
    for row in TABLE:
        answer = ask(real, row, headers)
        assert verdict(answer) == ("yes" if row.scope is None else "who?"), row
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401), row


def test_a_team_changes_its_own_cases_only(real: Real) -> None:
    for row in TABLE:
        if row.team:
            assert row.scope is not None
            theirs, others = (bearer(real.database, row.scope, team=team) for team in (OWNER, OTHERS))
            assert verdict(ask(real, row, others)) == "no", row
            assert verdict(ask(real, row, theirs)) == "yes", row


def test_a_session_does_what_its_token_may_and_changes_only_by_our_own_forms(real: Real) -> None:
    for scope in (READ, OPERATE, ADMINISTER):
        with_csrf, without = session(real, scope, True), session(real, scope, False)
        for row in TABLE:
            if row.scope is not None:
                allowed = "yes" if row.scope in (READ, scope) else "no"
                assert verdict(ask(real, row, with_csrf)) == allowed, (row, scope)
                assert verdict(ask(real, row, without)) == ("no" if row.method == "POST" else allowed), (row, scope)
