"""`noshow audit` as a process: of a running server, of the stores, and of an export."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.identity import Scope
from api.app import create_app
from reconcile.audit import chain, copying
from reconcile.audit.drainer import Drainer
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, Event
from store.events import history, write
from tests.api.access.bearer import issued
from tests.api.server import serving
from tests.conftest import NOON
from tests.noshow.command import noshow
from tests.reconcile.audit.trails import enter, entry
from tests.store.clock import ManualClock


@pytest.fixture
def url(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[str]:
    for number in range(1, 6):
        enter(database, [entry(number)], NOON + number * DAY)
        chain.extend(database, NOON)
    copying.copy(clickhouse, database)
    with serving(create_app(clickhouse, database, clock)) as address:
        yield address


def verify(*arguments: str | Path) -> tuple[int, list[str]]:
    done = noshow("audit", "verify", *arguments)
    return done.code, done.out.splitlines()


def head(url: str) -> str:
    return noshow("audit", "head", "--url", url).out.strip()


@pytest.fixture
def export(url: str, tmp_path: Path) -> Path:
    file = tmp_path / "audit.ndjson"
    file.write_text(noshow("audit", "export", "--url", url).out)
    return file


def test_a_whole_trail(url: str) -> None:
    code, lines = verify("--url", url, "--head", head(url))
    assert (code, lines) == (0, [f"whole: 5 rows, 0 of them redacted; the last is {head(url)}"])


def test_a_row_that_was_changed_in_one_store(url: str, clickhouse: ClickHouse) -> None:
    clickhouse.command("ALTER TABLE audit UPDATE actor = 'eve' WHERE seq = 3 SETTINGS mutations_sync = 2")
    code, lines = verify("--url", url)
    assert code == 1
    assert lines[0].startswith("changed: row 3 (")
    assert lines[1].startswith("apart: row 3 (")
    assert lines[1].endswith("the SQL database has it with other actor")
    assert lines[2] == "BROKEN: 2 faults in 5 rows, 0 of them redacted"


def test_a_tail_that_was_cut_everywhere(url: str, clickhouse: ClickHouse, database: Database) -> None:
    kept = head(url)
    clickhouse.command("ALTER TABLE audit DELETE WHERE seq > 3 SETTINGS mutations_sync = 2")
    with database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE seq > 3")
        connection.exec_driver_sql("UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)")
    assert verify("--url", url)[0] == 0, "nobody can tell without a head that was kept"
    code, lines = verify("--url", url, "--head", kept)
    assert (code, lines[0]) == (1, "cut: rows 4 to 5 are missing at the end")


def test_an_export(export: Path) -> None:
    assert verify("--file", export)[0] == 0
    packed = export.with_suffix(".gz")
    packed.write_bytes(gzip.compress(export.read_bytes()))
    assert verify("--file", packed)[0] == 0


def test_what_was_done_to_an_export(export: Path) -> None:
    lines = export.read_text().splitlines(keepends=True)
    for changed, told in (
        (lines[:2] + lines[3:], "removed: row 3 is missing before row 4"),
        (lines[:3] + lines[-1:], "cut: rows 4 to 5 are missing at the end"),
        (lines[:-1], "cut: the export ends without its last line"),
        ([*lines[:2], lines[2].replace("no. 3", "no. 4"), *lines[3:]], "changed: row 3 ("),
    ):
        export.write_text("".join(changed))
        code, out = verify("--file", export)
        assert code == 1
        assert out[0].startswith(told)


def test_a_choice(url: str, tmp_path: Path) -> None:
    done = noshow("audit", "export", "--url", url, "--customer", "C-2", "--day", "2025-11-22")
    (tmp_path / "some.ndjson").write_text(done.out)
    assert done.out.count("\n") == 2
    assert verify("--file", tmp_path / "some.ndjson")[1] == [
        "each whole by itself: 1 rows, 0 of them redacted; of a choice nobody can tell what is missing"
    ]
    assert noshow("audit", "export", "--url", url, "--customer", "C-2", "--day", "2025-11-23").out.count("\n") == 1


def test_show(url: str) -> None:
    lines = noshow("audit", "show", "--url", url, "--limit", "2").out.splitlines()
    assert lines == [
        f"{number}  2025-11-{20 + number}T12:00:00Z  person anna  case.resolved  "
        f"order-fulfilment A-{number} PaymentReceived  — called the bank, no. {number}"
        for number in (5, 4)
    ]


def test_the_stores_themselves(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    code, lines = verify("--data", tmp_path / "data")
    assert (code, lines) == (0, [f"whole: 0 rows, 0 of them redacted; the last is 0:{'0' * 64}"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("verify", "--data", "nowhere"), 2, "there is no data directory nowhere"),
        (("verify", "--head", "5"), 2, "--head 5: expected SEQ:HASH"),
        (("verify", "--file", "nothing.ndjson"), 2, "nothing.ndjson: No such file"),
        (("verify", "--file", "x", "--data", "y"), 2, "a --file is verified by itself"),
        (("verify", "--url", "http://127.0.0.1:9"), 3, "does not answer"),
        (("show", "--url", "http://127.0.0.1:9", "--day", "noon"), 2, "--day noon:"),
        (("show", "--url", "http://127.0.0.1:9", "--day", "2026-01-01", "--since", "2026-01-01"), 2, "--day goes"),
    ],
)
def test_what_goes_wrong_is_told(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = noshow("audit", *arguments)
    assert (done.code, words in done.err) == (code, True), done.err


def test_a_file_that_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "x.ndjson").write_text('{"a": 1}\n')
    done = noshow("audit", "verify", "--file", tmp_path / "x.ndjson")
    assert (done.code, "this is no export of the audit trail" in done.err) == (2, True)


@pytest.fixture
def token(database: Database, url: str) -> dict[str, str]:
    return {"NOSHOW_TOKEN": issued(database, Scope.READ, Scope.ADMINISTER)}


def test_entries_about_a_customer_are_redacted(
    url: str, token: dict[str, str], clickhouse: ClickHouse, database: Database
) -> None:
    asked = ("audit", "redact", "--url", url, "--customer", "C-2", "--reason", "request 17")
    assert noshow(*asked).code == 3, "nobody in particular may do that"
    done = noshow(*asked, environ=token)
    assert (done.code, done.out.startswith("1 entries are redacted within seconds; audit entry ")) == (0, True)
    Drainer(clickhouse, database, "one", DAY).step(NOON)
    assert verify("--url", url)[1][0].startswith("whole: 7 rows, 1 of them redacted")
    assert "(redacted)" in noshow("audit", "show", "--url", url, "--correlation-id", "A-2").out
    again = noshow(*asked, environ=token)
    assert (again.code, again.err) == (0, "there is no entry about C-2\n")
    neither = noshow("audit", "redact", "--url", url, "--reason", "x")
    assert (neither.code, "name the entries by their ids" in neither.err) == (2, True)


def test_attributes_of_events_are_redacted(
    url: str, token: dict[str, str], clickhouse: ClickHouse, database: Database
) -> None:
    write(clickhouse, [Event("1", "A-1", "OrderPlaced", NOON, "shop", '{"email": "a@b"}')])
    asked = ("events", "redact", "A-1", "--url", url, "--attribute", "email", "--reason", "request 17")
    done = noshow(*asked, environ=token)
    assert (done.code, done.out.startswith("1 events of A-1 are redacted")) == (0, True)
    Drainer(clickhouse, database, "one", DAY).step(NOON)
    assert [it.attributes for it in history(clickhouse, "A-1")] == ["{}"]
    again = noshow(*asked, environ=token)
    assert (again.code, "No event of A-1 has email." in again.err) == (3, True)
