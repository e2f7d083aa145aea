"""Each file in `bad/` has one defect; beside it stands what people are shown, to the column."""

import re
from pathlib import Path

import pytest

from rules.diagnostic import Check
from rules.parse.rule import parse
from tests.rules.rewrite_bad import BAD, rendered

FILES = sorted(BAD.glob("*.yaml"))

# What no rule file's text alone can bring about: see test_lint.py.
ELSEWHERE = {Check.UNREADABLE, Check.DUPLICATE_WORKFLOW, Check.VERSION}

# What is no error at all: see tests/rules/advice.
ADVICE = {
    *(Check.NO_OWNER, Check.MIXED_AFTER, Check.OUT_OF_REACH, Check.NEVER_COUNTS, Check.HOLD_LAPSES),
    *(Check.WARNS_AT_ONCE, Check.NO_EFFECT, Check.START_AGAIN, Check.HASTY_ORPHANS, Check.BEYOND_RETENTION),
    *(Check.SAME_EVENT, Check.TWO_ROLES, Check.UNSURE_COUNT, Check.UNKNOWN_EVENT, Check.UNKNOWN_ATTRIBUTE),
}


def test_there_are_bad_files_and_nothing_else_in_their_folder() -> None:
    assert len(FILES) > 180
    assert {path.stem for path in BAD.iterdir()} == {path.stem for path in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_bad_file(file: Path) -> None:
    assert rendered(file) == file.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_one_defect_is_reported_once_and_names_its_place(file: Path) -> None:
    parsed = parse(file.read_text(encoding="utf-8"), file.name)
    assert len(parsed.diagnostics) == 1
    assert re.match(rf"{re.escape(file.name)}:\d+:\d+: ", str(parsed.diagnostics[0]))


def test_every_check_has_a_bad_file() -> None:
    found = {diagnostic.check for file in FILES for diagnostic in parse(file.read_text("utf-8"), file.name).diagnostics}
    assert found | ELSEWHERE == set(Check) - ADVICE
