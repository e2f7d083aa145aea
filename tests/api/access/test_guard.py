"""The guard over a socket: tokens, cookies, forms and odd headers."""

import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.access import csrf, tokens
from api.access.guard import Operator, demand_team
from api.access.identity import Scope
from api.access.keeper import Keeper
from api.access.policy import Policy
from api.access.recent import BELIEVED
from api.app import OURS, create_app
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, SECOND
from store.settings import Anonymous
from tests.api.access.bearer import OPERATOR, bearer, issued
from tests.api.server import serving
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.web_server import client_of

BROWSER = {"Accept": "text/html"}
COOKIE = "noshow_session"

router = APIRouter()


@router.post("/press")
def press(who: Operator) -> Response:
    """Changes a case that the team payments owns."""
    demand_team(who, ["payments", "warehouse"])
    return JSONResponse({"kind": who.actor.kind, "name": who.actor.name})


@pytest.fixture
def http(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[httpx.Client]:
    with (
        serving(create_app(clickhouse, database, clock, routers=[*OURS, router])) as url,
        client_of(url) as http,
    ):
        yield http


def sign_in(http: httpx.Client, token: str, then: str = "/") -> httpx.Response:
    return http.post("/sign-in", data={"token": token, "next": then})


def form(http: httpx.Client) -> dict[str, str]:
    return {"csrf": csrf.make(http.cookies[COOKIE])}


def operator(database: Database, team: str = "", name: str = "") -> str:
    return issued(database, Scope.READ, Scope.OPERATE, team=team, name=name)


# Tokens


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_known_in_any_case(http: httpx.Client, database: Database, scheme: str) -> None:
    token = operator(database, name="shop")
    for space in (" ", "   "):
        answer = http.post("/press", headers={"Authorization": f"{scheme}{space}{token}"})
        assert answer.json() == {"kind": "token", "name": "shop"}


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Basic YTpi", "Token {token}", "{token}", "Bearer {token} x", "Bearer {token},"]
)
def test_what_is_shown_badly_is_refused_also_where_nothing_is_needed(
    http: httpx.Client, database: Database, value: str
) -> None:
    answer = http.get("/v1/cases", headers={"Authorization": value.format(token=operator(database))})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="noshow", error="invalid_token"'


def test_two_tokens_at_once_are_refused(http: httpx.Client, database: Database) -> None:
    header = ("Authorization", f"Bearer {operator(database)}")
    answer = http.get("/v1/cases", headers=[header, header])
    assert (answer.status_code, "more than one" in answer.json()["detail"]) == (401, True)


def test_a_header_with_a_nul_never_gets_in(http: httpx.Client, database: Database) -> None:
    parts = urlsplit(str(http.base_url))
    with socket.create_connection((parts.hostname, parts.port)) as raw:
        lines = ("GET /v1/cases HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: Bearer {operator(database)}\0")
        raw.sendall("\r\n".join((*lines, "", "")).encode())
        assert raw.recv(4096).split(b" ")[1] in (b"400", b"401")


def test_a_token_ends_at_its_instant_though_it_was_just_believed(
    http: httpx.Client, database: Database, clock: ManualClock
) -> None:
    grant = tokens.Grant("short", frozenset({Scope.OPERATE}), expires_at=NOON + 2 * SECOND)
    with database.begin() as connection:
        headers = {"Authorization": f"Bearer {tokens.issue(connection, grant, OPERATOR, NOON)}"}
    clock.sleep(1.999999)
    assert http.post("/press", headers=headers).status_code == 200
    clock.sleep(0.000001)
    assert http.post("/press", headers=headers).status_code == 401


def test_a_revoked_token_is_refused_within_seconds(http: httpx.Client, database: Database, clock: ManualClock) -> None:
    token = operator(database)
    headers = {"Authorization": f"Bearer {token}"}
    assert http.post("/press", headers=headers).status_code == 200
    with database.begin() as connection:
        tokens.revoke(connection, token.split("_")[1], OPERATOR, NOON)
    clock.sleep(BELIEVED / SECOND)
    assert http.post("/press", headers=headers).status_code == 401


def test_another_teams_case_is_not_theirs_to_change(http: httpx.Client, database: Database) -> None:
    scopes = (Scope.READ, Scope.OPERATE)
    for team, status in (("", 200), ("payments", 200), ("warehouse", 200), ("compliance", 403)):
        assert http.post("/press", headers=bearer(database, *scopes, team=team)).status_code == status


# Sessions


def test_who_signed_in_is_a_person(http: httpx.Client, database: Database) -> None:
    answer = sign_in(http, operator(database, name="anna"), "/rules")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules")
    assert http.post("/press", data=form(http)).json() == {"kind": "person", "name": "anna"}
    assert http.post("/press", headers={"X-CSRF-Token": form(http)["csrf"]}).status_code == 200
    assert "anna" in http.get("/").text


def test_the_cookie_is_for_the_browser_alone(http: httpx.Client, database: Database) -> None:
    words = sign_in(http, operator(database)).headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={12 * 3600}"} <= set(words)
    assert "Secure" not in words


def test_behind_https_it_is_secure(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> None:
    keeper = Keeper(database, Policy(Anonymous.NEVER, secure=True, public="noshow.example"))
    with (
        serving(create_app(clickhouse, database, clock, routers=[*OURS, router], keeper=keeper)) as url,
        client_of(url) as http,
    ):
        words = sign_in(http, operator(database)).headers["set-cookie"].split("; ")
        assert words[0].startswith("__Host-noshow=")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(words)
        cookie = {"Cookie": words[0], "Origin": "https://noshow.example"}
        secret = words[0].partition("=")[2]
        assert http.post("/press", headers=cookie, data={"csrf": csrf.make(secret)}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {}),
        ({}, {"csrf": ""}),
        ({}, {"csrf": csrf.make("of another session")}),
        ({"X-CSRF-Token": csrf.make("of another session")}, {}),
        ({"Content-Type": "text/plain"}, {}),
    ],
)
def test_a_form_of_somebody_else_changes_nothing(
    http: httpx.Client, database: Database, headers: Mapping[str, str], fields: Mapping[str, str]
) -> None:
    sign_in(http, operator(database))
    answer = http.post("/press", data=fields, headers=headers)
    assert (answer.status_code, "not of this sign-in" in answer.json()["detail"]) == (403, True)


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    ids=str,
)
def test_another_sites_page_changes_nothing_even_with_the_right_form(
    http: httpx.Client, database: Database, headers: Mapping[str, str]
) -> None:
    assert sign_in(http, operator(database)).status_code == 303
    answer = http.post("/press", data=form(http), headers=headers)
    assert (answer.status_code, "another site" in answer.json()["detail"]) == (403, True)
    signing = http.post("/sign-in", data={"token": operator(database)}, headers=headers)
    assert signing.status_code == 403, "nor signs anybody in as somebody else"


def test_a_session_ends_when_it_is_idle_and_with_its_token(
    http: httpx.Client, database: Database, clock: ManualClock
) -> None:
    token = operator(database)
    sign_in(http, token)
    for _ in range(3):
        clock.sleep(50 * 60)
        assert http.post("/press", data=form(http)).status_code == 200, "each look begins the hour anew"
    clock.sleep(HOUR / SECOND)
    assert http.post("/press", data=form(http)).status_code == 401
    sign_in(http, token)
    assert http.post("/press", data=form(http)).status_code == 200
    with database.begin() as connection:
        tokens.revoke(connection, token.split("_")[1], OPERATOR, NOON)
    clock.sleep(BELIEVED / SECOND)
    assert http.post("/press", data=form(http)).status_code == 401


def test_signing_out_needs_our_form_and_ends_the_session_at_once(http: httpx.Client, database: Database) -> None:
    sign_in(http, operator(database))
    secret = http.cookies[COOKIE]
    assert http.post("/sign-out").status_code == 403
    answer = http.post("/sign-out", data=form(http))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in http.cookies
    again = http.post("/press", headers={"Cookie": f"{COOKIE}={secret}", "X-CSRF-Token": csrf.make(secret)})
    assert again.status_code == 401


# Without either


def test_another_sites_page_sends_this_machine_nothing(http: httpx.Client) -> None:
    answer = http.get("/", headers={"Sec-Fetch-Site": "cross-site", **BROWSER})
    assert answer.status_code == 200, "to follow a link is no change"
    assert http.post("/press", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_browser_that_must_sign_in_is_led_there_and_back(http: httpx.Client) -> None:
    stranger = {**BROWSER, "X-Forwarded-For": "203.0.113.7"}
    answer = http.get("/?state=all", headers=stranger)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F%3Fstate%3Dall")
    assert http.get(answer.headers["location"], headers=stranger).status_code == 200
    assert http.post("/press", headers=BROWSER).headers["location"] == "/sign-in?next=%2F"


def test_a_page_that_refreshes_itself_is_led_there_whole(http: httpx.Client) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "HX-Request": "true", "HX-Current-URL": "http://localhost/?state=all"}
    answer = http.get("/", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2F%3Fstate%3Dall")


@pytest.mark.parametrize(("anonymous", "status"), [(Anonymous.NEVER, 401), (Anonymous.ALWAYS, 200)])
def test_nobody_or_everybody(
    clickhouse: ClickHouse, database: Database, clock: ManualClock, anonymous: Anonymous, status: int
) -> None:
    app = create_app(clickhouse, database, clock, routers=[*OURS, router], keeper=Keeper(database, Policy(anonymous)))
    with serving(app) as url, client_of(url) as http:
        for headers in ({}, {"X-Forwarded-For": "203.0.113.7"}, {"Host": "rebound.example"}):
            assert http.get("/v1/cases", headers=headers).status_code == status
        assert http.post("/press").status_code == 401
        assert http.get("/v1/cases", headers={"Authorization": "Bearer x"}).status_code == 401
        assert http.get("/healthz").status_code == 200
