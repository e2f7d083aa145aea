"""Judging: everything that is stored, in one go; against the engine's own plainest scan of the same events."""

import tempfile
from pathlib import Path

from rules.compile.sql import render
from rules.compile.workflow import compile_workflow
from rules.judge import judge
from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse
from tests.bench.history import END, make_orders
from tests.bench.measure import median_of, peak_megabytes
from tests.rules.shop import FULFILMENT

ORDERS = 300_000

_SCAN = """
SELECT max(placed), max(paid), max(shipped) FROM
(
    SELECT minIf(time, name = 'OrderPlaced') AS placed, minIf(time, name = 'PaymentReceived') AS paid,
           minIf(time, name = 'ItemShipped') AS shipped
    FROM events GROUP BY correlation_id
)
SETTINGS optimize_aggregation_in_order = 1
"""


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        clickhouse = ClickHouse.embedded(Path(folder))
        migrate_clickhouse(clickhouse)
        events = make_orders(clickhouse, ORDERS)
        clickhouse.command("OPTIMIZE TABLE events FINAL")
        quick = render(compile_workflow(FULFILMENT, END, exact=False, only_changes=True))
        whole = f"{quick.text}\nFORMAT Null"  # every column of the answer is made, and none is kept
        scan = median_of(lambda: clickhouse.query(_SCAN))
        engine = median_of(lambda: clickhouse.command(whole, quick.parameters))
        verdicts = median_of(lambda: sum(1 for _ in judge(clickhouse, FULFILMENT, END)))
        clickhouse.close()
    return {
        "judge.events": events,
        "judge.full.events_per_s": events / engine.wall,
        "judge.full.scan_ratio": scan.wall / engine.wall,
        "judge.full.cpu_s": engine.cpu,
        "judge.verdicts.events_per_s": events / verdicts.wall,
        "judge.peak_mb": peak_megabytes(),
    }
