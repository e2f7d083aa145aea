"""Every check of the linter has a page of its own, with a rule that it finds fault with and one that is right."""

import re
from pathlib import Path

import pytest

from rules.diagnostic import Check
from tests.docs.pages import DOCS, examples, faults

LINT = DOCS / "lint"

# What a page can't show: files that are not there, and bytes that are no text.
UNSHOWN = {Check.UNREADABLE, Check.ENCODING}

ROW = re.compile(r"^\| \[`([a-z-]+)`\]\(\1\.md\) \| (error|warning) \| \S.* \|$", re.MULTILINE)
LISTED = dict(ROW.findall((LINT / "README.md").read_text()))


def page(check: Check) -> Path:
    return LINT / f"{check}.md"


def test_every_check_is_listed_and_has_a_page_and_nothing_else_has() -> None:
    assert list(LISTED) == [*Check]
    assert {file.stem for file in LINT.iterdir()} == {*Check, "README"}


@pytest.mark.parametrize("check", Check)
def test_the_page_is_called_as_its_check_and_begins_with_the_level_that_is_listed(check: Check) -> None:
    assert page(check).read_text().startswith(f"# Check: `{check}`\n\n*{LISTED[check].capitalize()}")


@pytest.mark.parametrize("check", [check for check in Check if check not in UNSHOWN])
def test_the_page_has_a_rule_with_this_fault_alone_and_one_without(check: Check) -> None:
    [fault] = faults(page(check))
    told = re.findall(r"^\S+:\d+:\d+: (warning: )?.* \[([a-z-]+)\]$", fault.printed.text, re.MULTILINE)
    assert {name for _, name in told} == {check}
    assert ("warning" if all(warning for warning, _ in told) else "error") == LISTED[check]
    assert examples(page(check))
