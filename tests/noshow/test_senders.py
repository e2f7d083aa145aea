"""Who sends events to the real application: what comes with a token of one source is of that source."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from api.access.identity import Scope
from noshow.stores import Stores
from store import events as event_store
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import load
from tests.api.access.bearer import bearer
from tests.collector.otlp.records import record, request
from tests.noshow.whole import whole
from tests.store.clock import ManualClock

EVENT = {"correlation_id": "A", "name": "PaymentReceived", "time": "2025-11-20T12:00:00Z"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture
def payments(clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of the whole application, with a token of the source `payments`."""
    settings = load({}, overrides={"data": str(tmp_path)})
    headers = bearer(database, Scope.INGEST, name="payments-svc", source="payments")
    with (
        whole(Stores(clickhouse, database, None), settings, clock) as running,
        httpx.Client(base_url=running.url, headers=headers) as client,
    ):
        yield client


def test_what_names_no_source_is_of_the_token_s(payments: httpx.Client, clickhouse: ClickHouse) -> None:
    answer = payments.post("/v1/events", json=[EVENT, {**EVENT, "source": "payments", "id": "e-2"}])
    assert answer.json() == {"accepted": 2, "rejected": []}
    assert [event.source for event in event_store.history(clickhouse, "A")] == ["payments", "payments"]


def test_what_names_another_is_refused_and_its_neighbours_are_taken(payments: httpx.Client) -> None:
    answer = payments.post("/v1/events", json=[EVENT, {**EVENT, "source": "shop"}]).json()
    reason = '"shop" is another than "payments", which the token is for'
    assert answer == {"accepted": 1, "rejected": [{"index": 1, "field": "source", "reason": reason}]}


def test_so_is_what_comes_over_otlp(payments: httpx.Client, clickhouse: ClickHouse) -> None:
    for service, refused in [("", 0), ("payments", 0), ("shop", 1)]:
        body = request(record(), resource={"service.name": service})
        answer = payments.post("/v1/logs", content=body, headers=PROTOBUF)
        said = ExportLogsServiceResponse.FromString(answer.content).partial_success
        assert (answer.status_code, said.rejected_log_records) == (200, refused)
    assert {event.source for event in event_store.history(clickhouse, "o-1")} == {"payments"}


def test_a_token_of_no_source_speaks_for_any(
    payments: httpx.Client, database: Database, clickhouse: ClickHouse
) -> None:
    headers = bearer(database, Scope.INGEST)
    for source in ("shop", "payments"):
        assert payments.post("/v1/events", json={**EVENT, "source": source}, headers=headers).status_code == 200
    assert {event.source for event in event_store.history(clickhouse, "A")} == {"shop", "payments"}
