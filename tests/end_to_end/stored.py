"""What the stores under a data directory hold, as JSON: `python -m tests.end_to_end.stored DATA`."""

import json
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import cases, message_subjects

_EVENTS = "SELECT DISTINCT id FROM events ORDER BY id"
_FINDINGS = """
SELECT step, kind, count() FROM
(
    SELECT correlation_id, step, kind, argMax(open, version) AS holds
    FROM findings GROUP BY workflow, correlation_id, step, kind
)
WHERE holds GROUP BY step, kind ORDER BY step, kind
"""


def stored(data: Path) -> dict[str, object]:
    """Ids of the events; open findings as (step, kind, count); cases; the outbox as id → what it is about."""
    clickhouse = ClickHouse.embedded(data / "clickhouse")
    database = Database.open(f"sqlite:///{data}/noshow.sqlite")
    with database.read() as connection:
        of_cases = connection.execute(select(cases.c.correlation_id, cases.c.state)).all()
        told = select(message_subjects.c.message_id, message_subjects.c.subject, message_subjects.c.transition)
        notices = connection.execute(told).all()
    return {
        "events": [id for (id,) in clickhouse.query(_EVENTS)],
        "findings": [list(row) for row in clickhouse.query(_FINDINGS)],
        "cases": Counter(order for order, _ in of_cases),
        "open": sorted(order for order, state in of_cases if state == "open"),
        "notices": {id: [case, transition] for id, case, transition in notices},
    }


if __name__ == "__main__":
    json.dump(stored(Path(sys.argv[1])), sys.stdout)
