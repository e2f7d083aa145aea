"""A proposed rule before it is text. Notes are lines of evidence that become comments; expressions are CEL."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DraftStep:
    """Durations in µs. `event` is the event's name, where a step can't be called so."""

    name: str
    event: str = ""
    after: tuple[str, ...] = ()
    within: int | None = None
    due: str = ""
    when: str = ""
    optional: bool = False
    fails_on: tuple[str, ...] = ()
    owner: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """`cancel`, `ends_on`, and `fails_on` of a step, are names of events. `left_out`: lines on what is in no step."""

    workflow: str
    noun: str
    start: str
    steps: tuple[DraftStep, ...]
    owner: str = ""
    grace: int = 0
    value: str = ""
    unit: str = ""
    customer: str = ""
    cancel: tuple[str, ...] = ()
    ends_on: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # by key of the workflow
    left_out: tuple[str, ...] = ()
