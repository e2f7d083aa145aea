"""From a deadline to the webhook that says it was missed, in a busy server: as a whole, and by its legs.

`python -m tests.bench latency --rate 5000 --seconds 120`. Grace is 0, and every case is a message of its own, at once.
The load is that of `steady`; what counts are the orders that are never paid. Every instant is of this machine's clock.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND
from store.tables import cases, message_attempts, message_subjects, messages
from tests.bench.measure import apart, beside, percentile
from tests.bench.receiving import receiver
from tests.bench.steady import sent
from tests.bench.stream import Stream, rules
from tests.end_to_end.process import noshow

STEP = "payment"
LEGS = ("found", "opened", "told", "sent", "received")
_SETTLING = 10  # seconds after the last event

_FOUND = """
SELECT correlation_id, toUnixTimestamp64Micro(due), toUnixTimestamp64Micro(min(written_at))
FROM findings WHERE step = {step:String} AND kind = 'missing' GROUP BY correlation_id, due
"""


class Told(NamedTuple):
    """Of an order that was not paid, instants in µs UTC: its deadline; its finding in the store; its case; the message;
    the attempt to send that; and the request at the other end."""

    due: int
    found: int
    opened: int
    told: int
    sent: int
    received: int


def run(rate: int = 5_000, seconds: int = 120, gap: int = 10, flagged: int = 200) -> dict[str, float]:
    """Of `flagged` orders one is never paid."""
    with tempfile.TemporaryDirectory(prefix="noshow-latency-") as folder, receiver() as (url, received):
        place = Path(folder) / "noshow"
        with noshow(place, {"orders.yaml": rules(gap, grace=0)}, url) as server:
            stream = Stream(rate, seconds, gap=gap, flagged=flagged).soon()
            with beside(sent, server.port, stream) as sending:
                latencies, _ = sending.get()
            time.sleep(_SETTLING)
            server.stop()
        told = apart(read, place / "data", received())
    # Behind its end all orders of a gap are never paid: a flood, and not the load that is asked for.
    steady = [it for it in told if stream.begin + 3 * gap * SECOND <= it.due < stream.end]
    figures = {"latency.webhook.count": float(len(steady)), "latency.answer.p99_ms": percentile(latencies, 0.99) * 1e3}
    for leg, before in zip(LEGS, ("due", *LEGS), strict=False):
        figures |= _percentiles(f"latency.{before}_to_{leg}", [getattr(it, leg) - getattr(it, before) for it in steady])
    return figures | _percentiles("latency.webhook", [it.received - it.due for it in steady])


def read(data: Path, received: Mapping[str, int]) -> list[Told]:
    """From the stores of a server that has ended, of the first message about each order."""
    clickhouse = ClickHouse.embedded(data / "clickhouse")
    found = {order: (due, at) for order, due, at in clickhouse.query(_FOUND, {"step": STEP})}
    clickhouse.close()
    database = Database.open(f"sqlite:///{data}/noshow.sqlite")
    first = (
        select(cases.c.correlation_id, cases.c.opened_at, messages.c.created_at, message_attempts.c.at, messages.c.id)
        .join(message_subjects, message_subjects.c.subject == cases.c.id)
        .join(messages, messages.c.id == message_subjects.c.message_id)
        .join(message_attempts, message_attempts.c.message_id == messages.c.id)
        .where(messages.c.type == "case.opened", message_attempts.c.number == 1)
    )
    with database.read() as connection:
        rows = connection.execute(first).all()
    database.close()
    known = [row for row in rows if row.correlation_id in found and row.id in received]
    return [Told(*found[it.correlation_id], it.opened_at, it.created_at, it.at, received[it.id]) for it in known]


def _percentiles(name: str, micros: list[int]) -> dict[str, float]:
    seconds = [it / SECOND for it in micros]
    return {f"{name}.p{share}_s": percentile(seconds, share / 100) for share in (50, 95, 99)}
