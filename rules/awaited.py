"""Of whose absence what is concluded of a step, and so what waits while some event names are silent: `rules.held`."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from rules.expression import steps_named
from rules.held import ANY_NAME
from rules.spec import Matcher, Step, Workflow


@dataclass(frozen=True, slots=True)
class Waiting:
    """These steps of a workflow are not judged to be missing, or not undone, while something is silent."""

    workflow: Workflow
    steps: tuple[Step, ...]


def waiting(workflows: Iterable[Workflow], silent: Collection[str]) -> list[Waiting]:
    """What waits for events of these names, or of any (`ANY_NAME`); of each workflow its newest version counts."""
    newest: dict[str, Workflow] = {}
    for it in sorted(workflows, key=lambda it: (it.name, it.version)):
        newest[it.name] = it
    found = (Waiting(it, tuple(step for step in it.steps if _waits(it, step, silent))) for it in newest.values())
    return [it for it in found if it.steps]


def of_step(workflow: Workflow, step: Step) -> Iterator[str]:
    """The names without which it is missing."""
    yield from fulfilling(workflow, step)
    yield from names_of(workflow.cancel, workflow.ends_on, step.fails_on)


def fulfilling(workflow: Workflow, step: Step) -> Iterator[str]:
    """The names that fulfil it, or give the number that it takes."""
    yield from step.matcher.names
    for name in steps_named(step.times) if step.times else ():
        yield from fulfilling(workflow, workflow.step(name))


def names_of(*matchers: Matcher | None) -> Iterator[str]:
    return (name for matcher in matchers if matcher is not None for name in matcher.names)


def _waits(workflow: Workflow, step: Step, silent: Collection[str]) -> bool:
    is_owed = not step.optional and (step.within, step.due, workflow.within) != (None, None, None)
    asked = {*(of_step(workflow, step) if is_owed else ()), *names_of(step.undone_by)}
    return any(ANY_NAME in silent or name in silent for name in asked)
