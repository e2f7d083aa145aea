"""What came of a file of stories, for whoever keeps or shows it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.diagnostic import render
from rules.story.file import Told, load_stories
from rules.story.run import Outcome
from rules.story.story import Suite
from rules.story.text import failure

Play = Callable[[Sequence[Suite]], Sequence[Sequence[Outcome]]]
"""The outcomes of the checks of each suite."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of `checks`, those in `stories`, so many have `failed`: `None` where the file or its rules have errors, so that
    nothing was played. `workflow` is '' then. `told`: what does not hold and why, or the errors; '' if all holds."""

    file: str
    workflow: str
    stories: int
    checks: int
    failed: int | None
    told: str


def results(files: Sequence[Path], play: Play) -> Iterator[Result]:
    """Of each file, whatever is wrong with others. Raises what `play` raises."""
    loaded = load_stories(files)
    played = zip(loaded.suites, play(loaded.suites) if loaded.suites else (), strict=True)
    of_file = {suite.file: _of(suite, outcomes) for suite, outcomes in played}
    return (of_file.get(str(file)) or _invalid(str(file), loaded) for file in files)


def _of(suite: Suite, outcomes: Sequence[Outcome]) -> Result:
    bad = [outcome for outcome in outcomes if outcome.differences]
    told = "\n\n".join("\n".join(failure(suite.file, outcome)) for outcome in bad)
    return Result(suite.file, suite.workflow, len(suite.stories), len(outcomes), len(bad), told)


def _invalid(file: str, loaded: Told) -> Result:
    lines = loaded.sources.get(file, [])
    told = "\n".join(render(it, lines) for it in loaded.diagnostics if it.file == file)
    return Result(file, "", 0, 0, None, told)
