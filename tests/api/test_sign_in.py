"""The sign-in page: tokens, one-time codes, and whoever guesses."""

from collections.abc import Iterator

import httpx
import pytest

from api.access.failures import ALLOWED, WITHIN
from api.access.identity import Scope
from api.access.keeper import INVITED, Keeper
from api.access.policy import Policy
from api.app import create_app
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND
from tests.api.access.bearer import issued
from tests.api.server import serving
from tests.store.clock import ManualClock
from tests.web_server import client_of

COOKIE = "noshow_session"


@pytest.fixture
def keeper(database: Database) -> Keeper:
    return Keeper(database, Policy())


@pytest.fixture
def http(clickhouse: ClickHouse, database: Database, clock: ManualClock, keeper: Keeper) -> Iterator[httpx.Client]:
    with (
        serving(create_app(clickhouse, database, clock, keeper=keeper)) as url,
        client_of(url, headers={"Accept": "text/html"}) as http,
    ):
        yield http


def test_the_page_needs_no_script_and_tells_nothing_of_the_inside(http: httpx.Client) -> None:
    page = http.get("/sign-in?next=/rules")
    assert page.status_code == 200
    assert '<form method="post" action="/sign-in">' in page.text
    assert '<input type="hidden" name="next" value="/rules">' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert "refused" not in page.text


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/\\evil.example", "x", ""])
def test_it_leads_to_our_own_pages_only(http: httpx.Client, database: Database, then: str) -> None:
    assert 'name="next" value="/"' in http.get("/sign-in", params={"next": then}).text
    signed_in = http.post("/sign-in", data={"token": issued(database, Scope.READ), "next": then})
    assert signed_in.headers["location"] == "/"


def test_a_token_may_have_space_around_it(http: httpx.Client, database: Database) -> None:
    assert http.post("/sign-in", data={"token": f" {issued(database, Scope.READ)}\r\n"}).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "noshow_0000000000000000_" + "A" * 43, "<script>"])
def test_a_wrong_token_is_told_and_not_shown(http: httpx.Client, token: str) -> None:
    answer = http.post("/sign-in", data={"token": token, "next": "/rules"})
    assert answer.status_code == 400
    assert "This token is not valid." in answer.text
    assert 'name="next" value="/rules"' in answer.text
    assert not token or token == "x" or token not in answer.text
    assert COOKIE not in http.cookies


def test_a_token_that_may_not_look_is_none_for_the_dashboard(http: httpx.Client, database: Database) -> None:
    answer = http.post("/sign-in", data={"token": issued(database, Scope.INGEST)})
    assert (answer.status_code, "no scope read" in answer.text) == (400, True)


def test_a_body_that_is_too_long_or_no_form(http: httpx.Client) -> None:
    assert http.post("/sign-in", content=b"a" * 20_000).status_code == 413
    assert http.post("/sign-in", content=b"\xff\0&&==").status_code == 400


def test_whoever_guesses_waits_and_then_may_try_again(
    http: httpx.Client, database: Database, clock: ManualClock
) -> None:
    for _ in range(ALLOWED):
        assert http.post("/sign-in", data={"token": "guess"}).status_code == 400
    token = issued(database, Scope.READ)
    answer = http.post("/sign-in", data={"token": token})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(WITHIN // SECOND))
    assert "Try again in 10 min." in answer.text
    assert http.get("/sign-in?code=guess").status_code == 429
    other = {"X-Forwarded-For": "203.0.113.7"}  # as a proxy on this machine says
    assert http.post("/sign-in", data={"token": token}, headers=other).status_code == 303
    clock.sleep(WITHIN / SECOND)
    assert http.post("/sign-in", data={"token": token}).status_code == 303


def test_a_code_signs_in_once(http: httpx.Client, database: Database, clock: ManualClock, keeper: Keeper) -> None:
    code = keeper.invite(issued(database, Scope.READ, name="admin"), clock.now())
    answer = http.get("/sign-in", params={"code": code})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "admin" in http.get("/").text
    http.cookies.clear()
    again = http.get("/sign-in", params={"code": code})
    assert (again.status_code, "has been used" in again.text) == (400, True)
    assert code not in again.text


def test_a_code_ends_and_a_later_one_takes_its_place(
    http: httpx.Client, database: Database, clock: ManualClock, keeper: Keeper
) -> None:
    token = issued(database, Scope.READ)
    first, second = (keeper.invite(token, clock.now()) for _ in range(2))
    assert http.get("/sign-in", params={"code": first}).status_code == 400
    clock.sleep(INVITED / SECOND)
    assert http.get("/sign-in", params={"code": second}).status_code == 400
