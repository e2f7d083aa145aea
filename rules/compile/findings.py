"""What is wrong with a step of an instance, since when, and when that can next change without an event.

Read with rules-language.md §2 at hand, as `step`. The undoing of steps is judged when the states of all of them
are known: whether it is called for depends on every one.
"""

from collections.abc import Mapping, Sequence

from rules.compile.absence import Absence
from rules.compile.cells import Cells
from rules.compile.expression import attributes_of, is_true
from rules.compile.sql import FALSE, Column, Constant, Sql, Value, call
from rules.compile.step import InstanceCells, StepCells
from rules.compile.time import (
    LONG_AGO,
    NEVER,
    all_of,
    any_of,
    earliest,
    first_since,
    has_come,
    is_after,
    latest,
    opposite,
    plus,
    when,
)
from rules.expression import steps_named
from rules.spec import Share
from rules.verdict import Kind, StepState

Steps = Mapping[str, StepCells]


def called_off(instance: InstanceCells, steps: Sequence[StepCells]) -> Sql:
    """When a cancel, or the failure of a required step, called for what was done to be undone."""
    failures = (when(step.has_failed, step.occurrence.failed_at) for step in steps)
    return earliest(when(instance.cancelled, instance.over), *failures)


class StepFindings:
    """Lays the cells of the findings of one step. `since`: when each kind began to hold, `NEVER` where it does not."""

    def __init__(self, it: StepCells, steps: Steps, called_off: Sql, cells: Cells) -> None:
        self._it, self._step, self._instance, self._cells = it, it.step, it.instance, cells
        self._live = opposite(any_of(it.skipped, it.is_in(StepState.NOT_NEEDED)))
        self._undoing = it.instance.absences.of_undoing(it.step)
        self._gap = Absence(it.instance.as_of, it.gap_as_of, it.gap_until)
        self.undone = self._define("undone", self._undone())
        self._undo_ends = self._define("undo_ends", self._undo_deadline(called_off))
        self._warn_at = self._define("warn_at", self._warning())
        late = FALSE if it.due == NEVER else it.is_in(StepState.LATE)
        found = {
            Kind.MISSING: when(it.is_in(StepState.MISSING), plus(it.due, self._instance.grace)),
            Kind.LATE: when(late, it.at),
            Kind.FAILED: when(it.is_in(StepState.FAILED), it.occurrence.failed_at),
            Kind.DUPLICATE: self._duplicate(),
            Kind.OUT_OF_ORDER: self._out_of_order(),
            Kind.MISMATCH: self._mismatch(steps),
            Kind.AFTER_END: when(self._after_end(), it.at),
            Kind.NOT_UNDONE: self._undoing.lapsed(self._undo_ends),
        }
        self.since = {kind: self._define(kind, since) for kind, since in found.items() if since != NEVER}

    @property
    def not_undone(self) -> Sql:
        return self.since.get(Kind.NOT_UNDONE, NEVER)

    @property
    def warned(self) -> Sql:
        """Since when the warning holds, `NEVER` where it does not."""
        return when(call("greaterOrEquals", self._it.absence.as_of, self._warn_at), self._warn_at)

    @property
    def wakes(self) -> Sql:
        """The earliest later instant at which this step's state, findings or warning can change without an event."""
        it, grace = self._it, self._instance.grace
        warning = when(is_after(self._warn_at, self._instance.as_of), self._warn_at)
        missing = when(self._lapses, plus(it.due, grace + 1))
        if it.absence.until != NEVER:
            warning = earliest(warning, it.absence.held(plus(self._warn_at, -1)))
            missing = when(self._lapses, it.absence.ahead(plus(it.due, grace)))
        gap = when(self._opens, self._gap.ahead(plus(it.at, grace)))
        return earliest(missing, gap, self._undoing.ahead(self._undo_ends), warning)

    @property
    def held(self) -> Sequence[Sql]:
        """When the holds end without which something of this step would be found, or warned of."""
        it, grace = self._it, self._instance.grace
        warning = NEVER if self._warn_at == NEVER else it.absence.held(plus(self._warn_at, -1))
        missing = when(self._lapses, it.absence.held(plus(it.due, grace)))
        gap = when(self._opens, self._gap.held(plus(it.at, grace)))
        return [warning, missing, gap, self._undoing.held(self._undo_ends)]

    @property
    def _lapses(self) -> Sql:
        return all_of(self._it.is_in(StepState.PENDING), opposite(self._it.optional))

    @property
    def _opens(self) -> Sql:
        return all_of(self._live, self._it.came, self._it.gap)

    def _define(self, what: str, sql: Sql) -> Sql:
        return self._cells.define(f"{self._step.name}:{what}", sql)

    def _duplicate(self) -> Sql:
        if self._step.at_most is None:
            return NEVER
        return when(self._live, self._it.occurrence.of_number(self._step.at_most + 1))

    def _out_of_order(self) -> Sql:
        it, skew = self._it, self._instance.skew
        early = FALSE if it.last == LONG_AGO else call("less", it.at, plus(it.last, -skew))
        gap = when(it.gap, self._gap.lapsed(plus(it.at, self._instance.grace)))
        return when(all_of(it.came, self._live), earliest(when(early, it.at), gap))

    def _mismatch(self, steps: Steps) -> Sql:
        match, name = self._step.match, self._step.name
        if match is None:
            return NEVER
        at_hand = Column(f"{name}:latest_attributes")
        holds = self._define("matches", is_true(match, lambda step: at_hand if step is None else attributes_of(step)))
        last = Column(f"{name}:latest")
        named = [steps[other] for other in steps_named(match)]
        judged = all_of(call("greater", last, LONG_AGO), *(other.came for other in named))
        return when(all_of(self._live, judged, opposite(holds)), latest(last, *(other.at for other in named)))

    def _after_end(self) -> Sql:
        it, instance = self._it, self._instance
        after = is_after(it.at, plus(instance.over, instance.skew))
        return all_of(instance.cancelled, opposite(it.skipped), it.came, after, opposite(has_come(self.undone)))

    def _undone(self) -> Sql:
        """Since when the step is undone."""
        it = self._it
        if self._step.undone_by is None:
            return NEVER
        undo = first_since(Column(f"{self._step.name}:undoes_at"), plus(it.at, -self._instance.skew))
        return when(it.came, latest(it.at, undo))

    def _undo_deadline(self, called_off: Sql) -> Sql:
        """When the time for undoing it ends, if it has to be undone and is not."""
        step, it = self._step, self._it
        if step.undo_within is None or step.leave_behind:
            return NEVER
        owed = all_of(it.came, has_come(called_off), opposite(it.skipped), opposite(has_come(self.undone)))
        return when(owed, plus(latest(it.at, called_off), step.undo_within + self._instance.grace))

    def _warning(self) -> Sql:
        """The instant of the early warning of a step that is pending and required."""
        it, warn = self._it, self._step.warn
        if warn is None or it.due == NEVER or self._step.optional:
            return NEVER
        way = self._way()
        part = _percent(warn.percent, way) if isinstance(warn, Share) else NEVER
        instant = plus(it.due, -warn) if isinstance(warn, int) else call("plus", it.counted_from, part)
        return when(all_of(it.is_in(StepState.PENDING), has_come(it.due)), instant)

    def _way(self) -> Sql:
        return call("greatest", call("minus", self._it.due, self._it.counted_from), Constant(0))


def _percent(percent: int, way: Sql) -> Sql:
    """Rounded down; whole hundreds apart from the rest, or the product could leave 64 bits."""
    share, hundred = Value(percent, "Int64"), Constant(100)
    rest = call("intDiv", call("multiply", call("modulo", way, hundred), share), hundred)
    return call("plus", call("multiply", call("intDiv", way, hundred), share), rest)


def half_undone(findings: Sequence[StepFindings]) -> Sql:
    """Since when some steps are undone and some are not."""
    return latest(earliest(*(it.undone for it in findings)), earliest(*(it.not_undone for it in findings)))
