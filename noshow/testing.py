"""`noshow rules test`: the stories beside the rules, played on the engine in this process's own memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from noshow import junit
from noshow.errors import InvalidRules, WrongUsage
from rules.diagnostic import printable, render
from rules.lint import load
from rules.story.coverage import never_seen
from rules.story.file import load_stories, story_files
from rules.story.run import Outcome, play
from rules.story.story import Suite
from rules.story.text import failure
from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse

_COLOURS = {"    - ": "green", "    + ": "red"}


@dataclass(frozen=True, slots=True)
class Output:
    """`only`: part of the names of the stories to play; `verbose`: a line for each story."""

    only: str = ""
    verbose: bool = False
    coverage: bool = False
    junit: Path | None = None


def run(paths: Sequence[Path], output: Output) -> bool:
    """Play the stories; true if all they expect holds. Raises InvalidRules, WrongUsage, or StoreError."""
    told = _valid(paths)
    suites = _chosen(told, output.only)
    outcomes = played(suites)
    for suite, each in zip(suites, outcomes, strict=True):
        _tell(suite, each, output)
    if output.coverage:
        _tell_untold(paths, told)
    if output.junit is not None:
        junit.write(output.junit, suites, outcomes)
    return _summarise(suites, outcomes)


def _valid(paths: Sequence[Path]) -> tuple[Suite, ...]:
    files = list(dict.fromkeys(file for path in paths for file in story_files(path)))
    named = ", ".join(map(str, paths))
    if not files:
        raise WrongUsage(f"{named}: there are no stories (*.test.yml, *.test.yaml)")
    told = load_stories(files)
    for diagnostic in told.diagnostics:
        click.echo(render(diagnostic, told.sources.get(diagnostic.file, [])), err=True)
    if told.errors:
        raise InvalidRules(f"{_count(told.errors, 'error')} in {named}")
    return told.suites


def _chosen(suites: Sequence[Suite], only: str) -> list[Suite]:
    """The suites with the stories whose name has `only` in it, in whatever case."""
    wanted = only.casefold()
    kept = (
        replace(suite, stories=tuple(story for story in suite.stories if wanted in story.name.casefold()))
        for suite in suites
    )
    chosen = [suite for suite in kept if suite.stories]
    if not chosen:
        raise WrongUsage(f"no story has {only!r} in its name")
    return chosen


def played(suites: Sequence[Suite]) -> list[list[Outcome]]:
    """Their outcomes. The engine of this process must not be in use. Raises StoreError."""
    clickhouse = ClickHouse.embedded(None)
    try:
        migrate_clickhouse(clickhouse)
        return play(clickhouse, suites)
    finally:
        clickhouse.close()


def _tell(suite: Suite, outcomes: Sequence[Outcome], output: Output) -> None:
    failed = sum(bool(outcome.differences) for outcome in outcomes)
    verdict = click.style(f"{failed} failed", fg="red") if failed else click.style("ok", fg="green")
    click.echo(f"{printable(suite.file)}: {_told(len(suite.stories), suite.checks)}: {verdict}")
    if output.verbose:
        for story in suite.stories:
            bad = any(outcome.differences for outcome in outcomes if outcome.story is story)
            word = click.style("failed", fg="red") if bad else click.style("ok", fg="green")
            click.echo(f"  {printable(story.name)}: {word}")
    for outcome in outcomes:
        if outcome.differences:
            _tell_failure(suite, outcome)
    if output.coverage:
        _tell_coverage(suite, outcomes)


def _tell_failure(suite: Suite, outcome: Outcome) -> None:
    click.echo()
    for line in failure(suite.file, outcome):
        colour = _COLOURS.get(line[:6])
        click.echo(click.style(line, fg=colour) if colour else line)


def _tell_coverage(suite: Suite, outcomes: Sequence[Outcome]) -> None:
    for rule in suite.rules:
        workflow = rule.workflow
        version = f" version {workflow.version}" if len(suite.rules) > 1 else ""
        judged = [it for it in outcomes if it.rule is not None and it.rule.workflow is workflow]
        unseen = [f"{step or f'the {workflow.noun}'} {word}" for step, word in never_seen(workflow, judged)]
        click.echo(f"  {workflow.name}{version}, never seen: {', '.join(unseen) or 'nothing, all was'}")


def _tell_untold(paths: Sequence[Path], suites: Sequence[Suite]) -> None:
    """The workflows that no story is about."""
    known = {workflow.name for path in paths if path.is_dir() for workflow in load(path).workflows}
    untold = sorted(known - {suite.workflow for suite in suites})
    if untold:
        click.echo(f"no story is about: {', '.join(untold)}")


def _summarise(suites: Sequence[Suite], outcomes: Sequence[Sequence[Outcome]]) -> bool:
    failed = sum(bool(outcome.differences) for each in outcomes for outcome in each)
    told = _told(sum(len(suite.stories) for suite in suites), sum(map(len, outcomes)))
    verb = "does" if failed == 1 else "do"
    click.echo(f"{told}: {f'{failed} {verb} not hold' if failed else 'all hold'}")
    return failed == 0


def _told(stories: int, checks: int) -> str:
    return f"{stories} {'story' if stories == 1 else 'stories'}, {_count(checks, 'check')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
