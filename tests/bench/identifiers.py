"""Correlation IDs that are scattered like hashes, against those that are ordered by time, as UUIDs of version 7 and
sequences are: taking events in, a tick, and judging everything.

`python -m tests.bench ids --events 5000000 --keep FOLDER`
"""

import tempfile
from pathlib import Path

from rules.judge import judge
from rules.ruleset import rules_of
from tests.bench.clients import Target, send
from tests.bench.filling import LEFT, Made, fill, linked
from tests.bench.history import END
from tests.bench.ingest import CONNECTIONS, NDJSON, OTHERS
from tests.bench.measure import apart, cpu_seconds, timed
from tests.bench.rounds import WARMING, Running
from tests.bench.stream import ORDERED, SCATTERED, Stream
from tests.end_to_end.process import noshow
from tests.rules.shop import FULFILMENT

RATE = 10_000  # of the events that are taken in, by their own times: they are sent as fast as can be


def run(
    events: int = 2_000_000,
    taken: int = 400_000,
    changed: int = 10_000,
    rounds: int = 10,
    beat: float = 1.0,
    keep: str = "",
) -> dict[str, float]:
    """`events` are stored and judged; `taken` are sent to a server; `changed` orders between two rounds,
    `beat` seconds from one to the next."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="noshow-ids-") as folder:
        for kind in (SCATTERED, ORDERED):
            filled = Path(keep or folder) / f"{events}-{kind}" / LEFT
            if not filled.exists():
                apart(fill, filled, Made(events, ordered=kind == ORDERED))
            told = _ingest(Path(folder) / f"{kind}-server", Stream(RATE, taken // RATE, gap=1, ids=kind))
            told |= apart(measure, filled, kind == ORDERED, changed, rounds, beat)
            figures |= {f"ids.{kind}.{what}": it for what, it in told.items()}
    return figures


def _ingest(place: Path, stream: Stream) -> dict[str, float]:
    """Into a server that has rules of other events."""
    with noshow(place, {"rules.yaml": OTHERS}) as server:
        assert server.process is not None
        begun = cpu_seconds(server.process.pid)
        seconds = apart(sent, server.port, stream)
        spent = cpu_seconds(server.process.pid) - begun
    events = len(stream) * stream.batch
    return {"ingest.events_per_s": events / seconds, "ingest.cpu_us_per_event": spent / events * 1e6}


def sent(port: int, stream: Stream) -> float:
    """As fast as they are answered; what is sent is made before. Gives the seconds until the last answer."""
    bodies = list(stream.soon())
    return send(Target(port, "/v1/events", NDJSON), bodies, CONNECTIONS).wall


def measure(filled: Path, ordered: bool, changed: int, rounds: int, beat: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="noshow-rounds-", dir=filled.parent) as folder:
        running = Running(linked(filled, Path(folder) / "stores"), rules_of([FULFILMENT]), beat)
        with timed() as judging:
            verdicts = sum(1 for _ in judge(running.clickhouse, FULFILMENT, END))
        events = running.events(changed * (WARMING + rounds), ordered)
        told = running.rounds(events, changed, rounds).figures()
        running.close()
    full = {"judge.verdicts_per_s": verdicts / judging.wall, "judge.cpu_s": judging.cpu}
    return full | {f"tick.{what}": it for what, it in told.items()}
