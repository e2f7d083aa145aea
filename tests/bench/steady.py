"""A server as it comes, under a steady load for minutes: does it fall behind, and what does it cost?

`python -m tests.bench steady --rates 10000 --ids scattered --seconds 180`. A client in a process of its own sends the
orders of `stream`, whose deadlines fall due meanwhile; the last of the rates is sent with every kind of IDs. What an
order waits for its verdict is seen from outside: while the evaluator keeps up it is the time of a tick or two, also of
the `last` order.
"""

import tempfile
import time
from pathlib import Path

from tests.bench.clients import Target, send
from tests.bench.measure import beside, cpu_seconds, peak_megabytes_of, percentile
from tests.bench.serving import watch
from tests.bench.stream import Stream, rules
from tests.end_to_end.process import noshow
from tests.web_server import client_of

CONNECTIONS = 8
NDJSON = "application/x-ndjson"
_GRACE = 2


def run(
    rates: str = "2500,5000,10000", ids: str = "scattered,ordered", seconds: int = 180, gap: int = 20
) -> dict[str, float]:
    *lower, highest = (int(rate) for rate in rates.split(","))
    first, *others = ids.split(",")
    runs = {f"{rate}": (rate, first) for rate in (*lower, highest)}
    runs |= {f"{highest}.{kind}": (highest, kind) for kind in others}
    figures: dict[str, float] = {}
    for name, (rate, kind) in runs.items():
        told = one(Stream(rate, seconds, gap=gap, ids=kind))
        figures |= {f"steady.{name}.{what}": it for what, it in told.items()}
    return figures


def one(stream: Stream) -> dict[str, float]:
    """Of one server."""
    with (
        tempfile.TemporaryDirectory(prefix="noshow-steady-") as folder,
        noshow(Path(folder) / "noshow", {"orders.yaml": rules(stream.gap, _GRACE)}) as server,
        client_of(server.url) as client,
    ):
        assert server.process is not None
        stream, begin = stream.soon(), cpu_seconds(server.process.pid)
        with beside(sent, server.port, stream) as sending:
            seen = watch(client, stream, sending)
            latencies, client_cpu = sending.get()
        spent = cpu_seconds(server.process.pid) - begin
        peak = peak_megabytes_of(server.process.pid)
    return {
        **seen.figures(),
        "answer.p50_ms": percentile(latencies, 0.5) * 1e3,
        "answer.p99_ms": percentile(latencies, 0.99) * 1e3,
        "server.cpu_s": spent,
        "client.cpu_s": client_cpu,
        "peak_mb": peak,
    }


def sent(port: int, stream: Stream) -> tuple[list[float], float]:
    """Seconds until each answer from when on the rate is reached, and the CPU seconds of this process."""
    time.sleep(max(0.0, stream.begin / 1e6 - time.time()))
    answers = send(Target(port, "/v1/events", NDJSON), stream, CONNECTIONS, stream.rate / stream.batch)
    return answers.latencies[-stream.steady :], time.process_time()
