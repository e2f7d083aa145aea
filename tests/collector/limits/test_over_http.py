"""Whoever sends too fast hears it in the words of its protocol, and nothing of its request is taken."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2  # type: ignore[import-untyped]  # no py.typed
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub

from collector.intake.intake import Intake
from store.clickhouse import ClickHouse
from store.settings import Rate
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.collector.otlp.records import record, request
from tests.store.clock import ManualClock

EVENT = {"correlation_id": "o-1", "name": "A", "time": "2025-11-20T12:00:00Z"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture
def slow(clickhouse: ClickHouse, clock: ManualClock) -> Iterator[Listening]:
    """A collector that takes one event a second."""
    with Intake(clickhouse) as intake:
        server = Listening(intake, replace(LIMITS, rate=Rate(events=1)), clock)
        yield server
        server.stop()


@pytest.fixture
def client(slow: Listening) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=slow.url, timeout=30) as client:
        yield client


def test_too_fast_is_told_and_after_the_wait_it_is_taken(
    client: httpx.Client, clickhouse: ClickHouse, clock: ManualClock
) -> None:
    many = [{**EVENT, "id": str(number)} for number in range(15)]
    assert client.post("/v1/events", json=many).json()["accepted"] == 15, "a rest had saved up ten"
    answer = client.post("/v1/events", json=[{**EVENT, "id": "late"}])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert answer.json()["detail"] == "127.0.0.1 may send 1 events a second; try again in 5 s"
    otlp = client.post("/v1/logs", content=request(record()), headers=PROTOBUF)
    status = status_pb2.Status.FromString(otlp.content)
    retry = error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(retry)
    told = (otlp.status_code, otlp.headers["retry-after"], status.code, retry.retry_delay.seconds)
    assert told == (429, "5", code_pb2.RESOURCE_EXHAUSTED, 5)
    assert clickhouse.query("SELECT uniqExact(id) FROM events") == [(15,)]
    clock.sleep(5)
    assert client.post("/v1/events", json=[{**EVENT, "id": "late"}]).status_code == 200


def test_over_grpc_it_is_told_with_the_delay(client: httpx.Client, slow: Listening) -> None:
    assert client.post("/v1/events", json=[EVENT] * 15).status_code == 200
    with grpc.insecure_channel(slow.grpc) as channel:
        stub = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
        with pytest.raises(grpc.RpcError) as refused:
            stub.Export(ExportLogsServiceRequest.FromString(request(record())), timeout=30)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailing: Any = refused.value.trailing_metadata()
    [told] = [value for key, value in trailing if key == "google.rpc.retryinfo-bin"]
    retry = error_details_pb2.RetryInfo.FromString(told)
    assert retry.retry_delay.seconds == 5


def test_what_is_refused_counts_as_well(client: httpx.Client) -> None:
    assert client.post("/v1/events", json=[{**EVENT, "name": ""}] * 12).status_code == 400
    assert client.post("/v1/events", json=[EVENT]).status_code == 429


def test_what_is_too_large_counts_as_the_most_that_is_taken(clickhouse: ClickHouse, clock: ManualClock) -> None:
    bomb = gzip.compress(bytes(2 * LIMITS.max_body))
    with Intake(clickhouse) as intake:
        server = Listening(intake, replace(LIMITS, rate=Rate(bytes=LIMITS.max_body // 20)), clock)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        with httpx.Client(base_url=server.url, timeout=30) as client:
            answers = [client.post("/v1/events", content=bomb, headers=headers).status_code for _ in range(2)]
        server.stop()
    assert answers == [413, 429]


def test_nobody_reads_the_body_of_who_must_wait(client: httpx.Client) -> None:
    client.post("/v1/events", json=[EVENT] * 12)
    assert client.post("/v1/events", content=b"no type, no JSON").status_code == 429
