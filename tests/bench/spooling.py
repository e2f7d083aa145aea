"""An outage in small: a collector by itself takes events over HTTP while ClickHouse is away, then its spool drains.

An hour of an outage differs from this in its length only: what is measured is whether memory depends on that.
"""

import tempfile
import time
from pathlib import Path

from tests.bench.clients import Answers, Target, send
from tests.bench.ingest import BATCH, CONNECTIONS, JSON, NDJSON, SINGLE_CONNECTIONS, SINGLES, ndjson_of
from tests.bench.measure import memory_megabytes, percentile
from tests.clickhouse_server import Fault, start
from tests.faults.collector_line import Line

ROUNDS, ROUND = 8, 250_000  # events


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "clickhouse")
        line = Line(Path(folder), server)
        try:
            line.start()
            with server.fault(Fault.REFUSE):
                figures = _filled(line)
            return figures | _drained(line)
        finally:
            line.close()
            server.stop()


def _filled(line: Line) -> dict[str, float]:
    batches, memory = list[Answers](), list[float]()
    for number in range(ROUNDS):
        batches.append(_sent(line, number))
        memory.append(memory_megabytes(line.pid))
    first = ROUNDS * ROUND
    bodies = [ndjson_of(range(number, number + 1)) for number in range(first, first + SINGLES)]
    single = send(Target(line.port, "/v1/events", JSON), bodies, SINGLE_CONNECTIONS)
    size = sum(path.stat().st_size for path in (line.place / "data" / "spool").iterdir())
    return {
        "spool.fill.events_per_s": sorted(it.rate for it in batches)[ROUNDS // 2] * BATCH,
        "spool.fill.p99_ms": percentile([it for answers in batches for it in answers.latencies], 0.99) * 1e3,
        "spool.fill.single.requests_per_s": single.rate,
        "spool.fill.first_mb": memory[0],
        "spool.fill.last_mb": memory[-1],
        "spool.bytes_per_event": size / (first + SINGLES),
    }


def _sent(line: Line, number: int) -> Answers:
    """The events of one round."""
    first = number * ROUND
    bodies = [ndjson_of(range(start, start + BATCH)) for start in range(first, first + ROUND, BATCH)]
    return send(Target(line.port, "/v1/events", NDJSON), bodies, CONNECTIONS)


def _drained(line: Line) -> dict[str, float]:
    left, begin, peak = line.spooled(), time.perf_counter(), 0.0
    total = left
    while left:
        time.sleep(0.05)
        peak = max(peak, memory_megabytes(line.pid))
        left = line.spooled()
    return {
        "spool.drain.events_per_s": total / (time.perf_counter() - begin),
        "spool.drain.peak_mb": peak,
        "spool.drained_mb": memory_megabytes(line.pid),
    }
