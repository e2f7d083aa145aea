"""`noshow truth` against a server on a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.identity import Scope
from reconcile.truth.sweep.compare import Kind
from reconcile.truth.sweep.discrepancies import Discrepancy, put
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.access.bearer import issued
from tests.api.truth_desk import TruthDesk, truth_desk
from tests.conftest import NOON
from tests.faults.cable import Cable
from tests.noshow.command import Result, noshow
from tests.reconcile.office import PAYMENT, WORKFLOW


@pytest.fixture
def here(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[TruthDesk]:
    with truth_desk(clickhouse, database, tmp_path) as it:
        yield it


def run(here: TruthDesk, *arguments: str | Path, group: str = "truth") -> Result:
    token = issued(here.desk.database, Scope.READ, Scope.OPERATE)
    return noshow(group, *arguments, "--url", str(here.http.base_url), environ={"NOSHOW_TOKEN": token})


@pytest.mark.processes
def test_a_file_is_looked_at_and_applied_by_its_fingerprint(here: TruthDesk, tmp_path: Path) -> None:
    here.missing("a", "b")
    file = tmp_path / "truth.csv"
    file.write_text(f"correlation_id,step,word\na,{PAYMENT},confirmed\nnobody,{PAYMENT},absent\n")
    shown = run(here, "preview", file)
    assert shown.code == 0, shown.err
    assert "2     confirms       would confirm missing PaymentReceived of a" in shown.out
    assert "1 of 2 lines change something: 1 confirms, 1 unknown_order\nat risk in these: 10.00 EUR" in shown.out
    fingerprint = shown.err.partition("--fingerprint ")[2].split()[0]
    done = run(here, "apply", file, "--fingerprint", fingerprint, "--reason", "the provider's list")
    assert (done.code, done.err) == (0, "1 corrections applied\n")
    assert [word for word, *_ in here.desk.said()] == ["confirmed"]
    again = run(here, "apply", file, "--fingerprint", fingerprint, "--reason", "once more")
    assert (again.code, "Nothing is left to change" in again.err) == (3, True)


@pytest.mark.processes
def test_a_file_is_applied_once_though_the_answer_is_lost(here: TruthDesk, tmp_path: Path) -> None:
    here.missing("a")
    file = tmp_path / "truth.csv"
    file.write_text(f"correlation_id,step,word\na,{PAYMENT},confirmed\n")
    fingerprint = run(here, "preview", file).err.partition("--fingerprint ")[2].split()[0]
    given = ("--fingerprint", fingerprint, "--reason", "the provider's list")
    with Cable(here.http.base_url.port or 0, lost=1) as cable:
        token = issued(here.desk.database, Scope.READ, Scope.OPERATE)
        done = noshow("truth", "apply", file, *given, "--url", cable.url, environ={"NOSHOW_TOKEN": token})
    assert (done.code, done.err.splitlines()[-1]) == (0, "1 corrections applied")
    assert "asking again" in done.err
    assert [word for word, *_ in here.desk.said()] == ["confirmed"]


@pytest.mark.processes
def test_what_is_wrong_with_a_file_is_said_line_by_line(here: TruthDesk, tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    file.write_text("correlation_id,step,word\na,Paid,maybe\n")
    refused = run(here, "preview", file)
    assert (refused.code, f"{file}: line 2, word: 'maybe' is none; expected confirmed or absent" in refused.err) == (
        3,
        True,
    )


@pytest.mark.processes
def test_the_source_is_read_asked_again_and_compared(here: TruthDesk) -> None:
    here.missing("a")
    here.bank.charge("a", created_at="2025-11-20T12:01:00Z")
    read = run(here, "read", WORKFLOW, "a", PAYMENT)
    assert read.out == "confirmed as of 2025-11-20T12:01:00Z, asked at 2025-11-20T12:17:00Z\n"
    dry = run(here, "recheck", "--workflow", WORKFLOW, "--dry-run", group="cases")
    assert dry.err == "1 lookup would be made\n"
    assert run(here, "recheck", group="cases").err == "1 lookup under way\n"
    with here.desk.database.begin() as connection:
        put(connection, [Discrepancy("payments", Kind.OURS_ONLY, WORKFLOW, "a", PAYMENT, {}, {})], NOON)
    listed = run(here, "discrepancies", "--state", "open")
    assert "2025-11-20T12:00:00Z  payments  ours_only  a      PaymentReceived  open" in listed.out
    assert '"kind":"ours_only"' in run(here, "discrepancies", "--format", "jsonl").out
