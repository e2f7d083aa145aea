"""Who may send over gRPC to the real application: the same who may over HTTP."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub

from api.access.identity import Scope
from collector.grpc.server import GrpcServer
from noshow.stores import Stores
from store import events as event_store
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import load
from tests.api.access.bearer import bearer
from tests.collector.otlp import records as otlp
from tests.noshow.whole import whole
from tests.store.clock import ManualClock

BODY = ExportLogsServiceRequest.FromString(otlp.request(otlp.record(), resource={"service.name": "payments"}))
Metadata = tuple[tuple[str, str], ...]


@contextmanager
def listening(server: GrpcServer) -> Iterator[str]:
    """Its address. It has an event loop of its own here."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
    yield f"127.0.0.1:{port}"
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def stores(clickhouse: ClickHouse, database: Database) -> Stores:
    return Stores(clickhouse, database, None)


@contextmanager
def address(stores: Stores, clock: ManualClock, place: Path, anonymous: str) -> Iterator[str]:
    environ = {"NOSHOW_ACCESS_ANONYMOUS": anonymous, "NOSHOW_COLLECTOR_GRPC_PORT": "0"}
    with whole(stores, load(environ, overrides={"data": str(place)}), clock) as running:
        assert running.grpc is not None
        with listening(running.grpc) as there:
            yield there


def export(address: str, metadata: Metadata = ()) -> tuple[str, int]:
    """The code, and how many were refused."""
    with grpc.insecure_channel(address) as channel:
        try:
            stub = LogsServiceStub(channel)  # type: ignore[no-untyped-call]  # it is generated without types
            answer = stub.Export(BODY, timeout=60, metadata=metadata)
        except grpc.RpcError as error:
            assert isinstance(error, grpc.Call)
            return error.code().name, 0
        return "OK", answer.partial_success.rejected_log_records


def shown(headers: dict[str, str]) -> Metadata:
    return tuple((name.lower(), value) for name, value in headers.items())


def test_a_token_is_asked_for(stores: Stores, clock: ManualClock, tmp_path: Path) -> None:
    with address(stores, clock, tmp_path, "never") as there:
        assert export(there) == ("UNAUTHENTICATED", 0)
        assert export(there, (("authorization", "Bearer nobody's"),)) == ("UNAUTHENTICATED", 0)
        assert export(there, shown(bearer(stores.database, Scope.READ))) == ("PERMISSION_DENIED", 0)
        assert event_store.history(stores.clickhouse, "o-1") == []
        assert export(there, shown(bearer(stores.database, Scope.INGEST))) == ("OK", 0)
    assert len(event_store.history(stores.clickhouse, "o-1")) == 1


def test_a_token_of_one_source_speaks_for_no_other(stores: Stores, clock: ManualClock, tmp_path: Path) -> None:
    with address(stores, clock, tmp_path, "never") as there:
        assert export(there, shown(bearer(stores.database, Scope.INGEST, source="shop"))) == ("OK", 1)
        assert export(there, shown(bearer(stores.database, Scope.INGEST, source="payments"))) == ("OK", 0)


def test_this_machine_may_send_without_one_but_not_what_was_passed_on(
    stores: Stores, clock: ManualClock, tmp_path: Path
) -> None:
    with address(stores, clock, tmp_path, "loopback") as there:
        assert export(there) == ("OK", 0)
        assert export(there, (("x-forwarded-for", "203.0.113.7"),)) == ("UNAUTHENTICATED", 0)
