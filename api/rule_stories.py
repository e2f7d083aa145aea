"""What came of the stories beside the rules, as the evaluator tells of it. Times are µs UTC."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from store.tables import rule_stories


@dataclass(frozen=True, slots=True)
class StoryFile:
    """Of its `checks`, those in its `stories`, so many have `failed`: `None` where the file or its rules have errors,
    so that nothing was played. `workflow` is '' then. `told`: what does not hold and why, or the errors."""

    file: str
    workflow: str
    stories: int
    checks: int
    failed: int | None
    told: str
    played_at: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Of all stories about a workflow."""

    stories: int
    checks: int
    failed: int


def of_all(connection: Connection) -> list[StoryFile]:
    """In order of the files."""
    columns = [rule_stories.c[name] for name in StoryFile.__dataclass_fields__]
    return [StoryFile(*row) for row in connection.execute(select(*columns).order_by(rule_stories.c.file))]


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
