"""The cells of one step: when it is due, what it waits for, and its state.

Read with rules-language.md §2 at hand. A condition that a rule cannot reach is the constant 0 and folds away.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.compile.absence import Absences
from rules.compile.cells import Cells
from rules.compile.expression import as_timestamp, attributes_of, is_true
from rules.compile.occurrence import UNKNOWN, Occurrence, occurrence
from rules.compile.sql import FALSE, NULL, TRUE, Constant, Sql, call, choose, equals
from rules.compile.time import (
    LONG_AGO,
    NEVER,
    all_of,
    any_of,
    earliest,
    either_way,
    has_come,
    is_after,
    latest,
    not_after,
    opposite,
    or_never,
    plus,
    when,
)
from rules.expression import steps_named
from rules.spec import Step
from rules.verdict import StepState


@dataclass(frozen=True, slots=True)
class InstanceCells:
    """What a step needs to know of its instance; durations are µs. `testified`: there may be testimony."""

    as_of: Sql
    start: Sql
    over: Sql  # the C of rules-language.md: when a cancel or ends_on event ended the instance
    cancelled: Sql
    grace: int
    skew: int
    within: int | None
    testified: bool
    absences: Absences


class Predecessor:
    """What a step asks of those before it. These defaults are the start's: it came, and waits for nothing."""

    is_start = True
    came: Sql = TRUE
    optional: Sql = FALSE
    skipped: Sql = FALSE
    undecided: Sql = FALSE
    anchor_absent: Sql = FALSE
    waits_softly: Sql = FALSE  # has no base, for want of none but optional or undecided steps
    waits_on_optional: Sql = FALSE  # waits, and for none but absent optional steps
    base_is_owed_nothing: Sql = TRUE  # whatever its base lacks is an absent optional step, or waits only on such
    last: Sql = LONG_AGO  # the latest predecessor that came, the start left out
    gap: Sql = FALSE  # an expected predecessor has not come
    gap_as_of: Sql = LONG_AGO  # the latest instant as of which that is believed of one
    gap_until: Sql = NEVER  # when the first hold ends without which it would be

    def __init__(self, at: Sql) -> None:
        self.at = at
        self.base = at
        self.anchor = at  # what a successor counts from: `at`, or the base of a skipped step
        self.hold = NEVER  # when its effect lapses

    @property
    def expected(self) -> Sql:
        return opposite(any_of(self.optional, self.waits_on_optional))


class StepCells(Predecessor):
    """Lays a step's cells; each line below reads only what stands above it.

    A step reads its own cells as they are made, not as columns: so that a step more is one layer more, and not two.
    """

    is_start = False

    def __init__(self, step: Step, instance: InstanceCells, before: Mapping[str, Predecessor], cells: Cells) -> None:
        self.step, self.instance, self._cells = step, instance, cells
        self.absence = instance.absences.of_step(step)
        self.gap_left = instance.absences.of_predecessor(step)
        self.occurrence: Occurrence = occurrence(step, before, cells, testified=instance.testified)
        super().__init__(at=self.occurrence.at)
        self.before = [before[name] for name in step.predecessors]
        self._named = [_step(before[name]) for name in steps_named(step.when)] if step.when else []
        self._due_reads = [_step(before[name]) for name in steps_named(step.due)] if step.due else []
        self.came = has_come(self.at)
        self.optional = TRUE if step.optional else FALSE
        self.hold = NEVER if step.expires is None else plus(self.at, step.expires)

        skipped, undecided = self._decide()
        base = self._base()
        self._base_absent = self._missing_base(base)
        self.skipped, self.undecided = self._define("skipped", skipped), self._define("undecided", undecided)
        self.base = self._define("base", base)
        self.anchor = self._define("anchor", choose(skipped, base, self.at))
        self.anchor_absent = opposite(has_come(self.anchor))
        self.waits_softly = self._define("waits_softly", self._softness())
        owed_nothing, self.waits_on_optional = self._owe(undecided)
        self.base_is_owed_nothing = self._define("base_is_owed_nothing", owed_nothing)
        self.last = self._define("last", self._last())
        self.gap = self._define("gap", self._gap())
        self.gap_as_of = self._define("gap_as_of", self._gap_as_of())
        self.gap_until = self._define("gap_until", self._gap_until())
        promised = NULL if step.due is None else as_timestamp(step.due, attributes_of)
        self._promised = self._define("promised", or_never(promised))
        held = [before[name].hold for name in step.needs]
        self.due = self._define("due", self._due(held))
        self.state = self._define("state", self._state())

    def is_in(self, state: StepState) -> Sql:
        return equals(self.state, Constant(state.value))

    @property
    def count(self) -> Sql:
        """How many distinct events fulfil it; NULL of a step without `times`."""
        return call("length", self.occurrence.seen) if self.step.counts and self.occurrence.seen is not None else NULL

    @property
    def needed(self) -> Sql:
        """NULL also while the step that says so has not occurred."""
        return call("nullIf", self.occurrence.needed, Constant(UNKNOWN)) if self.step.counts else NULL

    @property
    def is_done(self) -> Sql:
        """Nothing more is to come, so that the step does not keep its instance from being complete."""
        came = any_of(self.is_in(StepState.ON_TIME), self.is_in(StepState.LATE))
        waits = all_of(self.is_in(StepState.WAITING), self.waits_on_optional)
        return any_of(came, self.skipped, all_of(self.optional, opposite(self.came)), waits)

    @property
    def has_failed(self) -> Sql:
        """Failed, and was required."""
        if self.step.optional or self.occurrence.failed_at == NEVER:
            return FALSE
        return self.is_in(StepState.FAILED)

    @property
    def is_undated(self) -> Sql:
        """Its `due` gives no timestamp, though all that it reads has come."""
        if self.step.due is None:
            return FALSE
        came = (has_come(named.occurrence.first) for named in self._due_reads)
        return all_of(opposite(self.skipped), *came, opposite(has_come(self._promised)))

    @property
    def counted_from(self) -> Sql:
        """The base, or the start where there is none."""
        return choose(self._base_absent, self.instance.start, self.base)

    def _define(self, what: str, sql: Sql) -> Sql:
        return self._cells.define(f"{self.step.name}:{what}", sql)

    def _decide(self) -> tuple[Sql, Sql]:
        """Skipped, and undecided: `when` is false if a step it names is skipped, and undecided until all have come."""
        none_needed = self.occurrence.needs_none
        if self.step.when is None:
            return none_needed, FALSE
        holds = self._define("holds", is_true(self.step.when, attributes_of))
        unsettled = any_of(*(named.skipped for named in self._named))
        lacks_one = any_of(*(opposite(has_come(named.occurrence.first)) for named in self._named))
        refused = all_of(opposite(lacks_one), opposite(holds))
        undecided = all_of(opposite(unsettled), lacks_one, opposite(none_needed))
        return any_of(none_needed, unsettled, refused), undecided

    def _base(self) -> Sql:
        if not self.step.after_any:
            return latest(*(before.anchor for before in self.before))
        none_left = all_of(*(before.skipped for before in self.before))
        return choose(none_left, self.instance.start, self._first_of_any())

    def _first_of_any(self) -> Sql:
        return earliest(*(choose(before.skipped, NEVER, before.at) for before in self.before))

    def _missing_base(self, base: Sql) -> Sql:
        if all(before.anchor_absent == FALSE for before in self.before):
            return FALSE
        return opposite(has_come(base))

    def _softness(self) -> Sql:
        """Waits only on absent optional or undecided steps, directly or through others."""
        soft = [self._is_soft(before) for before in self.before]
        if all(condition == FALSE for condition in soft):
            return FALSE
        return all_of(self._base_absent, *self._of_what_it_lacks(soft))

    def _is_soft(self, before: Predecessor) -> Sql:
        for_itself = any_of(before.optional, before.undecided, before.waits_softly)
        return for_itself if self.step.after_any else either_way(before.skipped, before.waits_softly, for_itself)

    def _of_what_it_lacks(self, conditions: list[Sql]) -> Iterator[Sql]:
        """The conditions on each predecessor, asked only of those that the base lacks."""
        if len(conditions) == 1:
            yield from conditions
            return
        for before, condition in zip(self.before, conditions, strict=True):
            lacks_it = opposite(before.skipped) if self.step.after_any else before.anchor_absent
            yield any_of(opposite(lacks_it), condition)

    def _owe(self, undecided: Sql) -> tuple[Sql, Sql]:
        """Whether what its base lacks is an absent optional step, or waits only on such; and whether all that it waits
        on is, what its `when` names included."""
        excused = [self._is_excused(before) for before in self.before]
        named = [any_of(before.optional, before.waits_on_optional) for before in self._named]
        owed_nothing = any_of(opposite(self._base_absent), all_of(*self._of_what_it_lacks(excused)))
        if all(condition == FALSE for condition in [*excused, *named]):
            return owed_nothing, FALSE
        firsts = (has_come(before.occurrence.first) for before in self._named)
        decided = (any_of(come, it) for come, it in zip(firsts, named, strict=True))
        waits = any_of(self._base_absent, undecided)
        only = all_of(waits, owed_nothing, any_of(opposite(undecided), all_of(*decided)))
        return owed_nothing, self._define("waits_on_optional", only)

    def _is_excused(self, before: Predecessor) -> Sql:
        for_itself = any_of(before.optional, before.waits_on_optional)
        return (
            for_itself if self.step.after_any else either_way(before.skipped, before.base_is_owed_nothing, for_itself)
        )

    def _last(self) -> Sql:
        steps = [before for before in self.before if not before.is_start]
        if not self.step.after_any:
            return latest(*(choose(it.skipped, it.last, choose(it.came, it.at, LONG_AGO)) for it in steps))
        if len(steps) < len(self.before):
            return LONG_AGO
        first = self._first_of_any()
        return choose(has_come(first), first, LONG_AGO)

    def _gap(self) -> Sql:
        """An expected predecessor is absent; after any of several: none came, and one of them was expected."""
        steps = [before for before in self.before if not before.is_start]
        if not self.step.after_any:
            return any_of(*(either_way(it.skipped, it.gap, all_of(opposite(it.came), it.expected)) for it in steps))
        if len(steps) < len(self.before):
            return FALSE
        expected = (all_of(opposite(before.skipped), before.expected) for before in steps)
        return all_of(equals(self.last, LONG_AGO), any_of(*expected))

    def _gap_as_of(self) -> Sql:
        """As of when it is believed; where nothing is held that is the instant judged."""
        if not self.instance.absences.is_holding:
            return self.instance.as_of
        if self.step.after_any:
            counted = (choose(it.skipped, NEVER, it.gap_left.as_of) for it in self._steps_before())
            return choose(self.gap, earliest(*counted), LONG_AGO)
        known = (choose(_is_lacking(it), it.gap_left.as_of, LONG_AGO) for it in self._steps_before())
        before = zip(self._steps_before(), known, strict=True)
        return latest(*(choose(it.skipped, it.gap_as_of, own) for it, own in before))

    def _gap_until(self) -> Sql:
        if not self.instance.absences.is_holding:
            return NEVER
        if self.step.after_any:
            counted = (choose(it.skipped, NEVER, it.gap_left.until) for it in self._steps_before())
            return when(self.gap, earliest(*counted))
        ends = (when(_is_lacking(it), it.gap_left.until) for it in self._steps_before())
        before = zip(self._steps_before(), ends, strict=True)
        return earliest(*(choose(it.skipped, it.gap_until, own) for it, own in before))

    def _steps_before(self) -> list["StepCells"]:
        return [_step(before) for before in self.before if not before.is_start]

    def _due(self, holds: list[Sql]) -> Sql:
        step, instance = self.step, self.instance
        return earliest(
            NEVER if step.within is None else plus(self.base, step.within),
            self._promised,
            NEVER if instance.within is None else plus(instance.start, instance.within),
            *holds,
        )

    def _state(self) -> Sql:
        """The table of rules-language.md §2, row by row: the first that applies."""
        at, due, over = self.at, self.due, self.instance.over
        undated = opposite(has_come(due))
        may_come = not_after(self.absence.as_of, plus(due, self.instance.grace))
        after_end = any_of(opposite(self.came), is_after(at, over))
        not_needed = all_of(has_come(over), after_end, is_after(due, over))
        rows = [
            (self.skipped, StepState.SKIPPED),
            (not_needed, StepState.NOT_NEEDED),
            (self.undecided, StepState.WAITING),
            (all_of(self.came, not_after(at, due)), StepState.ON_TIME),
            (self.came, StepState.LATE),
            (has_come(self.occurrence.failed_at), StepState.FAILED),
            (any_of(self.waits_softly, all_of(self._base_absent, undated)), StepState.WAITING),
            (any_of(self.optional, may_come), StepState.PENDING),
        ]
        return first_that_applies(rows, StepState.MISSING)


def _is_lacking(it: StepCells) -> Sql:
    return all_of(opposite(it.came), it.expected)


def _step(before: Predecessor) -> StepCells:
    assert isinstance(before, StepCells), "expressions name steps, and the start apart from them"
    return before


def first_that_applies(rows: Iterable[tuple[Sql, StrEnum]], otherwise: StrEnum) -> Sql:
    """`multiIf` over the rows that can apply at all."""
    parts: list[Sql] = []
    for test, state in rows:
        if test == TRUE:
            otherwise = state
            break
        if test != FALSE:
            parts += [test, Constant(state.value)]
    return call("multiIf", *parts, Constant(otherwise.value)) if parts else Constant(otherwise.value)
