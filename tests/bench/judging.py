"""Judging: everything that is stored, in one go; against the engine's own plainest scan of the same events."""

import tempfile
from pathlib import Path

from rules.compile.sql import Statement, render
from rules.compile.workflow import compile_workflow
from rules.judge import judge
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse
from tests.bench.generated import END, ORDERS, found, store_orders, truth, workflow
from tests.bench.measure import Took, median_of, peak_megabytes, timed
from tests.rules.shop import FULFILMENT

_SCAN = """
SELECT max(placed), max(paid), max(shipped) FROM
(
    SELECT minIf(time, name = 'OrderPlaced') AS placed, minIf(time, name = 'PaymentReceived') AS paid,
           minIf(time, name = 'ItemShipped') AS shipped
    FROM events GROUP BY correlation_id
)
SETTINGS optimize_aggregation_in_order = 1
"""


def run(orders: int = ORDERS) -> dict[str, float]:
    """Of so many orders: by the rule of the bar, and by one that reads attributes of the start besides."""
    with tempfile.TemporaryDirectory() as folder:
        clickhouse = ClickHouse.embedded(Path(folder))
        migrate_clickhouse(clickhouse)
        events = store_orders(clickhouse, orders)
        scattered = _full(clickhouse, workflow())  # as the inserts left them: in several parts
        clickhouse.command("OPTIMIZE TABLE events FINAL")
        scan = median_of(lambda: clickhouse.query(_SCAN))
        full, attributes = _full(clickhouse, workflow()), _full(clickhouse, FULFILMENT)
        flagged = _flagged(clickhouse, workflow())
        peak = peak_megabytes()
        with timed() as verdicts:
            told = found(judge(clickhouse, workflow(), END))
        assert told == truth(clickhouse, orders), told
        clickhouse.close()
    return {
        "judge.events": events,
        "judge.full.events_per_s": events / full.wall,
        "judge.full.scan_ratio": scan.wall / full.wall,
        "judge.full.cpu_s": full.cpu,
        "judge.full.scan_cpu_s": scan.cpu,
        "judge.parts.events_per_s": events / scattered.wall,
        "judge.attributes.events_per_s": events / attributes.wall,
        "judge.attributes.cpu_s": attributes.cpu,
        "judge.flagged.events_per_s": events / flagged.wall,
        "judge.verdicts.events_per_s": events / verdicts.wall,
        "judge.full.peak_mb": peak,
        "judge.peak_mb": peak_megabytes(),
    }


def _full(clickhouse: ClickHouse, workflow: Workflow) -> Took:
    """Every column of the answer is made, and none is kept."""
    asked = _asked(workflow)
    return median_of(lambda: clickhouse.command(f"{asked.text}\nFORMAT Null", asked.parameters))


def _flagged(clickhouse: ClickHouse, workflow: Workflow) -> Took:
    asked = _asked(workflow)
    of_some = f"SELECT * FROM ({asked.text}) WHERE notEmpty(findings) FORMAT Null"
    return median_of(lambda: clickhouse.command(of_some, asked.parameters))


def _asked(workflow: Workflow) -> Statement:
    return render(compile_workflow(workflow, END, exact=False, only_changes=True))
