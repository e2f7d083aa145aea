"""`POST /v1/events/redact` and `/v1/audit/redact`: for administrators, on record, carried out by the drainer."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api import models_audit as models
from api.access.identity import Scope
from api.app import create_app
from reconcile.audit.drainer import Drainer
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, Event
from store.events import history, write
from tests.api.access.bearer import bearer
from tests.api.server import serving
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry
from tests.store.clock import ManualClock
from tests.web_server import client_of

EVENTS = {"correlation_id": "A-1", "attributes": ["email"], "reason": "request 17"}


@pytest.fixture
def address(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[str]:
    write(clickhouse, [Event("1", "A-1", "OrderPlaced", NOON, "shop", '{"email": "a@b", "amount": 1}')])
    enter(database, [entry(1), entry(2)])
    drain(clickhouse, database)
    with serving(create_app(clickhouse, database, clock)) as address:
        yield address


@pytest.fixture
def http(address: str, database: Database) -> Iterator[httpx.Client]:
    with client(address, database, Scope.READ, Scope.ADMINISTER) as http:
        yield http


def client(address: str, database: Database, *scopes: Scope) -> httpx.Client:
    return client_of(address, headers=bearer(database, *scopes, name="dpo"))


def drain(clickhouse: ClickHouse, database: Database) -> None:
    Drainer(clickhouse, database, "one", DAY).step(NOON)


def entries(http: httpx.Client) -> list[dict[str, Any]]:
    """But for those about tokens."""
    items: list[dict[str, Any]] = http.get("/v1/audit").json()["items"]
    for item in items:
        models.AuditEntry.model_validate(item, extra="forbid")
    return [item for item in items if not item["what"].startswith("token.")]


def test_events(http: httpx.Client, clickhouse: ClickHouse, database: Database) -> None:
    answer = http.post("/v1/events/redact", json=EVENTS)
    assert answer.status_code == 202
    models.EventsRedacted.model_validate(answer.json(), extra="forbid")
    drain(clickhouse, database)
    assert [it.attributes for it in history(clickhouse, "A-1")] == ['{"amount":1}']
    told = entries(http)[-1]
    assert (told["id"], told["actor"], told["why"]) == (answer.json()["entry"], "dpo", "request 17")
    assert told["detail"] == {"attributes": ["email"], "events": [{"source": "shop", "id": "1"}]}
    again = http.post("/v1/events/redact", json=EVENTS)
    assert (again.status_code, again.json()["detail"]) == (409, "No event of A-1 has email.")


def test_entries(http: httpx.Client, clickhouse: ClickHouse, database: Database) -> None:
    wanted = entries(http)[0]["id"]
    answer = http.post("/v1/audit/redact", json={"entries": [wanted], "reason": "request 17"})
    assert answer.status_code == 202
    drain(clickhouse, database)
    first, second, told = entries(http)
    assert (first["redacted"], first["customer"], first["detail"]) == (True, "", {})
    assert (second["redacted"], second["customer"]) == (False, "C-2")
    assert told["id"] == answer.json()["entry"]
    refused = http.post("/v1/audit/redact", json={"entries": [told["id"]], "reason": "x"})
    assert (refused.status_code, "tells of a redaction" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize("path", ["/v1/events/redact", "/v1/audit/redact"])
def test_only_for_administrators(address: str, database: Database, path: str) -> None:
    with client(address, database, Scope.READ, Scope.OPERATE, Scope.INGEST) as http:
        assert http.post(path, json=EVENTS).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/events/redact", {**EVENTS, "attributes": []}, "attributes"),
        ("/v1/events/redact", {**EVENTS, "reason": ""}, "reason"),
        ("/v1/events/redact", {**EVENTS, "resaon": "x"}, "resaon"),
        ("/v1/audit/redact", {"entries": ["a"]}, "reason"),
        ("/v1/audit/redact", {"entries": ["a"] * 1_001, "reason": "x"}, "entries"),
    ],
)
def test_what_is_wrong_is_named(http: httpx.Client, path: str, body: dict[str, object], field: str) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code == 400
    assert [it["parameter"] for it in answer.json()["errors"]] == [field]
