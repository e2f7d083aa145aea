"""What a piece of advice looks at: a rule that is valid, and where its parts stand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rules.diagnostic import Check, Diagnostic, Level
from rules.expression import Position
from rules.spec import Step, Workflow

_TOP = Position(1, 1)


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """`places` as in `Parsed`."""

    workflow: Workflow
    file: str
    places: Mapping[tuple[str, ...], Position]

    def of_step(self, step: Step, key: str, check: Check, message: str, hint: str = "") -> Diagnostic:
        """A warning at the value of a step's key, or at the step's name where it does not say the key."""
        at = self.places.get(("steps", step.name, key)) or self.places.get(("steps", step.name), _TOP)
        return self.at(at, check, message, hint)

    def of_workflow(self, key: str, check: Check, message: str, hint: str = "") -> Diagnostic:
        """A warning at the value of a key of the workflow."""
        return self.at(self.places.get((key,), _TOP), check, message, hint)

    def at(self, at: Position, check: Check, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(self.file, at.line, at.column, check, message, hint, Level.WARNING)


Advice = Callable[[WrittenRule], Iterator[Diagnostic]]
