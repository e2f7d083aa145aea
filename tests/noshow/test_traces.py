"""Our own traces: off unless somebody says where to, never to ourselves, and as a receiver of OTLP gets them."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from noshow.errors import WrongUsage
from noshow.measures import Measures
from noshow.stores import Stores
from noshow.telemetry import Telemetry
from reconcile.notify.delivery import Answer
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE
from store.settings import Settings, load
from store.settings_notify import Endpoint
from tests.conftest import NOON
from tests.noshow.whole import whole
from tests.store.clock import ManualClock

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
EVENT = {"correlation_id": "A", "name": "PaymentReceived", "time": "2025-11-20T12:00:00Z"}


class Receiver:
    """Takes OTLP over HTTP, as a collector of OpenTelemetry does."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.url = ""

    def named(self, name: str) -> Span:
        [found] = [span for span in self.spans if span.name == name]
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                receiver.spans += [span for scope in resource.scope_spans for span in scope.spans]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def settings(tmp_path: Path, otlp: str) -> Settings:
    return load({}, overrides={"data": str(tmp_path), "telemetry.otlp": otlp or None})


def test_a_request_goes_on_with_the_trace_of_its_sender(
    clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    with receiving() as receiver:
        given = settings(tmp_path, receiver.url)
        with whole(Stores(clickhouse, database, None), given, clock) as running:
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            assert httpx.post(f"{running.url}/v1/events", json=EVENT, headers=headers).status_code == 200
            assert httpx.get(f"{running.url}/v1/instances/unheard/of").status_code == 404
        posted, received = receiver.named("POST"), receiver.named("receive events")
        assert (posted.trace_id.hex(), posted.parent_span_id.hex()) == (TRACE, PARENT)
        assert received.parent_span_id == posted.span_id
        told = {one.key: one.value for one in posted.attributes}
        assert told["url.path"].string_value == "/v1/events"
        assert told["http.response.status_code"].int_value == 200
        read = receiver.named("GET /v1/instances/{workflow}/{correlation_id}")
        assert read.trace_id.hex() != TRACE


def test_what_loops_do_is_traced(clock: ManualClock, tmp_path: Path) -> None:
    with receiving() as receiver:
        telemetry = Telemetry.build(settings(tmp_path, receiver.url), {})
        measures = Measures(telemetry.meter, telemetry.tracer, clock)
        measures.ticking(MINUTE)(lambda now: None)(NOON)
        deliver = measures.delivering(lambda *_: Answer(200, ""))
        deliver(Endpoint("payments", "https://hooks.example"), "msg_1", "{}", NOON)
        with measures.inserting("events", 5):
            pass
        telemetry.close()
        assert {span.name for span in receiver.spans} == {"tick", "notify", "insert"}


def test_without_an_address_there_is_no_tracer(tmp_path: Path) -> None:
    telemetry = Telemetry.build(settings(tmp_path, ""), {})
    app = object()
    assert telemetry.tracer is None
    assert telemetry.traced(app) is app  # type: ignore[arg-type]  # it is not even looked at


@pytest.mark.parametrize(
    "environ",
    [{"OTEL_EXPORTER_OTLP_ENDPOINT": "{}"}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "{}/v1/traces"}],
    ids=lambda environ: next(iter(environ)),
)
def test_the_variables_of_opentelemetry_count(tmp_path: Path, environ: dict[str, str]) -> None:
    with receiving() as receiver:
        given = {name: value.format(receiver.url) for name, value in environ.items()}
        telemetry = Telemetry.build(settings(tmp_path, ""), given)
        assert telemetry.tracer is not None
        with telemetry.tracer.start_as_current_span("here"):
            pass
        telemetry.close()
        assert receiver.named("here")


@pytest.mark.parametrize(
    "otlp",
    [
        "http://localhost:8080",
        "http://127.0.0.1:8080/v1/traces",
        "http://[::1]:8080",
        "http://localhost:4317",
        "http://127.0.0.1:8080/",
    ],
)
def test_traces_never_go_to_ourselves(tmp_path: Path, otlp: str) -> None:
    with pytest.raises(WrongUsage, match="this server itself"):
        Telemetry.build(settings(tmp_path, otlp), {})
    with pytest.raises(WrongUsage, match="this server itself"):
        Telemetry.build(settings(tmp_path, ""), {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp})
