"""How fast callers may ask: each for itself, and programs only."""

from collections.abc import Iterator

import httpx
import pytest

from api.access.identity import Scope
from api.access.keeper import Keeper
from api.access.policy import Policy
from api.app import create_app
from store.bucket import BURST
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.access.bearer import bearer
from tests.api.server import serving
from tests.store.clock import ManualClock
from tests.web_server import client_of

RATE = 2


@pytest.fixture
def http(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[httpx.Client]:
    keeper = Keeper(database, Policy(rate=RATE))
    with serving(create_app(clickhouse, database, clock, keeper=keeper)) as url, client_of(url) as http:
        yield http


def test_who_is_too_fast_is_told_when_to_come_back(http: httpx.Client, clock: ManualClock) -> None:
    assert {http.get("/v1/rules").status_code for _ in range(RATE * BURST)} == {200}, "after a rest, ten seconds' worth"
    late = http.get("/v1/rules")
    assert (late.status_code, late.headers["retry-after"]) == (429, "1")
    assert late.json()["detail"] == "Too fast: 2 requests a second are answered. Try again in 1 s."
    clock.sleep(1)
    assert [http.get("/v1/rules").status_code for _ in range(RATE + 1)] == [200, 200, 429]


def test_each_token_has_its_own_share_and_pages_have_none(http: httpx.Client, database: Database) -> None:
    anna, bert = (bearer(database, Scope.READ, name=name) for name in ("anna", "bert"))
    for headers in (anna, bert):  # a first request is the address's: nobody knows yet whose it is
        assert http.get("/v1/rules", headers=headers).status_code == 200
    while http.get("/v1/rules", headers=anna).status_code == 200:
        pass
    assert http.get("/v1/rules", headers=bert).status_code == 200
    assert http.get("/v1/rules").status_code == 200
    assert http.get("/rules").status_code == 200
    assert http.get("/healthz").status_code == 200


def test_guesses_are_counted_by_where_they_come_from(http: httpx.Client) -> None:
    answers = [
        http.get("/v1/rules", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(RATE * BURST + 1)
    ]
    assert set(answers[:-1]) == {401}
    assert answers[-1] == 429
