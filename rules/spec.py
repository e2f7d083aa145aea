"""A workflow rule as the evaluator sees it: parsed, checked, with every default filled in. Times are microseconds."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rules.expression import START, Expression, steps_named


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Late(StrEnum):
    """What a step that came late does to its case."""

    NOTE = "note"  # the case is recorded and closes itself as `arrived_late`
    CASE = "case"  # the case stays open until somebody acknowledges it


@dataclass(frozen=True, slots=True)
class Match:
    """Events of this name for which `where` (over the event at hand) is true; `None` is always true."""

    name: str
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Matcher:
    """Any of these."""

    alternatives: tuple[Match, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(match.name for match in self.alternatives))


@dataclass(frozen=True, slots=True)
class AtRisk:
    value: Expression
    unit: Expression | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `owner` and `severity` are the step's own or else the workflow's.

    `after` names steps or `START` and is never empty unless `after_any` is given; the two exclude each other.
    A step's `where` has been folded into its matcher.
    """

    name: str
    matcher: Matcher
    after: tuple[str, ...] = (START,)
    after_any: tuple[str, ...] = ()
    within: int | None = None
    due: Expression | None = None
    when: Expression | None = None
    optional: bool = False
    late: Late = Late.NOTE
    owner: str = ""
    severity: Severity = Severity.WARNING
    description: str = ""
    runbook: str = ""

    @property
    def predecessors(self) -> tuple[str, ...]:
        """What `after` or `after_any` names, `START` included."""
        return self.after_any or self.after


@dataclass(frozen=True)
class Workflow:
    """One rule file. `steps` are in the order of the file; `in_graph_order` has causes before effects."""

    name: str
    start: Matcher
    steps: tuple[Step, ...]
    description: str = ""
    noun: str = "instance"
    owner: str = ""
    severity: Severity = Severity.WARNING
    labels: Mapping[str, str] = field(default_factory=dict)
    grace: int = 0
    skew: int = 0
    within: int | None = None
    cancel: Matcher | None = None
    ends_on: Matcher | None = None
    at_risk: AtRisk | None = None
    customer: Expression | None = None
    version: int = 1

    @cached_property
    def content_hash(self) -> str:
        """Sixteen hex digits that change whenever anything in the rule that is not layout or comment does."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    @property
    def event_names(self) -> frozenset[str]:
        """Every event name that the rule looks for."""
        ends = [matcher for matcher in (self.cancel, self.ends_on) if matcher is not None]
        matchers = [self.start, *ends, *(step.matcher for step in self.steps)]
        return frozenset(name for matcher in matchers for name in matcher.names)

    def step(self, name: str) -> Step:
        return self._by_name[name]

    def in_graph_order(self) -> tuple[Step, ...]:
        """Steps so that each comes behind all that it depends on; ties in the order of the file."""
        return self._graph_order

    @cached_property
    def _graph_order(self) -> tuple[Step, ...]:
        order: list[Step] = []
        placed: set[str] = {START}
        rest = list(self.steps)
        while rest:
            step = next(step for step in rest if placed.issuperset(depends_on(step)))
            rest.remove(step)
            placed.add(step.name)
            order.append(step)
        return tuple(order)

    @cached_property
    def _by_name(self) -> Mapping[str, Step]:
        return {step.name: step for step in self.steps}


def depends_on(step: Step) -> tuple[str, ...]:
    """Every step (or `START`) that a step's state reads: what `after`, `after_any`, `when` and `due` mention."""
    expressions = [expression for expression in (step.when, step.due) if expression is not None]
    named = [name for expression in expressions for name in steps_named(expression)]
    return tuple(dict.fromkeys([*step.predecessors, *named]))
