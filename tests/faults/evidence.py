"""What the stores hold in the end, as JSON: `python -m tests.faults.evidence CONFIG`, when nobody else has them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select

from noshow.stores import stores
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import load
from store.tables import cases, message_subjects, messages

_EVENTS = "SELECT DISTINCT id FROM events ORDER BY id"

_INSTANCES = """
SELECT workflow, correlation_id,
       argMax((state, steps.name, steps.state, arrayZip(findings.step, findings.kind)), version)
FROM instances GROUP BY ALL HAVING argMax(state, version) != ''
"""

_FINDINGS = """
SELECT workflow, correlation_id, step, kind FROM findings GROUP BY ALL HAVING argMax(open, version)
"""

# Merges may have taken away what was there for a moment only; never that a finding is, or was, there.
_OPENINGS = """
SELECT workflow, correlation_id, step, kind, toUnixTimestamp64Micro(detected_at),
       toUnixTimestamp64Micro(min(written_at)), argMax(sentence, version)
FROM findings GROUP BY ALL
"""

_WRITES = "SELECT uniqExact(version), uniqExact(bitShiftRight(version, 32)) FROM instances"


def evidence(clickhouse: ClickHouse, database: Database) -> dict[str, object]:
    """Lists of rows; `writes`: how many versions instances have, of how many epochs of the lease."""
    subject = select(message_subjects.c.message_id, message_subjects.c.subject, message_subjects.c.transition)
    with database.read() as connection:
        known = connection.execute(select(cases.c.workflow, cases.c.correlation_id, cases.c.state, cases.c.id)).all()
        subjects = connection.execute(subject).all()
        pending = connection.scalars(select(messages.c.id).where(messages.c.state == "pending")).all()
    return {
        "events": [id for (id,) in clickhouse.query(_EVENTS)],
        "instances": clickhouse.query(_INSTANCES),
        "findings": clickhouse.query(_FINDINGS),
        "openings": clickhouse.query(_OPENINGS),
        "writes": clickhouse.query(_WRITES),
        "cases": [list(row) for row in known],
        "subjects": [list(row) for row in subjects],
        "pending": list(pending),
    }


def evidence_of(config: Path) -> dict[str, Any]:
    """Read by a process of its own."""
    command = [sys.executable, "-m", "tests.faults.evidence", str(config)]
    told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return told


if __name__ == "__main__":
    with stores(load({}, Path(sys.argv[1]))) as opened:
        json.dump(evidence(opened.clickhouse, opened.database), sys.stdout)
