"""Short ways to write a workflow and its events, and to ask the oracle about them.

Times are small numbers: microseconds from an origin of no importance.
"""

from typing import Any

from rules.expression import Attribute
from rules.spec import Match, Matcher, Step, Workflow
from rules.verdict import Kind, StepState, Verdict
from store.event import Event
from tests.rules.oracle import judge

LATER = 1_000


def on(*names: str) -> Matcher:
    return Matcher(tuple(Match(name) for name in names))


def step(name: str, **keys: Any) -> Step:
    return Step(name, **{"matcher": on(name), **keys})


def flow(*steps: Step, **keys: Any) -> Workflow:
    return Workflow("flow", **{"start": on("Placed"), "steps": steps, **keys})


def event(name: str, time: int, attributes: str = "{}", id: str = "", source: str = "s") -> Event:
    return Event(id or f"{name}-{time}", "c", name, time, source, attributes)


def lived(**times: int) -> list[Event]:
    """Events of these names at these times, after a start at 0."""
    return [event("Placed", 0), *(event(name, time) for name, time in times.items())]


def verdict(workflow: Workflow, events: list[Event], as_of: int = LATER) -> Verdict:
    found = judge(workflow, events, as_of)
    assert isinstance(found, Verdict)
    return found


def states(workflow: Workflow, events: list[Event], as_of: int = LATER) -> list[StepState]:
    return [step.state for step in verdict(workflow, events, as_of).steps]


def dues(workflow: Workflow, events: list[Event], as_of: int = LATER) -> list[int | None]:
    return [step.due for step in verdict(workflow, events, as_of).steps]


def findings(workflow: Workflow, events: list[Event], as_of: int = LATER) -> list[tuple[str, Kind, int]]:
    return [(found.step, found.kind, found.since) for found in verdict(workflow, events, as_of).findings]


def flag(step: str) -> Attribute:
    return Attribute(step, ("flag",))
