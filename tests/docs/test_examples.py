"""Every example of every page under docs/ does what the page says: see `tests.docs.pages` for how they are marked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from noshow.event_file import opened, read_events
from rules.story.run import Outcome, play
from rules.story.story import Suite
from rules.story.text import difference_lines, place, title
from store.clickhouse import ClickHouse
from store.events import write_columns
from store.settings import load
from tests.docs.pages import Fault, blocks, examples, faults, loaded, name, pages, printed, told


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where examples lie side by side, each in the current directory in its turn."""
    with monkeypatch.context() as context:
        context.chdir(tmp_path)
        yield tmp_path


@pytest.mark.parametrize("page", pages("rule", "story"), ids=name)
def test_the_rules_are_clean_and_the_stories_hold(page: Path, folder: Path, stage: ClickHouse) -> None:
    suites: list[Suite] = []
    for example in examples(page):
        found = loaded(example.rules, folder, in_place=True)
        assert printed(found) == "", f"{example.rules[0]}: the linter has something to say"
        suites += (told(story, found.workflows) for story in example.stories)
        _clear(folder)
    assert failures(suites, stage) == []


@pytest.mark.parametrize("page", pages("bad"), ids=name)
def test_what_is_wrong_is_told_as_the_page_tells_it(page: Path, folder: Path, stage: ClickHouse) -> None:
    for fault in faults(page):
        found = loaded(fault.rules, folder)
        assert printed(found, _retention(fault, folder), _store(fault, folder, stage)) == fault.printed.text
        _clear(folder)


def _retention(fault: Fault, folder: Path) -> int | None:
    (folder / "noshow.yaml").write_text(fault.settings)
    return load({}, folder / "noshow.yaml").evaluator.retention


def _store(fault: Fault, folder: Path, stage: ClickHouse) -> ClickHouse | None:
    if not fault.events:
        return None
    stage.command("TRUNCATE TABLE events")
    file = folder / "events.ndjson"
    file.write_text(fault.events)
    with opened(file) as lines:
        for batch in read_events(lines, file):
            assert batch.rejected == []
            write_columns(stage, batch.events)
    return stage


@pytest.mark.parametrize("page", pages(), ids=name)
def test_no_example_is_overlooked(page: Path) -> None:
    """Such as one that is indented, or misspelt behind the fence."""
    kinds = [block.kind for block in blocks(page) if block.info[:1] in (("yaml",), ("json",)) and len(block.info) > 1]
    assert set(kinds) <= {"rule", "story", "bad", "settings", "events"}
    assert len(kinds) == len(re.findall(r"^\s*```+ *(?:yaml|json) +\S", page.read_text(), re.MULTILINE))


def _clear(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def failures(suites: list[Suite], clickhouse: ClickHouse) -> list[str]:
    if not suites:
        return []
    played = zip(suites, play(clickhouse, suites), strict=True)
    return [line for told, outcomes in played for each in outcomes for line in _failure(told, each)]


def _failure(told: Suite, outcome: Outcome) -> Iterator[str]:
    if outcome.differences:
        yield f"{place(told.file, outcome)}: {title(outcome)}"
        yield from difference_lines(outcome)
        yield from outcome.reasons
