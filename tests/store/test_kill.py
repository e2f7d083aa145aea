"""What was acknowledged is there after `kill -9`, and the stores open again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import sys
from pathlib import Path
from store import cursors, events
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import Event
from store.migrate import migrate_clickhouse, migrate_database

data = Path(sys.argv[1])
clickhouse, database = ClickHouse.embedded(data / "clickhouse"), Database.open(f"sqlite:///{data}/noshow.sqlite")
migrate_clickhouse(clickhouse)
migrate_database(database)
for batch in range(1, 1_000_000):
    events.write(clickhouse, [Event(str(n), f"order-{n}", "X", batch * 1_000 + n, "shop") for n in range(1_000)])
    with database.begin() as connection:
        cursors.move(connection, "batches", batch)
    print(batch, flush=True)
"""

READER = """
import json
import sys
from pathlib import Path
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.migrate import migrate_clickhouse, migrate_database

data = Path(sys.argv[1])
clickhouse, database = ClickHouse.embedded(data / "clickhouse"), Database.open(f"sqlite:///{data}/noshow.sqlite")
assert migrate_clickhouse(clickhouse) == migrate_database(database) == []
counts = "SELECT intDiv(toUnixTimestamp64Micro(time), 1000) AS batch, count() FROM events GROUP BY batch ORDER BY batch"
print(json.dumps(clickhouse.query(counts)))
print(clickhouse.query("SELECT uniqExact(correlation_id) FROM touched")[0][0])
with database.read() as connection:
    print(cursors.read(connection, "batches"))
clickhouse.close()
"""


@pytest.mark.processes
def test_what_was_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)][-1]
        writer.kill()
    reader = [sys.executable, "-c", READER, str(tmp_path)]
    batches, touched, cursor = subprocess.run(reader, capture_output=True, text=True, check=True).stdout.splitlines()
    counts = dict(json.loads(batches))
    assert set(range(1, acknowledged + 1)) <= set(counts)
    assert set(counts.values()) == {1_000}  # all of a batch or nothing
    assert int(touched) == 1_000
    assert acknowledged <= int(cursor) <= max(counts)
