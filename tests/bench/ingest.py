"""Taking events in over a socket, durably, from a client on the same cores; against what the engine itself takes in."""

import json
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse
from tests.bench.measure import percentile, timed
from tests.end_to_end.orders import RULES
from tests.end_to_end.process import noshow

EVENTS = 200_000
BATCH = 1_000
CLIENTS = 4
NDJSON, PROTOBUF = "application/x-ndjson", "application/x-protobuf"

_ENGINE = """
INSERT INTO events (correlation_id, time, name, source, id, attributes)
SELECT correlation_id, parseDateTime64BestEffort(time, 6, 'UTC'), name, source, id, attributes
FROM file({path:String}, 'JSONEachRow',
          'id String, correlation_id String, name String, time String, source String, attributes String')
"""


def run() -> dict[str, float]:
    bodies = [_ndjson(range(start, start + BATCH)) for start in range(0, EVENTS, BATCH)]
    otlp = [_otlp(range(start, start + BATCH)) for start in range(EVENTS, EVENTS + EVENTS // 2, BATCH)]
    with tempfile.TemporaryDirectory() as folder, noshow(Path(folder) / "noshow", {"orders.yaml": RULES}) as server:
        rate, answers = _sent(f"{server.url}/v1/events", bodies, NDJSON)
        otlp_rate, _ = _sent(f"{server.url}/v1/logs", otlp, PROTOBUF)
    engine = _engine(bodies)
    return {
        "ingest.ndjson.events_per_s": rate,
        "ingest.ndjson.p99_ms": percentile(answers, 0.99) * 1000,
        "ingest.otlp.events_per_s": otlp_rate,
        "ingest.engine.events_per_s": engine,
        "ingest.engine_ratio": rate / engine,
    }


def _sent(url: str, bodies: Sequence[bytes], kind: str) -> tuple[float, list[float]]:
    """Events a second, and the seconds until each answer."""
    answers: list[float] = []
    shares = [bodies[client::CLIENTS] for client in range(CLIENTS)]
    threads = [threading.Thread(target=_client, args=(url, share, kind, answers)) for share in shares]
    with timed() as took:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == len(bodies)
    return len(bodies) * BATCH / took.wall, answers


def _client(url: str, bodies: Sequence[bytes], kind: str, answers: list[float]) -> None:
    with httpx.Client(timeout=60) as client:
        for body in bodies:
            with timed() as took:
                response = client.post(url, content=body, headers={"Content-Type": kind})
            assert response.status_code == 200, response.text
            answers.append(took.wall)


def _engine(bodies: Sequence[bytes]) -> float:
    """Events a second that the engine takes in from the same bytes by itself."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        path.write_bytes(b"\n".join(bodies))
        clickhouse = ClickHouse.embedded(Path(folder) / "clickhouse")
        migrate_clickhouse(clickhouse)
        with timed() as took:
            clickhouse.command(_ENGINE, {"path": str(path)})
        clickhouse.close()
    return EVENTS / took.wall


def _event(number: int) -> dict[str, object]:
    """About 240 bytes."""
    return {
        "id": f"evt-{number:016x}",
        "correlation_id": f"order-{hash(number // 4) * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "name": ("OrderPlaced", "PaymentReceived", "ItemShipped", "ComplianceCheckDone")[number % 4],
        "time": f"2026-01-{1 + number // 4 % 28:02d}T{number % 24:02d}:00:00.{number % 1_000_000:06d}Z",
        "source": "shop",
        "attributes": {"amount": number % 50_000 / 100, "currency": "EUR", "customer": f"c-{number % 1000}"},
    }


def _ndjson(numbers: range) -> bytes:
    return b"\n".join(json.dumps(_event(number), separators=(",", ":")).encode() for number in numbers)


def _otlp(numbers: range) -> bytes:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    records = resource.scope_logs.add().log_records
    for number in numbers:
        event = _event(number)
        record = records.add(
            time_unix_nano=1_767_225_600_000_000_000 + number * 1_000_000, event_name=str(event["name"])
        )
        record.attributes.add(key="correlation.id").value.string_value = str(event["correlation_id"])
        record.attributes.add(key="log.record.uid").value.string_value = str(event["id"])
        record.attributes.add(key="amount").value.double_value = number % 50_000 / 100
        record.attributes.add(key="currency").value.string_value = "EUR"
        record.attributes.add(key="customer").value.string_value = f"c-{number % 1000}"
    return request.SerializeToString()
