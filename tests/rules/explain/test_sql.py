"""The statement as it is pasted: a client that takes it word for word gets the verdict."""

import json
import subprocess
import sys

from rules.explain.sql import sql_text
from rules.ruleset import rules_of
from rules.spec import Workflow
from tests.rules.graphed import workflow

CLIENT = "import sys, chdb; print(chdb.query(sys.stdin.read(), 'TSV'), end='')"
EVENTS = """
CREATE TABLE events (correlation_id String, time DateTime64(6, 'UTC'), name LowCardinality(String), source String,
  id String, attributes String, identity UInt64, content UInt64) ENGINE = Memory;
"""
HOUR = 3_600_000_000


def pasted(text: str) -> list[list[str]]:
    client = [sys.executable, "-c", CLIENT]
    done = subprocess.run(client, input=text, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def rule(note: str) -> Workflow:
    where = f"note == {json.dumps(note)}".replace("'", "''")
    return workflow(f"workflow: w\nstart: Placed\nsteps:\n  Paid: {{within: 1h, where: '{where}'}}\n")


def test_pasted_it_gives_the_verdict_whatever_is_in_the_rule() -> None:
    note = """it's a "quote", back\\slash, two\nlines, a\ttab, \\', \\n, {p0:String}; --"""
    attributes = json.dumps({"note": note}).replace("\\", "\\\\").replace("'", "\\'")
    rows = (
        "INSERT INTO events VALUES ('c', 0, 'Placed', 's', 'a', '{}', 1, 1), "
        f"('c', toDateTime64(60, 6, 'UTC'), 'Paid', 's', 'b', '{attributes}', 2, 2);\n"
    )
    [only] = rules_of([rule(note)])
    [row] = pasted(EVENTS + rows + sql_text(only, 2 * HOUR))
    assert row[:3] == ["c", "0", "complete"]
