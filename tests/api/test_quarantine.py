"""`/v1/quarantine`: what was refused, its bytes for those who may see them, replayed and discarded on record."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from api import models_quarantine as models
from api.access.identity import Scope
from api.app import create_app
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND, Event
from store.events import history
from store.quarantine import COUNTED, Content, Why
from tests.api.access.bearer import bearer
from tests.api.paging import pages
from tests.api.server import serving
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.store.refused import row

MAPPED = {"mapped": False}


def again(content: Content, now: int) -> Sequence[Event] | Why:
    if not MAPPED["mapped"]:
        return Why("name", "empty", "name: empty")
    return [Event(content.id, "o-1", "A", NOON, "shop", received_at=now)]


@pytest.fixture
def address(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[str]:
    MAPPED["mapped"] = False
    rows = [row(f"shop-{number}", NOON + number * SECOND, data=b'{"n": %d}' % number) for number in range(5)]
    bank = row("bank", NOON, source="", data=b"\xff\x00", form="otlp-logs", sender="10.0.0.1", cut=True)
    counted = row("more", NOON + 9 * SECOND, state=COUNTED, number=1_000, data=b"")
    quarantine.write(clickhouse, [*rows, bank, counted])
    with serving(create_app(clickhouse, database, clock, again=again)) as address:
        yield address


@pytest.fixture
def http(address: str, database: Database) -> Iterator[httpx.Client]:
    with client(address, database, Scope.READ, Scope.OPERATE) as http:
        yield http


def client(address: str, database: Database, *scopes: Scope) -> httpx.Client:
    return httpx.Client(base_url=address, headers=bearer(database, *scopes, name="anna"))


def listed(http: httpx.Client, **asked: object) -> list[str]:
    answer = http.get("/v1/quarantine", params=asked)  # type: ignore[arg-type]
    models.QuarantinePage.model_validate(answer.json(), extra="forbid")
    return [item["id"] for item in answer.json()["items"]]


def groups(http: httpx.Client) -> list[dict[str, Any]]:
    answer = http.get("/v1/quarantine/groups")
    models.Groups.model_validate(answer.json(), extra="forbid")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_what_came_last_is_first_page_by_page(http: httpx.Client) -> None:
    found = [item["id"] for page in pages(http, "/v1/quarantine", limit=2) for item in page]
    assert found == [*(f"shop-{number}" for number in (4, 3, 2, 1, 0)), "bank"]


def test_filters(http: httpx.Client) -> None:
    assert listed(http, sender="10.0.0.1") == ["bank"]
    assert listed(http, q='{"n": 3}') == ["shop-3"]
    assert listed(http, since="2025-11-20T12:00:04Z") == ["shop-4"]
    assert len(listed(http, fault="In The Future")) == 6
    assert listed(http, state="discarded") == []
    assert len(listed(http, state="all", source="shop")) == 5


def test_a_broken_deploy_is_one_group(http: httpx.Client) -> None:
    shop, unknown = groups(http)
    assert (shop["source"], shop["count"], shop["not_kept"], shop["last_id"]) == ("shop", 5, 1_000, "shop-4")
    assert shop["last_seen"] == "2025-11-20T12:00:09Z"
    assert (unknown["source"], unknown["count"], unknown["last_sender"]) == (None, 1, "10.0.0.1")
    assert listed(http, group=unknown["id"]) == ["bank"]


def test_one_with_its_bytes(http: httpx.Client) -> None:
    shop, bank = (http.get(f"/v1/quarantine/{id_}").json() for id_ in ("shop-1", "bank"))
    for told in (shop, bank):
        models.QuarantinedInFull.model_validate(told, extra="forbid")
    assert (shop["text"], base64.b64decode(shop["base64"])) == ('{"n": 1}', b'{"n": 1}')
    assert (bank["text"], base64.b64decode(bank["base64"]), bank["cut"]) == (None, b"\xff\x00", True)
    assert http.get("/v1/quarantine/more").status_code == 404
    assert http.get("/v1/quarantine/nothing").status_code == 404


def test_whoever_only_reads_sees_no_bytes_and_may_not_search_them(address: str, database: Database) -> None:
    with client(address, database, Scope.READ) as reader:
        assert len(listed(reader)) == 6
        assert reader.get("/v1/quarantine/shop-1").status_code == 403
        assert reader.get("/v1/quarantine?q=x").status_code == 403
        assert reader.get("/v1/quarantine/groups?q=x").status_code == 403


def test_a_replay_is_looked_at_first(http: httpx.Client, clickhouse: ClickHouse) -> None:
    shop, _ = groups(http)
    before = http.post("/v1/quarantine/replay/preview", json={"group": shop["id"]}).json()
    models.Replayed.model_validate(before, extra="forbid")
    assert before == {"taken": 0, "refused": [{"fault": "name: empty", "count": 5}], "remaining": 0, "next": None}
    MAPPED["mapped"] = True
    assert http.post("/v1/quarantine/replay/preview", json={"group": shop["id"]}).json()["taken"] == 5
    assert history(clickhouse, "o-1") == []
    after = http.post("/v1/quarantine/replay", json={"group": shop["id"], "reason": "fixed"})
    assert after.json() == {"taken": 5, "refused": [], "remaining": 0, "next": None}
    assert len(history(clickhouse, "o-1")) == 5
    assert listed(http) == ["bank"]
    told = http.get("/v1/audit?what=quarantine.replayed").json()["items"]
    assert [(it["actor"], it["why"]) for it in told] in ([], [("anna", "fixed")]), "the chain is a loop's"


def test_what_is_discarded_is_listed_as_such(http: httpx.Client) -> None:
    answer = http.post("/v1/quarantine/discard", json={"ids": ["bank"], "reason": "a test"})
    models.Discarded.model_validate(answer.json(), extra="forbid")
    assert answer.json() == {"discarded": 1, "remaining": 0}
    assert listed(http, state="discarded") == ["bank"]
    assert http.get("/v1/quarantine/bank").json()["by"] == "anna"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("replay", {}),
        ("replay/preview", {"reason": "x"}),
        ("replay", {"sauce": "shop"}),
        ("discard", {"source": "shop"}),
        ("discard", {"reason": "x"}),
        ("replay", {"ids": ["x"] * 1_001}),
    ],
)
def test_a_choice_must_be_one(http: httpx.Client, path: str, body: dict[str, object]) -> None:
    answer = http.post(f"/v1/quarantine/{path}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
