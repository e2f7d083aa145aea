"""A tick with few and with many events stored, at the same rate of change: its cost should follow the change."""

import tempfile
from pathlib import Path

from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND, Event
from store.events import write
from store.migrate import migrate_clickhouse, migrate_database
from store.settings import load
from tests.bench.history import END, make_orders
from tests.bench.measure import peak_megabytes, percentile, timed
from tests.rules.shop import FULFILMENT

TICKS = 30
CHANGED = 1_000  # orders in each tick


def run(events: int) -> dict[str, float]:
    """With about `events` stored and judged."""
    with tempfile.TemporaryDirectory() as folder:
        clickhouse = ClickHouse.embedded(Path(folder) / "clickhouse")
        database = Database.open(f"sqlite:///{folder}/noshow.sqlite")
        migrate_clickhouse(clickhouse)
        migrate_database(database)
        evaluator = Evaluator(clickhouse, database, rules_of([FULFILMENT]), load({}).evaluator, "bench")
        stored = make_orders(clickhouse, events // 4)
        with timed() as backlog:
            while (tick := evaluator.tick(END)) is None or tick.more:
                pass
        took = [_one(clickhouse, evaluator, number) for number in range(TICKS)]
        clickhouse.close()
        database.close()
    return {
        "stored": stored,
        "backlog.events_per_s": stored / backlog.wall,
        "p50_s": percentile(took, 0.5),
        "p95_s": percentile(took, 0.95),
        "peak_mb": peak_megabytes(),
    }


def _one(clickhouse: ClickHouse, evaluator: Evaluator, number: int) -> float:
    """A tick after as many orders were placed, as everywhere among the old ones as hashes are."""
    now = END + number * SECOND
    orders = [f"order-{hash((number, order)) % 2**64:016X}" for order in range(CHANGED)]
    write(clickhouse, [Event(f"new-{order}", order, "OrderPlaced", now, "shop") for order in orders])
    written, more = 0, True
    with timed() as took:
        while more:
            tick = evaluator.tick(now)
            assert tick is not None
            written, more = written + tick.written.instances, tick.more
    assert written >= CHANGED
    return took.wall
