"""A workflow rule as the evaluator sees it: parsed, checked, with every default filled in. Times are microseconds."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rules.expression import START, Expression, steps_named
from rules.spec_truth import Action, Truth

UNNAMED = "instance"  # what an instance is called whose rule has no `noun`


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Late(StrEnum):
    """What a step that came late does to its case."""

    NOTE = "note"  # the case is recorded and closes itself as `arrived_late`
    CASE = "case"  # the case stays open until somebody acknowledges it


class Orphans(StrEnum):
    """What becomes of step events under a correlation ID that opened no instance of any workflow."""

    IGNORE = "ignore"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the way from what a deadline is counted from to the deadline: 80 for `80%`."""

    percent: int


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
    """One step. `owner`, `severity` and `escalate_after` are its own or else the workflow's.

    `after` names steps or `START` and is never empty unless `after_any` is given; the two exclude each other.
    A step's `where` has been folded into its matcher. `warn` is a share of the way or µs before the deadline.
    `times` is 1 where it is `None`. `match` reads the step's last event (`Attribute.step` is `None`) and other steps.
    A step with `at_most: 0` is optional. `undone_by` and `undo_within` are given together or not at all.
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
    warn: Share | int | None = None
    times: Expression | None = None
    at_most: int | None = None
    match: Expression | None = None
    fails_on: Matcher | None = None
    undone_by: Matcher | None = None
    undo_within: int | None = None
    leave_behind: bool = False
    expires: int | None = None
    needs: tuple[str, ...] = ()
    escalate_after: int | None = None
    truth: Truth | None = None
    actions: tuple[Action, ...] = ()

    @property
    def predecessors(self) -> tuple[str, ...]:
        """What `after` or `after_any` names, `START` included."""
        return self.after_any or self.after

    @property
    def counts(self) -> bool:
        """Whether it says `times`: then what is shown of it has a count."""
        return self.times is not None


@dataclass(frozen=True)
class Workflow:
    """One rule file. `steps` are in the order of the file; `in_graph_order` has causes before effects."""

    name: str
    start: Matcher
    steps: tuple[Step, ...]
    description: str = ""
    noun: str = UNNAMED
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
    effective_from: int | None = None
    orphans: Orphans = Orphans.IGNORE
    escalate_after: int | None = None

    @cached_property
    def content_hash(self) -> str:
        """Sixteen hex digits that change whenever anything in the rule that is not layout or comment does."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    @property
    def event_names(self) -> frozenset[str]:
        """Every event name that the rule looks for."""
        of_steps = [matcher for it in self.steps for matcher in (it.matcher, it.fails_on, it.undone_by)]
        matchers = [self.start, self.cancel, self.ends_on, *of_steps]
        return frozenset(name for matcher in matchers if matcher is not None for name in matcher.names)

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
    """Every step (or `START`) that a step's state reads: what its keys and the expressions in them mention."""
    expressions = (step.when, step.due, step.times, step.match)
    named = [name for expression in expressions if expression is not None for name in steps_named(expression)]
    return tuple(dict.fromkeys([*step.predecessors, *step.needs, *named]))
