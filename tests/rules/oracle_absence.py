"""The oracle's reading of what is held: as of when the absence of an event is believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.expression import steps_named
from rules.held import ANY_NAME, Holding
from rules.spec import Matcher, Step, Workflow


@dataclass(frozen=True)
class Known:
    """Absence is believed as of `as_of`; judged is at `now`. `ends` are when the holds end that make a difference."""

    as_of: int
    now: int
    ends: tuple[int, ...] = ()

    def next_look(self, limit: int) -> int | None:
        """When time alone can next tell that the limit has passed; `None` when that is known, or was before."""
        if self.now <= limit:
            return limit + 1
        return min(self.ends) if self.as_of <= limit else None


class Absence:
    """At `as_of`, of what a workflow asks for."""

    def __init__(self, workflow: Workflow, as_of: int, holding: Holding) -> None:
        self.workflow = workflow
        self.as_of = as_of
        self.holding = holding

    def of(self, names: Sequence[str]) -> Known:
        held = [it for name, it in self.holding.items() if name in names or name == ANY_NAME]
        first = min([self.as_of, *(it.since for it in held)])
        return Known(first, self.as_of, tuple(it.until for it in held if it.since == first))

    def of_matchers(self, *matchers: Matcher | None) -> Known:
        return self.of([name for matcher in matchers if matcher for name in matcher.names])

    def of_step(self, step: Step) -> Known:
        """What could fulfil it or fail it, say how often it is needed, or end the instance."""
        ends = [self.workflow.cancel, self.workflow.ends_on, step.fails_on]
        return self.of([*self.fulfilling(step), *(name for it in ends if it for name in it.names)])

    def of_group(self, names: Sequence[str]) -> Known:
        """Of steps of which one is enough."""
        return self.of([name for it in names for name in self.fulfilling(self.step(it))])

    def fulfilling(self, step: Step) -> Iterator[str]:
        yield from step.matcher.names
        for name in steps_named(step.times) if step.times else ():
            yield from self.fulfilling(self.step(name))

    def step(self, name: str) -> Step:
        return next(it for it in self.workflow.steps if it.name == name)
