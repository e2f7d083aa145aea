"""The collector on a socket: every answer it gives, and that what it acknowledges is stored."""

import gzip
import json
import socket
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from google.rpc import code_pb2, status_pb2  # type: ignore[import-untyped]  # its package has no py.typed
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from collector import reception
from collector.http import body
from collector.http.openapi import PATHS
from collector.intake.group import Bounds
from collector.intake.intake import Intake
from store import events as event_store
from store.clickhouse import ClickHouse
from store.errors import StoreRefused
from tests.collector.conftest import LIMITS
from tests.collector.intake.held import HeldClickHouse
from tests.collector.listening import Listening
from tests.collector.otlp import records as otlp
from tests.collector.otlp.spans import happened, span, trace
from tests.conftest import NOON
from tests.store.clock import ManualClock

JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
GZIP = {"Content-Encoding": "gzip"}


def event(number: int, **fields: object) -> dict[str, object]:
    whole = {"id": f"e-{number}", "correlation_id": f"o-{number}", "name": "A", "time": "2025-11-20T12:00:00Z"}
    return {**whole, **fields}


def lines(*events: dict[str, object]) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


def stored(clickhouse: ClickHouse) -> list[str]:
    return [str(id_) for (id_,) in clickhouse.query("SELECT DISTINCT id FROM events ORDER BY id")]


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The document, which has the one shape that all errors have."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["type"] == "about:blank"
    assert document["status"] == status
    assert {type(document["title"]), type(document["detail"])} == {str}
    return document


def rpc_status(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/x-protobuf"
    return status_pb2.Status.FromString(response.content)


# ---- what is taken


def test_an_event_is_stored_when_it_is_acknowledged(
    client: httpx.Client, clickhouse: ClickHouse, clock: ManualClock
) -> None:
    clock.sleep(90)
    response = client.post("/v1/events", json=event(1, source="shop", attributes={"amount": 1.5}))
    assert (response.status_code, response.json()) == (200, {"accepted": 1, "rejected": []})
    (kept,) = event_store.history(clickhouse, "o-1")
    assert (kept.id, kept.source, kept.attributes) == ("e-1", "shop", '{"amount":1.5}')
    assert (kept.time, kept.received_at) == (NOON, NOON + 90_000_000)


@pytest.mark.parametrize(
    "media_type", ["application/x-ndjson", "application/jsonl", "application/ndjson; charset=utf-8"]
)
def test_lines(client: httpx.Client, clickhouse: ClickHouse, media_type: str) -> None:
    response = client.post("/v1/events", content=lines(event(1), event(2)), headers={"Content-Type": media_type})
    assert response.json() == {"accepted": 2, "rejected": []}
    assert stored(clickhouse) == ["e-1", "e-2"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("sorce=payments", "the parameter 'sorce' is unknown: expected source"),
        ("=true", "the parameter '' is unknown: expected source"),
        ("source=a&source=b", "the parameter 'source' is given twice"),
    ],
)
def test_an_address_with_another_parameter_is_refused(client: httpx.Client, query: str, detail: str) -> None:
    answer = client.post(f"/v1/events?{query}", content=b"[]", headers=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


def test_a_webhook_may_bring_parameters_of_its_own(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/cloudevents?tenant=a", content=b"[]", headers={"Content-Type": "application/cloudevents-batch+json"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("count", [3, 1_500])
def test_gzip(client: httpx.Client, clickhouse: ClickHouse, count: int) -> None:
    packed = gzip.compress(json.dumps([event(n) for n in range(count)]).encode())
    response = client.post("/v1/events", content=packed, headers=JSON | GZIP)
    assert response.json() == {"accepted": count, "rejected": []}
    assert len(stored(clickhouse)) == count


def test_a_body_in_chunks(client: httpx.Client, clickhouse: ClickHouse) -> None:
    whole = lines(event(1), event(2))
    chunks = (whole[n : n + 7] for n in range(0, len(whole), 7))
    assert client.post("/v1/events", content=chunks, headers=NDJSON).json() == {"accepted": 2, "rejected": []}
    assert stored(clickhouse) == ["e-1", "e-2"]


def test_the_good_around_the_bad_are_stored_and_the_bad_are_named(client: httpx.Client, clickhouse: ClickHouse) -> None:
    response = client.post(
        "/v1/events",
        headers=NDJSON,
        content=lines(
            event(0),
            event(1, name=""),
            event(2, attributes={"a.b": 1, "a": {"b": 2}}),
            event(3, time="tomorrow"),
            event(4, attributes={"amount": "12.50"}),
            event(5, correlation_id=""),
            event(6, attributes={"a": "\ud800"}),
            event(7),
        )
        + b"\nno JSON\n"
        + lines(event(9)),
    )
    assert response.status_code == 200
    assert response.json()["accepted"] == 5
    assert [(one["index"], one["field"]) for one in response.json()["rejected"]] == [
        (1, "name"),
        (3, "time"),
        (5, "correlation_id"),
        (6, "attributes.a"),
        (8, ""),
    ]
    assert all(one["reason"] for one in response.json()["rejected"])
    assert stored(clickhouse) == ["e-0", "e-2", "e-4", "e-7", "e-9"]


def test_what_is_sent_again_is_the_same_event(client: httpx.Client, clickhouse: ClickHouse) -> None:
    anonymous = {field: value for field, value in event(1).items() if field != "id"}
    for _ in range(2):
        assert client.post("/v1/events", json=[anonymous]).status_code == 200
    assert len(event_store.history(clickhouse, "o-1")) == 1


def test_a_long_list_of_rejections_is_cut_and_counted(client: httpx.Client, clickhouse: ClickHouse) -> None:
    answer = client.post("/v1/events", json=[event(0), *(event(n, name="") for n in range(1, 151))]).json()
    assert (answer["accepted"], len(answer["rejected"]), answer["rejected_count"]) == (1, 100, 150)
    assert stored(clickhouse) == ["e-0"]


@pytest.mark.parametrize(("content", "headers"), [(b"[]", JSON), (b"", NDJSON)])
def test_nothing_sent_is_nothing_stored(client: httpx.Client, content: bytes, headers: dict[str, str]) -> None:
    response = client.post("/v1/events", content=content, headers=headers)
    assert (response.status_code, response.json()) == (200, {"accepted": 0, "rejected": []})


def test_requests_at_the_same_time_are_all_stored(client: httpx.Client, clickhouse: ClickHouse) -> None:
    def send(number: int) -> int:
        return client.post("/v1/events", json=[event(10 * number + n) for n in range(10)]).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(send, range(40))) == {200}
    assert len(stored(clickhouse)) == 400


# ---- what is refused


def test_where_nothing_could_be_taken_it_is_a_bad_request(client: httpx.Client, clickhouse: ClickHouse) -> None:
    document = problem(client.post("/v1/events", json=[event(1, time="x"), 7]), 400)
    assert document["detail"] == "none of the 2 events could be taken"
    assert document["accepted"] == 0
    assert [(one["index"], one["field"]) for one in document["rejected"]] == [(0, "time"), (1, "")]
    assert problem(client.post("/v1/events", json={}), 400)["rejected"][0]["field"] == "correlation_id"
    assert stored(clickhouse) == []


@pytest.mark.parametrize(
    ("content", "headers", "detail"),
    [
        (b"rubbish", JSON, "line 1, column 1: expected a JSON object or an array of them"),
        (b"", JSON, "the body is empty"),
        (b'[{"id": 1}', JSON, "line 1, column 11: the array does not end"),
        (b"rubbish", JSON | GZIP, "the body is not gzip"),
        (gzip.compress(b"[]", mtime=0)[:-4], JSON | GZIP, "the gzip data end early"),
        (gzip.compress(b"[]", mtime=0) + b"rubbish", JSON | GZIP, "the body is not gzip"),
    ],
)
def test_malformed_bodies(client: httpx.Client, content: bytes, headers: dict[str, str], detail: str) -> None:
    assert problem(client.post("/v1/events", content=content, headers=headers), 400)["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "expected Content-Type application/json or application/x-ndjson or"),
        ({"Content-Type": "text/csv"}, "got text/csv"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "got application/x-www-form-urlencoded"),
        ({"Content-Type": "application/x-protobuf"}, "got application/x-protobuf"),
        ({"Content-Type": "application/json; charset=latin-1"}, "expected UTF-8, got charset=latin-1"),
        (JSON | {"Content-Encoding": "br"}, "expected Content-Encoding gzip or none, got br"),
        (JSON | {"Content-Encoding": "gzip, gzip"}, "expected Content-Encoding gzip or none, got gzip, gzip"),
    ],
)
def test_wrong_types(client: httpx.Client, headers: dict[str, str], detail: str) -> None:
    assert detail in problem(client.post("/v1/events", content=lines(event(1)), headers=headers), 415)["detail"]


def rubbish(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield b"\x93x\n{[" * 200_000


@pytest.mark.parametrize("headers", [JSON, NDJSON, JSON | GZIP, PROTOBUF])
def test_a_hundred_megabytes_of_rubbish_are_turned_away_in_little_memory(
    client: httpx.Client, clickhouse: ClickHouse, headers: dict[str, str]
) -> None:
    path = "/v1/logs" if headers is PROTOBUF else "/v1/events"
    tracemalloc.start()
    try:
        response = client.post(path, content=rubbish(100), headers=headers)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert response.status_code == 413
    assert peak < 5 * LIMITS.max_body
    assert client.post("/v1/events", json=event(1)).status_code == 200
    assert stored(clickhouse) == ["e-1"]


def test_a_length_that_is_too_large_is_refused_before_the_body_is_sent(collector: Listening) -> None:
    with socket.create_connection(("127.0.0.1", collector.port), 30) as connection:
        connection.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("headers", [JSON, NDJSON, PROTOBUF])
def test_a_gzip_bomb_is_not_unpacked(client: httpx.Client, headers: dict[str, str]) -> None:
    bomb = gzip.compress(b" " * 300_000_000, 9)
    assert len(bomb) < LIMITS.max_body
    path = "/v1/logs" if headers is PROTOBUF else "/v1/events"
    tracemalloc.start()
    try:
        response = client.post(path, content=bomb, headers=headers | GZIP)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert response.status_code == 413
    assert b"more than 4,194,304 bytes when unpacked" in response.content
    assert peak < 5 * LIMITS.max_body


def test_too_many_events(client: httpx.Client, clickhouse: ClickHouse) -> None:
    response = client.post("/v1/events", json=[event(n) for n in range(LIMITS.max_batch + 1)])
    assert problem(response, 413)["detail"] == "more than 2,000 events in one request"
    assert stored(clickhouse) == []


# ---- trouble on the way


@pytest.mark.parametrize("framing", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"])
def test_a_sender_that_goes_away_in_the_middle_stores_nothing(
    collector: Listening, clickhouse: ClickHouse, framing: bytes
) -> None:
    body = lines(event(1), event(2)) + b"\n"
    chunk = body if framing.startswith(b"Content") else b"%x\r\n%s\r\n" % (len(body), body)
    with socket.create_connection(("127.0.0.1", collector.port), 30) as connection:
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
        connection.sendall(head + framing + b"\r\n\r\n" + chunk)
    collector.stop()  # after what is under way
    assert stored(clickhouse) == []


def test_a_sender_that_stalls_is_not_waited_for(collector: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "READ_TIMEOUT", 0.01)
    with socket.create_connection(("127.0.0.1", collector.port), 30) as connection:
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n["
        connection.sendall(head)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 408 ")


def test_many_large_bodies_at_once_are_turned_away(
    clickhouse: ClickHouse, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "BODIES_AT_ONCE", 0)
    with Intake(clickhouse) as intake, httpx.Client() as client:
        server = Listening(intake, LIMITS, clock)
        try:
            response = client.post(f"{server.url}/v1/events", json=event(1))
        finally:
            server.stop()
    assert problem(response, 503)["detail"] == "too many large requests at once"
    assert response.headers["retry-after"] == "2"
    assert stored(clickhouse) == []


@pytest.fixture
def held(clickhouse: ClickHouse, request: pytest.FixtureRequest) -> Iterator[HeldClickHouse]:
    held = HeldClickHouse.on(request.getfixturevalue("engine_path"), clickhouse.database)
    yield held
    held.close()


def test_a_full_queue_is_said_so_and_what_was_queued_is_kept(held: HeldClickHouse, clock: ManualClock) -> None:
    with Intake(held, Bounds(waiting_events=1)) as intake, httpx.Client() as client, ThreadPoolExecutor(1) as threads:
        server = Listening(intake, LIMITS, clock)
        try:
            first = threads.submit(client.post, f"{server.url}/v1/events", json=event(1))
            held.until_insert()
            refused = client.post(f"{server.url}/v1/events", json=event(2))
            held.let_go()
            assert first.result(60).status_code == 200
        finally:
            server.stop()
    assert problem(refused, 503)["detail"] == "too many events are waiting to be stored"
    assert refused.headers["retry-after"] == "2"
    assert stored(held) == ["e-1"]


def test_a_store_that_refuses_is_a_fault_of_ours(held: HeldClickHouse, clock: ManualClock) -> None:
    held.failures.extend([StoreRefused("no table of this name"), StoreRefused("no table of this name")])
    held.let_go()
    with Intake(held) as intake, httpx.Client() as client:
        server = Listening(intake, LIMITS, clock)
        try:
            json_answer = client.post(f"{server.url}/v1/events", json=event(1))
            otlp_answer = client.post(f"{server.url}/v1/logs", content=otlp.request(otlp.record()), headers=PROTOBUF)
        finally:
            server.stop()
    assert problem(json_answer, 500)["detail"] == "the event store refused these events; the server's log says why"
    assert rpc_status(otlp_answer, 500).code == code_pb2.INTERNAL


def test_a_store_that_is_away_is_said_so_and_nothing_is_acknowledged(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    away = ClickHouse.server(f"http://127.0.0.1:{port}")
    with Intake(away) as intake, httpx.Client(timeout=60) as client:
        server = Listening(intake, LIMITS, clock)
        try:
            json_answer = client.post(f"{server.url}/v1/events", json=event(1))
            otlp_answer = client.post(f"{server.url}/v1/logs", content=otlp.request(otlp.record()), headers=PROTOBUF)
        finally:
            server.stop()
    away.close()
    assert problem(json_answer, 503)["detail"].startswith("the event store is away or slow; nothing is acknowledged")
    assert rpc_status(otlp_answer, 503).code == code_pb2.UNAVAILABLE
    assert json_answer.headers["retry-after"] == otlp_answer.headers["retry-after"] == "2"


def test_the_openapi_document_describes_every_way_in() -> None:
    bodies = {path: set(operations["post"]["requestBody"]["content"]) for path, operations in PATHS.items()}
    assert bodies == {
        "/v1/events": {"application/json", "application/x-ndjson"},
        "/v1/cloudevents": {"application/cloudevents+json", "application/cloudevents-batch+json"},
        "/v1/logs": {"application/x-protobuf", "application/json"},
        "/v1/traces": {"application/x-protobuf", "application/json"},
    }
    for operations in PATHS.values():
        told = {"200", "400", "401", "403", "408", "413", "415", "429", "503"}
        assert set(operations["post"]["responses"]) == told


# ---- testimony

RESERVED = '"noshow" is reserved: operators and truth lookups speak by it'


@pytest.mark.parametrize("headers", [JSON, NDJSON])
def test_testimony_from_outside_is_refused_and_its_neighbour_taken(
    client: httpx.Client, clickhouse: ClickHouse, headers: dict[str, str]
) -> None:
    both = [event(1), event(2, source="noshow", name="confirmed")]
    content = lines(*both) if headers is NDJSON else json.dumps(both).encode()
    assert client.post("/v1/events", content=content, headers=headers).json() == {
        "accepted": 1,
        "rejected": [{"index": 1, "field": "source", "reason": RESERVED}],
    }
    assert stored(clickhouse) == ["e-1"]


def test_testimony_in_log_records_is_refused(client: httpx.Client, clickhouse: ClickHouse) -> None:
    response = client.post(
        "/v1/logs", content=otlp.request(otlp.record(), resource={"service.name": "noshow"}), headers=PROTOBUF
    )
    partial = ExportLogsServiceResponse.FromString(response.content).partial_success
    assert (response.status_code, partial.rejected_log_records) == (200, 1)
    assert RESERVED in partial.error_message
    assert stored(clickhouse) == []


# ---- OTLP


def test_log_records_are_stored_when_they_are_acknowledged(client: httpx.Client, clickhouse: ClickHouse) -> None:
    records = [otlp.record({"log.record.uid": f"u-{n}"}) for n in range(3)]
    response = client.post("/v1/logs", content=otlp.request(*records), headers=PROTOBUF)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-protobuf")
    assert ExportLogsServiceResponse.FromString(response.content) == ExportLogsServiceResponse()
    assert stored(clickhouse) == ["u-0", "u-1", "u-2"]


def test_what_is_refused_of_log_records_is_partial_success(client: httpx.Client, clickhouse: ClickHouse) -> None:
    records = [
        otlp.record({"log.record.uid": "u-0"}),
        otlp.record({"correlation.id": ""}),
        otlp.record({"correlation.id": ""}),
        otlp.record(event_name=""),
        *(otlp.record({f"a{n}": float("nan")}) for n in range(10)),
        otlp.record(event_name=""),
    ]
    response = client.post("/v1/logs", content=otlp.request(*records), headers=PROTOBUF)
    partial = ExportLogsServiceResponse.FromString(response.content).partial_success
    assert (response.status_code, partial.rejected_log_records) == (200, 12)
    assert partial.error_message.startswith(
        "12 of 15 events were refused. "
        "2 log records (1, 2): attribute correlation.id: empty; "
        "log record 4: a0: NaN and Infinity can't be stored; "
    )
    assert partial.error_message.endswith(
        "; and 1 more reasons. 2 were left out: without an event name or a correlation ID they are no events."
    )
    assert stored(clickhouse) == ["u-0"]


def test_log_records_that_are_no_events_bring_no_warning(client: httpx.Client, clickhouse: ClickHouse) -> None:
    response = client.post("/v1/logs", content=otlp.request(otlp.record(event_name="")), headers=PROTOBUF)
    assert response.status_code == 200
    assert ExportLogsServiceResponse.FromString(response.content) == ExportLogsServiceResponse()
    assert stored(clickhouse) == []


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"rubbish", {}, 400, code_pb2.INVALID_ARGUMENT),
        (b"rubbish", GZIP, 400, code_pb2.INVALID_ARGUMENT),
        (b"\x0a\x00" * (LIMITS.max_batch + 1), {}, 413, code_pb2.INVALID_ARGUMENT),
        (b"\x00" * (LIMITS.max_body + 1), {}, 413, code_pb2.INVALID_ARGUMENT),
    ],
)
def test_errors_in_protobuf_are_answered_in_protobuf(
    client: httpx.Client, content: bytes, headers: dict[str, str], status: int, code: int
) -> None:
    answer = rpc_status(client.post("/v1/logs", content=content, headers=PROTOBUF | headers), status)
    assert answer.code == code
    assert answer.message


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}])
def test_other_types_of_log_records_are_refused_in_words(client: httpx.Client, headers: dict[str, str]) -> None:
    response = client.post("/v1/logs", content=otlp.request(otlp.record()), headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (415, "application/json")
    assert response.json()["code"] == code_pb2.INVALID_ARGUMENT
    assert response.json()["message"].startswith("expected Content-Type application/x-protobuf or application/json")


def test_other_encodings_of_log_records_are_refused(client: httpx.Client) -> None:
    headers = PROTOBUF | {"Content-Encoding": "zstd"}
    answer = rpc_status(client.post("/v1/logs", content=otlp.request(otlp.record()), headers=headers), 415)
    assert answer.message == "expected Content-Encoding gzip or none, got zstd"


@pytest.mark.parametrize("path", ["/v1/logs", "/v1/traces"])
def test_errors_in_json_are_answered_in_json(client: httpx.Client, path: str) -> None:
    response = client.post(path, content=b"[", headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert response.json()["code"] == code_pb2.INVALID_ARGUMENT
    assert "of OTLP in JSON" in response.json()["message"]


def test_what_is_refused_of_spans_is_partial_success(client: httpx.Client, clickhouse: ClickHouse) -> None:
    good, bad = span([happened("A"), happened("B")]), span([happened("C", {"a": float("nan")})] * 2)
    response = client.post("/v1/traces", content=trace(good, bad, span([happened("D")], {})), headers=PROTOBUF)
    partial = ExportTraceServiceResponse.FromString(response.content).partial_success
    assert (response.status_code, partial.rejected_spans) == (200, 1)
    assert partial.error_message == (
        "2 of 5 events were refused. 2 spans (1, 1): a: NaN and Infinity can't be stored. "
        "1 were left out: without an event name or a correlation ID they are no events."
    )
    assert len(stored(clickhouse)) == 2
