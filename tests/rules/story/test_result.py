"""What came of files of stories, some of which are not as they should be."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from rules.story.result import Result, results
from rules.story.run import Outcome, play
from rules.story.story import Suite
from store.clickhouse import ClickHouse

RULE = "workflow: orders\nstart: OrderPlaced\nsteps: {PaymentReceived: {within: 15m}}\n"
HELD = "tests:\n  - {name: unpaid, events: [+0m OrderPlaced], at: +1h, expect: {findings: [PaymentReceived missing]}}\n"
FAILED = HELD.replace("[PaymentReceived missing]", "[]") + HELD.partition("\n")[2].replace("unpaid", "again")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "orders.yaml").write_text(RULE)
    return tmp_path


def put(place: Path, **stories: str) -> list[Path]:
    """Files of stories, all about the one rule."""
    files = [place / f"{name}.test.yml" for name in stories]
    for file, text in zip(files, stories.values(), strict=True):
        file.write_text(f"rules: orders.yaml\n{text}")
    return files


def test_what_holds_needs_no_words(clickhouse: ClickHouse, place: Path) -> None:
    [file] = put(place, held=HELD)
    assert list(results([file], partial(play, clickhouse))) == [Result(str(file), "orders", 1, 1, 0, "")]


def test_what_fails_is_told_as_on_the_command_line(clickhouse: ClickHouse, place: Path) -> None:
    [file] = put(place, failed=FAILED)
    [result] = results([file], partial(play, clickhouse))
    assert (result.stories, result.checks, result.failed) == (2, 2, 1)
    assert result.told.startswith(f"{file}:3:")
    assert ": unpaid, at +1h (- expected, + got)\n    + findings: PaymentReceived missing  (not" in result.told
    assert "\n  PaymentReceived is missing:\n" in result.told


def test_a_file_with_errors_keeps_no_other_from_being_played(clickhouse: ClickHouse, place: Path) -> None:
    files = put(place, broken=HELD.replace("expect:", "expects:"), held=HELD)
    broken, held = results(files, partial(play, clickhouse))
    assert (broken.workflow, broken.failed) == ("", None)
    assert broken.told.startswith(f"{files[0]}:3:")
    assert '"expects"' in broken.told
    assert held.failed == 0


def test_stories_of_a_rule_with_errors_say_so(place: Path) -> None:
    def never(suites: Sequence[Suite]) -> list[list[Outcome]]:
        raise AssertionError("there is nothing to play")

    files = put(place, held=HELD)
    (place / "orders.yaml").write_text(f"{RULE}colour: red\n")
    [result] = results(files, never)
    assert result.failed is None
    assert "the rules that these stories are about have errors" in result.told
