"""Signing in with a provider, over real sockets: to its form, back, and what is refused."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from api.access.identity import Scope
from api.access.keeper import Keeper
from api.access.oidc.metadata import ASKED_AGAIN, KEPT
from api.access.oidc.provider import CALLBACK, Provider
from api.access.oidc.ticket import LIFETIME
from api.access.policy import Policy
from api.app import create_app
from reconcile.outgoing.call import Caller
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, SECOND
from store.secret import Secret
from store.settings_oidc import GroupGrant, OidcSettings
from store.settings_values import Anonymous
from store.tables import audit
from tests.api.access.oidc.provider import CLIENT, SECRET, Claims, Login, login, new_key
from tests.api.person import PAGE, words
from tests.api.server import serving
from tests.store.clock import ManualClock
from tests.web_server import client_of

ANNA = {"sub": "u-1", "email": "anna@example.org", "email_verified": True, "groups": ["payments", "everybody"]}
GRANTS = {
    "payments": GroupGrant(frozenset({Scope.READ, Scope.OPERATE}), frozenset({"payments"})),
    "platform": GroupGrant(frozenset({Scope.READ, Scope.OPERATE, Scope.ADMINISTER}), frozenset({"*"})),
    "auditors": GroupGrant(frozenset({Scope.READ}), frozenset()),
}
RSA = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


@dataclass
class Here:
    """Our server, whose clock is real at the start: tokens carry real times."""

    login: Login
    http: httpx.Client
    clock: ManualClock
    database: Database

    def begun(self, then: str = "/rules") -> httpx.URL:
        """Where the browser is sent."""
        answer = self.http.get("/sign-in/begin", params={"next": then})
        assert answer.status_code == 303, answer.text
        return httpx.URL(answer.headers["location"])

    def came_back(self, person: str = "anna", then: str = "/rules") -> httpx.Response:
        """What we answer to a browser that has logged in there."""
        asked = dict(self.begun(then).params)
        return self.http.get(CALLBACK, params={"code": self.login.code(asked, person), "state": asked["state"]})


@pytest.fixture
def here(clickhouse: ClickHouse, database: Database) -> Iterator[Here]:
    clock = ManualClock(time.time_ns() // 1000)
    with login() as there:
        there.people["anna"] = dict(ANNA)
        settings = OidcSettings(there.url, "Example login", CLIENT, Secret(SECRET), grants=GRANTS)
        provider = Provider(settings, Caller(allow_private=True), "http://noshow.test")
        keeper = Keeper(database, Policy(Anonymous.NEVER), provider)
        with (
            serving(create_app(clickhouse, database, clock, keeper=keeper)) as url,
            client_of(url, headers=PAGE) as http,
        ):
            yield Here(there, http, clock, database)


def refused(here: Here, why: str, status: int = 400) -> None:
    answer = here.came_back()
    assert answer.status_code == status, answer.text
    assert why in words(answer.text)
    assert "noshow_session" not in here.http.cookies


def test_the_page_offers_both(here: Here) -> None:
    page = here.http.get("/sign-in?next=/rules").text
    assert 'href="/sign-in/begin?next=/rules"' in page
    assert "Sign in with Example login" in page
    assert 'name="token"' in page


def test_the_browser_is_sent_with_pkce_state_and_nonce(here: Here) -> None:
    asked = here.begun().params
    assert (
        dict(asked).items()
        >= {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": "http://noshow.test/sign-in/callback",
            "scope": "openid email profile",
            "code_challenge_method": "S256",
        }.items()
    )
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert here.http.get("/sign-in/begin").headers["location"] != str(here.begun()), "another one each time"


def test_who_comes_back_is_signed_in_and_led_on(here: Here) -> None:
    answer = here.came_back()
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules")
    assert {"HttpOnly", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
    assert "anna@example.org" in here.http.get("/rules").text
    assert "noshow_begun" not in here.http.cookies


def test_what_groups_give_and_nothing_else(here: Here) -> None:
    here.came_back()
    with here.database.read() as connection:
        [detail] = connection.execute(select(audit.c.detail).where(audit.c.what == "session.began")).scalars()
    assert '"scopes":"operate read"' in detail
    assert '"teams":["payments"]' in detail
    assert '"subject":"u-1"' in detail
    assert here.http.post("/silences", data={"csrf": "x"}).status_code == 403


def test_signing_out_ends_it_and_offers_to_sign_out_there(here: Here) -> None:
    here.came_back()
    page = here.http.get("/rules").text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    answer = here.http.post("/sign-out", data={"csrf": token})
    assert answer.headers["location"] == "/sign-in?out=yes"
    page = here.http.get(answer.headers["location"]).text
    assert f"{here.login.url}/logout?client_id={CLIENT}&amp;post_logout_redirect_uri=http%3A%2F%2Fnoshow" in page
    assert here.http.get("/v1/cases", headers={"Accept": "*/*"}).status_code == 401


@pytest.mark.parametrize("groups", [[], ["everybody"], None, "payments ", {"a": 1}, [{"payments": 1}]])
def test_who_is_in_no_group_that_gives_anything_is_not_let_in(here: Here, groups: object) -> None:
    here.login.people["anna"] = {**ANNA, "groups": groups}
    refused(here, "anna@example.org is in no group that may use this dashboard")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": ""}, "no name that can be used here"),
        ({"email": "noshow"}, "no name that can be used here"),
        ({"email": "a b"}, "no name that can be used here"),
        ({"email": ["anna@example.org"]}, "no name that can be used here"),
        ({"email_verified": False}, "has not verified that anna@example.org is you"),
    ],
)
def test_who_has_no_name_that_can_be_trusted_is_not_let_in(here: Here, claims: Claims, why: str) -> None:
    here.login.people["anna"] = {**ANNA, **claims}
    refused(here, why)


def test_nobody_is_taken_for_somebody_else_of_the_same_name(here: Here) -> None:
    assert here.came_back().status_code == 303
    here.http.cookies.clear()
    here.login.people["anna"] = {**ANNA, "sub": "u-2"}
    refused(here, "Somebody else has signed in as anna@example.org")
    here.login.people["anna"] = dict(ANNA)
    assert here.came_back().status_code == 303, "the one who came first comes again"


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def given(**more: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, **more}


NOW = int(time.time())
SPOILT = {
    "another nonce": given(nonce="x"),
    "no nonce": without("nonce"),
    "for somebody else": given(aud="another"),
    "for nobody": without("aud"),
    "also for somebody else, and authorized for them": given(aud=[CLIENT, "another"], azp="another"),
    "by another provider": given(iss="https://evil.example"),
    "by nobody": without("iss"),
    "expired": given(exp=NOW - 3600, iat=NOW - 7200),
    "for ever": without("exp"),
    "from the future": given(iat=NOW + 7200, exp=NOW + 9000),
    "of nobody": without("sub"),
    "of an empty name": given(sub=""),
    "not yet": given(nbf=NOW + 7200),
    "with another access token": given(at_hash="x"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_token_that_is_not_for_this_sign_in_is_refused(here: Here, spoil: Callable[[Claims], Claims]) -> None:
    here.login.spoil = spoil
    refused(here, "can't be verified")


def unsigned(login: Login, claims: Claims) -> str:
    """`alg` `none`."""
    texts = (json.dumps(it).encode() for it in ({"alg": "none"}, claims))
    return "".join(f"{base64.urlsafe_b64encode(it).rstrip(b'=').decode()}." for it in texts)


def with_our_secret(login: Login, claims: Claims) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 3))


def with_the_public_key(login: Login, claims: Claims) -> str:
    """The old confusion: an HMAC whose secret is what everybody knows."""
    return jwt.encode(
        {"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(str(login.key.as_dict(private=False)))
    )


def with_a_stolen_name(login: Login, claims: Claims) -> str:
    return jwt.encode({"alg": "ES256", "kid": login.key.kid}, claims, new_key("first"))


def by_an_unknown_key(login: Login, claims: Claims) -> str:
    return jwt.encode({"alg": "ES256", "kid": "nobody's"}, claims, new_key("nobody's"))


def changed(login: Login, claims: Claims) -> str:
    head, body, signature = login.signed(claims).split(".")
    return f"{head}.{body[:-4]}AAAA.{signature}"


def nothing(login: Login, claims: Claims) -> str:
    return "nothing of the kind"


FORGED = (unsigned, with_our_secret, with_the_public_key, with_a_stolen_name, by_an_unknown_key, changed, nothing)


@pytest.mark.parametrize("sign", FORGED, ids=lambda it: it.__name__)
def test_a_token_that_the_provider_did_not_sign_is_refused(here: Here, sign: Callable[[Login, Claims], str]) -> None:
    here.login.sign = sign
    refused(here, "can't be verified")


def test_rsa_is_understood_too(here: Here) -> None:
    here.login.published.append(RSA)
    here.login.sign = lambda _, claims: jwt.encode({"alg": "RS256", "kid": RSA.kid}, claims, RSA)
    here.login.key = new_key("other")
    assert here.came_back().status_code == 303


def test_keys_may_rotate_and_nobody_makes_us_ask_for_them_all_the_time(here: Here) -> None:
    assert here.came_back().status_code == 303
    here.login.rotate("second")
    refused_at_first = here.came_back()
    assert refused_at_first.status_code == 400, "the keys were read a moment ago"
    here.clock.sleep(ASKED_AGAIN / SECOND)
    assert here.came_back().status_code == 303
    read = here.login.jwks_read
    here.login.sign = by_an_unknown_key
    for _ in range(3):
        assert here.came_back().status_code == 400
    assert here.login.jwks_read == read


def test_a_provider_that_is_away_is_told_in_words_and_believed_for_what_it_said_before(here: Here) -> None:
    here.login.down = True
    answer = here.http.get("/sign-in/begin")
    assert answer.status_code == 503
    assert "The provider does not answer as it should. Try again in a moment." in words(answer.text)
    assert here.login.url not in answer.text
    here.login.down = False
    assert here.came_back().status_code == 303
    here.login.down = True
    here.clock.sleep(KEPT / SECOND)
    assert here.http.get("/sign-in/begin").status_code == 303


@pytest.mark.parametrize(
    "overrides",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://example.org/token"},
        {"jwks_uri": "http://[broken"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_provider_that_says_odd_things_of_itself_is_none(here: Here, overrides: Claims) -> None:
    here.login.overrides = overrides
    assert here.http.get("/sign-in/begin").status_code == 503


def test_what_the_provider_refuses_is_told_and_its_words_are_only_words(here: Here) -> None:
    state = here.begun().params["state"]
    said = {"state": state, "error": "access_denied", "error_description": "<b>You</b> are off duty."}
    answer = here.http.get(CALLBACK, params=said)
    assert answer.status_code == 400
    assert "Example login did not sign you in: &lt;b&gt;You&lt;/b&gt; are off duty." in answer.text


@pytest.mark.parametrize("state", ["", "x", "x.y", "é.", "{real}x"])
def test_who_did_not_begin_here_gets_nowhere(here: Here, state: str) -> None:
    real = here.begun().params["state"]
    code = here.login.code(dict(here.begun().params), "anna")
    answer = here.http.get(CALLBACK, params={"code": code, "state": state.format(real=real), "error_description": "x"})
    assert (answer.status_code, "begun elsewhere" in answer.text) == (400, True)
    assert here.login.asked == [], "the provider is not even asked"


def test_another_browser_can_t_use_what_this_one_began(here: Here) -> None:
    """So nobody can be signed in as whoever sends them a link."""
    asked = dict(here.begun().params)
    here.http.cookies.clear()
    here.begun()
    answer = here.http.get(CALLBACK, params={"code": here.login.code(asked, "anna"), "state": asked["state"]})
    assert (answer.status_code, "begun elsewhere" in answer.text) == (400, True)


def test_it_has_ten_minutes(here: Here) -> None:
    asked = dict(here.begun().params)
    here.clock.sleep(LIFETIME / SECOND)
    answer = here.http.get(CALLBACK, params={"code": here.login.code(asked, "anna"), "state": asked["state"]})
    assert answer.status_code == 400


def test_another_provider_s_answer_is_not_taken(here: Here) -> None:
    asked = dict(here.begun().params)
    there = {"code": here.login.code(asked, "anna"), "state": asked["state"], "iss": "https://evil.example"}
    answer = here.http.get(CALLBACK, params=there)
    assert (answer.status_code, "Another provider" in answer.text) == (400, True)


def test_two_tabs_can_begin_at_once(here: Here) -> None:
    first, second = (dict(here.begun(then).params) for then in ("/rules", "/health"))
    answer = here.http.get(CALLBACK, params={"code": here.login.code(first, "anna"), "state": first["state"]})
    assert answer.headers["location"] == "/rules"
    assert second["nonce"] != first["nonce"]


def test_a_code_works_once(here: Here) -> None:
    asked = dict(here.begun().params)
    back = {"code": here.login.code(asked, "anna"), "state": asked["state"]}
    begun = here.http.cookies["noshow_begun"]
    assert here.http.get(CALLBACK, params=back).status_code == 303
    again = here.http.get(CALLBACK, params=back, headers={"Cookie": f"noshow_begun={begun}"})
    assert (again.status_code, "did not take this sign-in" in again.text) == (400, True)


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/sign-in", "/" + "x" * 5000])
def test_it_leads_to_our_own_pages_only(here: Here, then: str) -> None:
    assert here.came_back(then=then).headers["location"] == "/"


def test_claims_may_come_from_userinfo(here: Here) -> None:
    here.login.people["anna"] = {"sub": "u-1"}
    here.login.userinfo = dict(ANNA)
    assert here.came_back().status_code == 303
    here.http.cookies.clear()
    here.login.userinfo = {**ANNA, "sub": "u-2"}
    refused(here, "does not answer as it should", 503)


def test_private_addresses_are_not_asked_unless_that_is_allowed(clickhouse: ClickHouse, database: Database) -> None:
    with login() as there:
        settings = OidcSettings(there.url, "Example login", CLIENT, None, grants=GRANTS)
        keeper = Keeper(database, Policy(), Provider(settings, Caller(allow_private=False), "http://noshow.test"))
        app = create_app(clickhouse, database, ManualClock(0), keeper=keeper)
        with serving(app) as url, client_of(url, headers=PAGE) as http:
            answer = http.get("/sign-in/begin")
    assert answer.status_code == 503
    assert "127.0.0.1" not in words(answer.text)


def test_a_session_of_a_person_ends_as_others_do(here: Here) -> None:
    here.came_back()
    here.clock.sleep(HOUR / SECOND)
    answer = here.http.get("/rules")
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/sign-in")


def test_without_a_provider_there_is_nothing_to_begin(clickhouse: ClickHouse, database: Database) -> None:
    with serving(create_app(clickhouse, database, ManualClock(0))) as url, client_of(url) as http:
        assert http.get("/sign-in/begin").status_code == 404
        assert http.get(CALLBACK).status_code == 404
        assert parse_qs(urlsplit(str(http.get("/sign-in").url)).query) == {}
