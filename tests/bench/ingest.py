"""Taking events in over a socket, durably, from a client on the same cores; against what the engine itself takes in.

The server is `noshow serve` whole, with rules of other events, so that what is measured is the way in; once more with
rules of these events, which are judged meanwhile.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse
from tests.bench.clients import Answers, Target, send
from tests.bench.measure import cpu_seconds, memory_megabytes, percentile, timed
from tests.end_to_end.orders import RULES
from tests.end_to_end.process import Noshow, noshow

RUNS = 5
EVENTS = 200_000  # of a run
BATCH = 1_000
CONNECTIONS = 32
SINGLES, SINGLE_CONNECTIONS = 10_000, 128
FIRST_SINGLE = 1_000_000_000
NDJSON, JSON, PROTOBUF = "application/x-ndjson", "application/json", "application/x-protobuf"

OTHERS = """\
workflow: claim
start: ClaimFiled
steps: {ClaimPaid: {within: 1h}}
"""

_ENGINE = """
INSERT INTO events (correlation_id, time, name, source, id, attributes)
SELECT correlation_id, parseDateTime64BestEffort(time, 6, 'UTC'), name, source, id, attributes
FROM file({path:String}, 'JSONEachRow',
          'id String, correlation_id String, name String, time String, source String, attributes String')
"""


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        with noshow(Path(folder) / "alone", {"rules.yaml": OTHERS}) as server:
            figures = _alone(server)
        with noshow(Path(folder) / "judging", {"rules.yaml": RULES}) as server:
            judged = _sent(server, "/v1/events", NDJSON, ndjson_of, 0)
    engine = statistics.median(_engine(EVENTS) for _ in range(RUNS))
    return figures | {
        "ingest.engine_by_request.events_per_s": _engine(BATCH),
        "ingest.ndjson_while_judging.events_per_s": judged.rate * BATCH,
        "ingest.engine.events_per_s": engine,
        "ingest.engine_ratio": figures["ingest.ndjson.events_per_s"] / engine,
    }


def enduring(minutes: float = 10) -> dict[str, float]:
    """Half of what is taken at full speed, for some minutes: the memory at the end of each quarter."""
    with tempfile.TemporaryDirectory() as folder, noshow(Path(folder) / "noshow", {"rules.yaml": OTHERS}) as server:
        half = _sent(server, "/v1/events", NDJSON, ndjson_of, 0).rate / 2
        figures, number, begin = dict[str, float](), 1, time.monotonic()
        while time.monotonic() < begin + minutes * 60:
            bodies = [ndjson_of(range(n, n + BATCH)) for n in range(number * EVENTS, (number + 1) * EVENTS, BATCH)]
            send(Target(server.port, "/v1/events", NDJSON), bodies, CONNECTIONS, half)
            number += 1
            quarter = min(int((time.monotonic() - begin) / minutes / 15) + 1, 4)
            figures[f"enduring.quarter_{quarter}.mb"] = memory_megabytes(_pid(server))
        return figures | {"enduring.events": number * EVENTS, "enduring.events_per_s": half * BATCH}


def _alone(server: Noshow) -> dict[str, float]:
    single = sorted((_one_by_one(server, run) for run in range(RUNS)), key=lambda answers: answers.rate)[RUNS // 2]
    begin = cpu_seconds(_pid(server))
    ndjson = [_sent(server, "/v1/events", NDJSON, ndjson_of, run) for run in range(RUNS)]
    spent = cpu_seconds(_pid(server)) - begin
    otlp = [_sent(server, "/v1/logs", PROTOBUF, _otlp, RUNS + run) for run in range(RUNS)]
    rate = statistics.median(answers.rate for answers in ndjson)
    paced = _sent(server, "/v1/events", NDJSON, ndjson_of, 2 * RUNS, rate / 2)
    return {
        "ingest.ndjson.events_per_s": rate * BATCH,
        "ingest.ndjson.cpu_us_per_event": spent / RUNS / EVENTS * 1e6,
        "ingest.ndjson.p99_ms": percentile(ndjson[RUNS // 2].latencies, 0.99) * 1e3,
        "ingest.half_load.p50_ms": percentile(paced.latencies, 0.5) * 1e3,
        "ingest.half_load.p99_ms": percentile(paced.latencies, 0.99) * 1e3,
        "ingest.otlp.events_per_s": statistics.median(answers.rate for answers in otlp) * BATCH,
        "ingest.single.requests_per_s": single.rate,
        "ingest.single.p99_ms": percentile(single.latencies, 0.99) * 1e3,
        "ingest.memory_mb": memory_megabytes(_pid(server)),
    }


def _one_by_one(server: Noshow, run: int) -> Answers:
    first = FIRST_SINGLE + run * SINGLES
    bodies = [ndjson_of(range(number, number + 1)) for number in range(first, first + SINGLES)]
    return send(Target(server.port, "/v1/events", JSON), bodies, SINGLE_CONNECTIONS)


def _sent(
    server: Noshow, path: str, kind: str, encode: Callable[[range], bytes], run: int, rate: float | None = None
) -> Answers:
    """The events of a run, which no other run has."""
    first = run * EVENTS
    bodies = [encode(range(number, number + BATCH)) for number in range(first, first + EVENTS, BATCH)]
    return send(Target(server.port, path, kind), bodies, CONNECTIONS, rate)


def _pid(server: Noshow) -> int:
    assert server.process is not None
    return server.process.pid


def _engine(at_once: int) -> float:
    """Events a second that the engine takes in from the same bytes by itself, so many by one insert."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.ndjson" for number in range(0, EVENTS, at_once)]
        for path in paths:
            path.write_bytes(ndjson_of(range(int(path.stem), int(path.stem) + at_once)))
        clickhouse = ClickHouse.embedded(Path(folder) / "clickhouse")
        migrate_clickhouse(clickhouse)
        with timed() as took:
            for path in paths:
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


def ndjson_of(numbers: range) -> bytes:
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
