"""`noshow check` from a file to verdicts, as a whole process; against the engine's own plainest scan of that file."""

import subprocess
import sys
import tempfile
from pathlib import Path

from store.clickhouse import ClickHouse
from store.instant import rfc3339
from tests.bench import generated
from tests.bench.measure import apart, median_of, peak_megabytes_of_children

_SCAN = """
SELECT max(length(correlation_id)), max(length(name)), max(length(time)) FROM
file({path:String}, 'JSONEachRow', 'correlation_id String, name String, time String')
"""


def run(orders: int = generated.ORDERS) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        events, rules = Path(folder) / "events.ndjson", Path(folder) / "orders.yaml"
        rules.write_text(generated.RULE)
        truth = apart(_write, events, orders)
        command = [sys.executable, "-m", "noshow", "check", "--rules", str(rules), "--events", str(events)]
        command += ["--as-of", rfc3339(generated.END), "--format", "jsonl"]
        flagged = median_of(lambda: _checked([*command, "--flagged"], truth))
        peak = peak_megabytes_of_children()
        everything = median_of(lambda: _checked(command, truth))
        scan = apart(_scanned, events)
        count = sum(1 for _ in events.open("rb"))
    return {
        "check.events": count,
        "check.file.events_per_s": count / flagged.wall,
        "check.file.scan_ratio": scan / flagged.wall,
        "check.peak_mb": peak,
        "check.unflagged.events_per_s": count / everything.wall,
    }


def _write(path: Path, orders: int) -> generated.Findings:
    clickhouse = ClickHouse.embedded(None)
    generated.write_orders(clickhouse, path, orders)
    return generated.truth(clickhouse, orders)


def _scanned(path: Path) -> float:
    """Seconds."""
    clickhouse = ClickHouse.embedded(None)
    return median_of(lambda: clickhouse.query(_SCAN, {"path": str(path)})).wall


def _checked(command: list[str], truth: generated.Findings) -> None:
    """The findings have to be the truth."""
    with tempfile.TemporaryFile() as lines:
        done = subprocess.run(command, stdout=lines, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 1, done.stderr
        lines.seek(0)
        found = lines.read()
    for (step, kind), count in truth.items():
        assert found.count(b'{"step":"%s","kind":"%s"}' % (step.encode(), kind.encode())) == count, (step, kind)
