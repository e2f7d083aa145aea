"""The drainer is killed, wherever it happens to be, again and again: nothing is lost, doubled or forked."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconcile.audit.drainer import Drainer
from reconcile.audit.row import Row
from reconcile.audit.trail import Trail
from reconcile.audit.verify import Fault, compared, verify
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR
from tests.clickhouse_server import ClickHouseServer
from tests.conftest import NOON
from tests.reconcile.audit.trails import enter, entry

KILLS = 6
DRAINER = """
import sys
from reconcile.audit import chain, copying
from reconcile.audit.drainer import Drainer
from store.clickhouse import ClickHouse
from store.database import Database

chain.AT_ONCE = copying.AT_ONCE = 5
clickhouse, database = ClickHouse.server(sys.argv[1], sys.argv[2]), Database.open(sys.argv[3])
drainer = Drainer(clickhouse, database, sys.argv[4], 10**15)
print("ready", flush=True)
now = int(sys.argv[5])
while True:
    drainer.step(now)
"""


@pytest.mark.processes
def test_killed_again_and_again(
    clickhouse_server: ClickHouseServer, server_clickhouse: ClickHouse, any_database: Database
) -> None:
    chance, entered = random.Random(4), 0
    for kill in range(KILLS):
        address = any_database.engine.url.render_as_string(hide_password=False)
        place = [clickhouse_server.url, server_clickhouse.database, address, f"drainer-{kill}"]
        drainer = [sys.executable, "-c", DRAINER, *place, str(NOON + kill * HOUR)]
        with subprocess.Popen(drainer, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            process.stdout.readline()
            for _ in range(chance.randrange(3, 30)):
                enter(any_database, [entry(entered + it) for it in range(10)], NOON + entered)
                entered += 10
            time.sleep(chance.random() / 10)  # so that the kill hits it anywhere
            process.kill()
    last = Drainer(server_clickhouse, any_database, "last", DAY)
    while last.step(NOON + DAY):
        pass
    rows = whole(Trail(server_clickhouse, any_database))
    assert sorted(row.correlation_id for row in rows) == sorted(f"A-{number}" for number in range(entered))
    [(copied,)] = server_clickhouse.query("SELECT uniqExact(seq) FROM audit")
    assert copied == entered


def whole(trail: Trail) -> list[Row]:
    head, apart = trail.head(), list[Fault]()
    rows = list(compared(trail.stream(), trail.kept(), apart))
    report = verify(rows, {head.seq: head.hash})
    assert (report.faults, apart) == ((), [])
    return rows


ROOT = Path(__file__).parents[3]
