"""Who may not send hears it in the words of the protocol: the whole server's answers on the collector's routes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from google.rpc import code_pb2, status_pb2  # type: ignore[import-untyped]  # its package has no py.typed

from api.access.identity import Scope
from noshow.stores import Stores
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import load
from tests.api.access.bearer import bearer
from tests.collector.otlp import records as otlp
from tests.noshow.whole import whole
from tests.store.clock import ManualClock

PROTOBUF = {"Content-Type": "application/x-protobuf"}
BROKEN = {"Authorization": "Bearer nobody's"}


@pytest.fixture
def http(clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[httpx.Client]:
    settings = load({"NOSHOW_ACCESS_ANONYMOUS": "never"}, overrides={"data": str(tmp_path)})
    with (
        whole(Stores(clickhouse, database, None), settings, clock) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        yield client


def status(response: httpx.Response) -> tuple[int, int]:
    """HTTP status, and the code of the Status in protobuf."""
    assert response.headers["content-type"] == "application/x-protobuf"
    return response.status_code, status_pb2.Status.FromString(response.content).code


@pytest.mark.parametrize("headers", [{}, BROKEN])
def test_strangers_hear_it_as_otlp_says(http: httpx.Client, headers: Mapping[str, str]) -> None:
    answer = http.post("/v1/logs", content=otlp.request(otlp.record()), headers={**PROTOBUF, **headers})
    assert status(answer) == (401, code_pb2.UNAUTHENTICATED)
    assert answer.headers["www-authenticate"].startswith('Bearer realm="noshow"')


def test_a_token_for_something_else_hears_it_as_otlp_says(http: httpx.Client, database: Database) -> None:
    reader = bearer(database, Scope.READ)
    answer = http.post("/v1/logs", content=otlp.request(otlp.record()), headers={**PROTOBUF, **reader})
    assert status(answer) == (403, code_pb2.PERMISSION_DENIED)


def test_strangers_hear_it_as_a_problem_of_events(http: httpx.Client) -> None:
    answer = http.post("/v1/events", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["detail"] == "This needs a token."
    assert answer.headers["www-authenticate"] == 'Bearer realm="noshow"'


def test_a_token_to_send_with_sends(http: httpx.Client, database: Database) -> None:
    answer = http.post(
        "/v1/logs", content=otlp.request(otlp.record()), headers={**PROTOBUF, **bearer(database, Scope.INGEST)}
    )
    assert answer.status_code == 200
