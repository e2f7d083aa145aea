"""`noshow rules lint`, and the loading of rules for every other command."""

from pathlib import Path

import click

from noshow.errors import InvalidRules, WrongUsage
from rules.diagnostic import Level, render
from rules.lint import load
from rules.live import LiveRules
from rules.spec import Workflow


def run(path: Path) -> None:
    """List every problem; raises InvalidRules if one is an error."""
    workflows = valid(path)
    steps = sum(len(workflow.steps) for workflow in workflows)
    click.echo(f"{_count(len(workflows), 'workflow')}, {_count(steps, 'step')}: no errors")


def valid(path: Path) -> tuple[Workflow, ...]:
    """The workflows of a file or directory. What is wrong goes to standard error; raises InvalidRules on an error."""
    loaded = load(path)
    for diagnostic in loaded.diagnostics:
        click.echo(render(diagnostic, loaded.sources.get(diagnostic.file, [])), err=True)
    errors = sum(diagnostic.severity is Level.ERROR for diagnostic in loaded.diagnostics)
    if errors:
        raise InvalidRules(f"{_count(errors, 'error')} in {path}")
    return loaded.workflows


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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
