"""Stories that people tell to test their rules: events, an instant, and what must hold then. Instants: µs UTC."""

from dataclasses import dataclass

from rules.expression import Position
from rules.ruleset import Rule
from rules.verdict import WHOLE, Kind
from store.event import Event

OWN = ""
"""The correlation ID of a story's events that name no other."""

NONE = "none"
"""Stands for the state where there is no instance."""

OUTDATED = "outdated"
"""Stands for the state of an instance that is older than every version of its workflow."""

INSTANTS = frozenset({"start", "ended", "at", "due", "warned"})
"""The last part of a path under which an instant is found."""

Path = tuple[str, ...]
Value = str | float | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Want:
    """One thing that must be so. `path` says what: `("state",)`, or `("steps", "ItemShipped", "due")`."""

    path: Path
    value: Value
    at: Position


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding that must be there; `since` is `None` where any instant will do."""

    step: str
    kind: Kind
    since: int | None

    def __str__(self) -> str:
        return self.kind.value if self.step == WHOLE else f"{self.step} {self.kind.value}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must hold of one correlation ID of the story at `as_of`.

    `flags` are all findings that it may have then, `None` where it does not say; `flags_at` is where they stand.
    """

    at: Position
    as_of: int
    correlation: str
    wants: tuple[Want, ...]
    flags: tuple[Flag, ...] | None
    flags_at: Position


@dataclass(frozen=True, slots=True)
class Story:
    """`events` have `OWN`, or a short name that only the story knows, for their correlation ID. `t0`: what times are
    counted from."""

    name: str
    at: Position
    t0: int
    events: tuple[Event, ...]
    checks: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of stories. `rules` are all versions of the workflow that they are about, and what each answers for."""

    file: str
    rules: tuple[Rule, ...]
    stories: tuple[Story, ...]

    @property
    def workflow(self) -> str:
        return self.rules[0].workflow.name

    @property
    def checks(self) -> int:
        return sum(len(story.checks) for story in self.stories)
