"""What came of the stories beside the rules, as the evaluator tells of it. Times are µs UTC."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from rules.story.result import Result
from store.tables import rule_stories


@dataclass(frozen=True, slots=True)
class StoryFile(Result):
    """What came of a file, and when."""

    played_at: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Of all stories about a workflow."""

    stories: int
    checks: int
    failed: int


def of_all(connection: Connection) -> list[StoryFile]:
    """In order of the files."""
    return _found(connection)


def of_workflow(connection: Connection, workflow: str) -> list[StoryFile]:
    """Of what was played."""
    return _found(connection, rule_stories.c.workflow == workflow)


def _found(connection: Connection, *which: ColumnElement[bool]) -> list[StoryFile]:
    columns = [rule_stories.c[name] for name in StoryFile.__dataclass_fields__]
    return [StoryFile(*row) for row in connection.execute(select(*columns).where(*which).order_by(rule_stories.c.file))]


def tallies(files: Iterable[StoryFile]) -> Mapping[str, Tally]:
    """By workflow."""
    found: dict[str, Tally] = {}
    for it in files:
        if it.failed is not None:
            before = found.get(it.workflow, Tally(0, 0, 0))
            counts = (before.stories + it.stories, before.checks + it.checks, before.failed + it.failed)
            found[it.workflow] = Tally(*counts)
    return found


def unplayed(files: Iterable[StoryFile]) -> Sequence[StoryFile]:
    return [it for it in files if it.failed is None]
