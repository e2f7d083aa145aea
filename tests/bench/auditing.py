"""The audit trail: how quickly rows are chained and copied, and a trail of 100,000 is verified from its export."""

import tempfile
from pathlib import Path

from reconcile.audit.drainer import Drainer
from reconcile.audit.trail import Trail
from reconcile.audit.verify import compared, verify
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY
from store.migrate import migrate_clickhouse, migrate_database
from tests.bench.measure import timed
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry

ROWS, AT_ONCE = 100_000, 5_000


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        clickhouse = ClickHouse.embedded(Path(folder) / "clickhouse")
        database = Database.open(f"sqlite:///{folder}/noshow.sqlite")
        migrate_clickhouse(clickhouse)
        migrate_database(database)
        for start in range(0, ROWS, AT_ONCE):
            enter(database, [entry(number) for number in range(start, start + AT_ONCE)])
        drainer = Drainer(clickhouse, database, "bench", DAY)
        with timed() as draining:
            while drainer.step(NOON):
                pass
        trail = Trail(clickhouse, database)
        head = trail.head()
        with timed() as both:
            report = verify(compared(trail.stream(), trail.kept(), []), {head.seq: head.hash})
        assert (report.rows, report.is_whole) == (ROWS, True)
        rows = list(trail.stream())
        with timed() as alone:
            verify(rows, {})
        clickhouse.close()
        database.close()
    return {
        "audit.drain.rows_per_s": ROWS / draining.wall,
        "audit.verify.rows_per_s": ROWS / both.wall,
        "audit.verify.hashing.rows_per_s": ROWS / alone.wall,
    }
