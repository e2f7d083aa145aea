"""`noshow rules lint`, and the loading of rules for every other command."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from noshow.errors import InvalidRules, WrongUsage
from rules.advice.checks import advise, rules_in
from rules.advice.stored_attributes import unknown_attributes
from rules.advice.stored_events import stored_names, unknown_events
from rules.diagnostic import Check, Diagnostic, Level, render
from rules.lint import Loaded, load
from rules.live.live import LiveRules
from rules.spec import Workflow
from store.clickhouse import ClickHouse


@dataclass(frozen=True, slots=True)
class Taste:
    """What becomes of warnings: those of the checks in `ignored` are left out, and with `strict` none is taken."""

    strict: bool = False
    ignored: frozenset[Check] = frozenset()


def run(path: Path, retention: int | None, clickhouse: ClickHouse | None, taste: Taste) -> None:
    """List every problem, and what could be better; raises InvalidRules if one is an error, or a warning too many.

    `retention`: µs for which instances are judged. With a store, the rules are held against the events in it, too.
    """
    loaded = load(path)
    everything = problems(loaded, retention, clickhouse)
    found = [each for each in everything if each.severity is Level.ERROR or each.check not in taste.ignored]
    _show(loaded, found)
    _refuse_errors(loaded, path)
    warnings = len(found)
    if warnings and taste.strict:
        raise InvalidRules(f"{_count(warnings, 'warning')} in {path}, and --strict takes none")
    steps = sum(len(workflow.steps) for workflow in loaded.workflows)
    told = f", {_count(warnings, 'warning')}" if warnings else ""
    click.echo(f"{_workflows(loaded.workflows)}, {_count(steps, 'step')}: no errors{told}")


def problems(loaded: Loaded, retention: int | None, clickhouse: ClickHouse | None) -> list[Diagnostic]:
    """What is wrong with the files, and what could be better; arguments as of `run`. Raises StoreUnavailable."""
    found = [*loaded.diagnostics, *(advice for rule in rules_in(loaded) for advice in advise(rule, retention))]
    return sorted([*found, *(_held_against(loaded, clickhouse) if clickhouse is not None else ())])


def _held_against(loaded: Loaded, clickhouse: ClickHouse) -> Iterator[Diagnostic]:
    names = stored_names(clickhouse)
    if not names:
        click.echo("no events are stored, so the rules are held against none", err=True)
        return
    rules = rules_in(loaded)
    newest = {rule.workflow.name: rule for rule in sorted(rules, key=lambda rule: rule.workflow.version)}
    for rule in rules:
        yield from unknown_events(rule, names)
        if rule is newest[rule.workflow.name]:  # an older version is for older events than those that are sampled
            yield from unknown_attributes(rule, clickhouse)


def valid(path: Path) -> tuple[Workflow, ...]:
    """The workflows of a file or directory. What is wrong goes to standard error; raises InvalidRules on an error."""
    loaded = load(path)
    _show(loaded, loaded.diagnostics)
    _refuse_errors(loaded, path)
    return loaded.workflows


def _show(loaded: Loaded, diagnostics: Sequence[Diagnostic]) -> None:
    for diagnostic in sorted(diagnostics):
        click.echo(render(diagnostic, loaded.sources.get(diagnostic.file, [])), err=True)


def _refuse_errors(loaded: Loaded, path: Path) -> None:
    errors = sum(diagnostic.severity is Level.ERROR for diagnostic in loaded.diagnostics)
    if errors:
        raise InvalidRules(f"{_count(errors, 'error')} in {path}")


def live(path: Path, now: int) -> LiveRules:
    """The rules of a file or directory, to be followed from `now` (µs UTC) on; raises InvalidRules on an error.

    What is wrong later is refused while the rest goes on, but a process does not begin with half of its rules.
    """
    rules = LiveRules(path, now)
    diagnostics = [diagnostic for refused in rules.book.refused.values() for diagnostic in refused.diagnostics]
    if diagnostics:
        click.echo(rules.shown(diagnostics), err=True)
        errors = sum(diagnostic.severity is Level.ERROR for diagnostic in diagnostics)
        raise InvalidRules(f"{_count(errors, 'error')} in {path}")
    return rules


def some(path: Path) -> tuple[Workflow, ...]:
    """As `valid`; raises WrongUsage where there is no workflow at all."""
    workflows = valid(path)
    if not workflows:
        raise WrongUsage(f"{path}: there is no rule file in it")
    return workflows


def _workflows(workflows: Sequence[Workflow]) -> str:
    told = _count(len({workflow.name for workflow in workflows}), "workflow")
    return told if told == _count(len(workflows), "workflow") else f"{told} in {len(workflows)} versions"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
