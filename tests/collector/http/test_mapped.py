"""Mappings over HTTP: what the request says around its events."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from collector.intake.intake import Intake
from store.clickhouse import ClickHouse
from store.settings_sources import Sources
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.collector.mapping.mappings import mapped
from tests.store.clock import ManualClock

JSON = {"Content-Type": "application/json"}
PAYMENTS = mapped(
    "payments",
    {"correlation_id": ["/order", "$message.header#/Order-Id"], "name": "/type", "time": "/at"},
    rename={"captured": "PaymentReceived"},
)
DOCUMENT = {"type": "captured", "at": "2025-11-20T12:00:00Z"}
OURS = {"name": "OrderPlaced", "time": "2025-11-20T12:00:00Z"}


@pytest.fixture
def client(clickhouse: ClickHouse, clock: ManualClock) -> Iterator[httpx.Client]:
    with Intake(clickhouse) as intake:
        server = Listening(intake, replace(LIMITS, sources=Sources((PAYMENTS,))), clock)
        with httpx.Client(base_url=server.url, timeout=30, headers=JSON) as client:
            yield client
        server.stop()


def test_a_source_sends_documents_of_its_own_to_our_address(client: httpx.Client, clickhouse: ClickHouse) -> None:
    sent = [
        client.post("/v1/events?source=payments", json=[{**DOCUMENT, "order": 17}]),
        client.post("/v1/events?source=payments", json=DOCUMENT, headers={"order-id": "in-header"}),
        client.post("/v1/events?source=payments", json=DOCUMENT, headers={"Baggage": "correlation.id=carried"}),
        client.post("/v1/events", json=OURS, headers={"Baggage": "correlation.id=ours"}),
        client.post("/v1/events?source=shop", json={**OURS, "correlation_id": "named"}),
    ]
    assert [response.json() for response in sent] == [{"accepted": 1, "rejected": []}] * 5
    assert clickhouse.query("SELECT correlation_id, name, source FROM events ORDER BY correlation_id") == [
        ("17", "PaymentReceived", "payments"),
        ("carried", "PaymentReceived", "payments"),
        ("in-header", "PaymentReceived", "payments"),
        ("named", "OrderPlaced", "shop"),
        ("ours", "OrderPlaced", "json"),
    ]


def test_what_can_not_be_found_is_said_with_the_places(client: httpx.Client) -> None:
    [refused] = client.post("/v1/events?source=payments", json=DOCUMENT).json()["rejected"]
    assert refused == {
        "index": 0,
        "field": "correlation_id",
        "reason": "missing; nor is it at /order or $message.header#/Order-Id or correlation.id of the baggage",
    }


@pytest.mark.parametrize(("source", "reason"), [("a%00b", "holds a control character"), ("x" * 257, "longer than 256")])
def test_a_source_that_can_be_none_fails_the_request(client: httpx.Client, source: str, reason: str) -> None:
    response = client.post(f"/v1/events?source={source}", json=OURS)
    assert response.status_code == 400
    assert f"source: {reason}" in response.json()["detail"]


def test_nobody_speaks_as_noshow(client: httpx.Client) -> None:
    response = client.post("/v1/events?source=noshow", json={**OURS, "correlation_id": "o-1"})
    assert response.json()["rejected"][0]["field"] == "source"
