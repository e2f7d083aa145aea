"""The collector over gRPC, called as any client would: every status it ends a call with."""

import gzip
from collections.abc import Iterator
from threading import Event
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2  # type: ignore[import-untyped]  # no py.typed
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from starlette.requests import Request

from collector import reception
from collector.errors import NotAdmitted, TooFast
from collector.grpc import server
from collector.intake.intake import Intake
from store.clickhouse import ClickHouse
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.collector.otlp import records as otlp
from tests.store.clock import ManualClock

LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
GOOD = otlp.request(otlp.record({"log.record.uid": "u-1"}))


@pytest.fixture
def channel(collector: Listening) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(collector.grpc) as channel:
        yield channel


def call(channel: grpc.Channel, body: bytes, method: str = LOGS, **more: object) -> bytes:
    export: Any = channel.unary_unary(method)
    answer: bytes = export(body, timeout=60, **more)
    return answer


def stream(channel: grpc.Channel, messages: Iterator[bytes], **more: object) -> bytes:
    export: Any = channel.stream_unary(LOGS)
    answer: bytes = export(messages, timeout=60, **more)
    return answer


def refused(channel: grpc.Channel, body: bytes, method: str = LOGS) -> tuple[grpc.StatusCode, status_pb2.Status]:
    """The code, and the Status with its details."""
    with pytest.raises(grpc.RpcError) as caught:
        call(channel, body, method)
    assert isinstance(caught.value, grpc.Call)
    trailing = dict(caught.value.trailing_metadata() or ())
    return caught.value.code(), status_pb2.Status.FromString(trailing.get("grpc-status-details-bin", b""))


def stored(clickhouse: ClickHouse) -> list[str]:
    return [str(id_) for (id_,) in clickhouse.query("SELECT DISTINCT id FROM events ORDER BY id")]


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_log_records_are_stored_when_they_are_acknowledged(
    channel: grpc.Channel, clickhouse: ClickHouse, compression: grpc.Compression
) -> None:
    records = [otlp.record({"log.record.uid": f"u-{n}", "text": "x" * 500}) for n in range(100)]
    answer = call(channel, otlp.request(*records), compression=compression)
    assert ExportLogsServiceResponse.FromString(answer) == ExportLogsServiceResponse()
    assert len(stored(clickhouse)) == 100


def test_what_is_refused_is_partial_success(channel: grpc.Channel, clickhouse: ClickHouse) -> None:
    body = otlp.request(otlp.record({"log.record.uid": "u-1"}), otlp.record({"correlation.id": ""}))
    partial = ExportLogsServiceResponse.FromString(call(channel, body)).partial_success
    assert partial.rejected_log_records == 1
    assert partial.error_message == "1 of 2 events were refused. log record 1: attribute correlation.id: empty."
    assert stored(clickhouse) == ["u-1"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"rubbish", "the body is no ExportLogsServiceRequest of OTLP in protobuf"),
        (b"\x0a\x00" * (LIMITS.max_batch + 1), "more than 2,000 log records in one request"),
        (b"\x1f\x8brubbish, and more of it", "the body is not gzip"),
        (gzip.compress(b" " * 300_000_000, 9), "the body has more than 4,194,304 bytes when unpacked"),
    ],
)
def test_what_will_never_do_is_not_to_be_tried_again(channel: grpc.Channel, body: bytes, message: str) -> None:
    code, status = refused(channel, body)
    assert (code, status.code) == (grpc.StatusCode.INVALID_ARGUMENT, code_pb2.INVALID_ARGUMENT)
    assert status.message.startswith(message)
    assert len(status.details) == 0


def test_a_message_that_is_too_large_is_not_read(channel: grpc.Channel, clickhouse: ClickHouse) -> None:
    code, status = refused(channel, b"\x00" * (LIMITS.max_body + 1))
    assert (code, len(status.details)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 0)
    assert call(channel, GOOD) == b""
    assert stored(clickhouse) == ["u-1"]


def test_a_service_that_is_none(channel: grpc.Channel) -> None:
    assert refused(channel, b"", "/some.other.Service/Export")[0] is grpc.StatusCode.UNIMPLEMENTED


def test_too_much_at_once_is_to_be_tried_again_after_a_while(
    clickhouse: ClickHouse, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "BODIES_AT_ONCE", 0)
    with Intake(clickhouse) as intake:
        listening = Listening(intake, LIMITS, clock)
        with grpc.insecure_channel(listening.grpc) as channel:
            code, status = refused(channel, GOOD)
        listening.stop()
    assert (code, status.code) == (grpc.StatusCode.UNAVAILABLE, code_pb2.UNAVAILABLE)
    retry = error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 2


def test_who_is_too_fast_is_told_when_to_come_again(clickhouse: ClickHouse, clock: ManualClock) -> None:
    async def too_fast(_request: Request) -> None:
        raise TooFast("more than 10 events a second", 7)

    with Intake(clickhouse) as intake:
        listening = Listening(intake, LIMITS, clock, too_fast)
        with grpc.insecure_channel(listening.grpc) as channel:
            code, status = refused(channel, GOOD)
        answer = httpx.post(
            f"{listening.url}/v1/logs", content=GOOD, headers={"Content-Type": "application/x-protobuf"}
        )
        listening.stop()
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert status == status_pb2.Status.FromString(answer.content)
    retry = error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 7


@pytest.mark.parametrize(
    ("status", "code"), [(401, grpc.StatusCode.UNAUTHENTICATED), (403, grpc.StatusCode.PERMISSION_DENIED)]
)
def test_who_may_not_send_is_told_before_the_message_is_read(
    clickhouse: ClickHouse, clock: ManualClock, status: int, code: grpc.StatusCode
) -> None:
    async def nobody(request: Request) -> None:
        raise NotAdmitted(status, f"not {request.headers['authorization']}")

    with Intake(clickhouse) as intake:
        listening = Listening(intake, LIMITS, clock, nobody)
        with grpc.insecure_channel(listening.grpc) as channel, pytest.raises(grpc.RpcError) as caught:
            stream(channel, _never(), metadata=(("authorization", "Bearer x"),))
        listening.stop()
    assert isinstance(caught.value, grpc.Call)
    assert (caught.value.code(), caught.value.details()) == (code, "not Bearer x")


def _never() -> Iterator[bytes]:
    """A message that is not sent: it would be too large."""
    yield b"\x00" * (LIMITS.max_body * 2)


def test_a_fault_of_ours_tells_nothing_of_itself(clickhouse: ClickHouse, clock: ManualClock) -> None:
    async def broken(_request: Request) -> None:
        raise RuntimeError("a secret")

    with Intake(clickhouse) as intake:
        listening = Listening(intake, LIMITS, clock, broken)
        with grpc.insecure_channel(listening.grpc) as channel:
            code, status = refused(channel, GOOD)
        protobuf = {"Content-Type": "application/x-protobuf"}
        answer = httpx.post(f"{listening.url}/v1/logs", content=GOOD, headers=protobuf)
        listening.stop()
    assert code is grpc.StatusCode.INTERNAL
    assert status.message == "Something went wrong inside of Noshow. Its log has the details."
    assert (answer.status_code, status_pb2.Status.FromString(answer.content)) == (500, status)


def test_a_sender_that_stalls_is_not_waited_for(collector: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READ_TIMEOUT", 0.01)
    ended = Event()

    def stalled() -> Iterator[bytes]:
        ended.wait(60)
        yield b""

    with grpc.insecure_channel(collector.grpc) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            stream(channel, stalled())
        ended.set()
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.details() == "the message did not arrive within 0 s"
