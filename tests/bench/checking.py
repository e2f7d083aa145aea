"""`noshow check` from a file to verdicts, as a whole process."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import median_of, peak_megabytes_of_children
from tests.end_to_end.orders import RULES, orders

ORDERS = 50_000


def run() -> dict[str, float]:
    made = orders(ORDERS)
    with tempfile.TemporaryDirectory() as folder:
        events, rules = Path(folder) / "events.ndjson", Path(folder) / "orders.yaml"
        events.write_bytes(b"\n".join(made.lines))
        rules.write_text(RULES)
        command = [sys.executable, "-m", "noshow", "check", "--rules", str(rules), "--events", str(events), "--flagged"]
        took = median_of(lambda: _checked(command))
    return {
        "check.events": len(made.lines),
        "check.file.events_per_s": len(made.lines) / took.wall,
        "check.peak_mb": peak_megabytes_of_children(),
    }


def _checked(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
