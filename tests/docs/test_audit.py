"""docs/audit.md: the verifier that it shows works, and agrees with ours."""

import re
import subprocess
import sys

import msgspec
import pytest

from reconcile.audit.row import EMPTY, End, Head, Row
from reconcile.audit.verify import Kind
from tests.docs.pages import DOCS
from tests.reconcile.audit.trails import trail

PAGE = (DOCS / "audit.md").read_text()
[VERIFIER] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def verdict(rows: list[Row], *, head: Head | None = None, ended: bool = True) -> str:
    last = head or Head(rows[-1].seq, rows[-1].hash)
    lines = [msgspec.json.encode(it) for it in (*rows, *([End(last, last.seq, False)] if ended else []))]
    done = subprocess.run([sys.executable, "-c", VERIFIER], input=b"\n".join(lines), capture_output=True, check=False)
    assert (done.returncode == 0) == (done.stderr == b"")
    return done.stderr.decode().strip()


def test_a_whole_export() -> None:
    rows = trail(5)
    assert verdict(rows) == ""
    assert verdict([*rows[:2], msgspec.structs.replace(rows[2], **EMPTY), *rows[3:]]) == ""


@pytest.mark.parametrize("name", ["actor", "why", "at", "hash", "seal", "previous"])
def test_a_changed_row(name: str) -> None:
    rows = trail(5)
    rows[2] = msgspec.structs.replace(rows[2], **{name: "other"})
    assert verdict(rows) == "broken at row 3, behind row 2"


def test_removed_inserted_and_cut() -> None:
    rows = trail(5)
    assert verdict(rows[:2] + rows[3:]) == "broken at row 4, behind row 2"
    assert verdict(rows[:3] + rows[2:]) == "broken at row 3, behind row 3"
    assert verdict(rows[:4], head=Head(5, rows[4].hash)) == "the end is missing"
    assert verdict(rows, ended=False) == "the export ends without its last line"


def test_it_is_as_short_as_it_is_said_to_be() -> None:
    assert len([line for line in VERIFIER.splitlines() if line.strip()]) <= 16


def test_every_kind_of_fault_is_named() -> None:
    for kind in Kind:
        assert f"`{kind}`" in PAGE
