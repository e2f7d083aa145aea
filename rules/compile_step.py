"""The cells of one step: when it is due, what it waits for, its state, its findings, and when they can change.

Read with rules-language.md §2 at hand. A condition that a rule cannot reach is the constant 0 and folds away.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.cells import Cells
from rules.compile_expression import as_timestamp, is_true
from rules.expression import START, steps_named
from rules.spec import Step
from rules.sql import (
    FALSE,
    NULL,
    TRUE,
    Column,
    Constant,
    Sql,
    Value,
    absent,
    call,
    choose,
    earliest,
    either,
    equals,
    every,
    latest,
    negate,
    present,
)
from rules.verdict import Kind, StepState


@dataclass(frozen=True, slots=True)
class InstanceCells:
    """What a step needs to know of its instance; `start` and `over` are Nullable(Int64), durations are µs."""

    as_of: Sql
    start: Sql
    over: Sql  # the C of rules-language.md: when a cancel or ends_on event ended the instance
    cancelled: Sql
    grace: int
    skew: int
    within: int | None


class Predecessor:
    """What a step asks of those before it. These defaults are the start's: it came, and waits for nothing."""

    optional: Sql = FALSE
    skipped: Sql = FALSE
    undecided: Sql = FALSE
    anchor_absent: Sql = FALSE
    waits_softly: Sql = FALSE  # has no base, for want of none but optional or undecided steps
    waits_on_optional: Sql = FALSE  # waits, and for none but absent optional steps
    base_is_owed_nothing: Sql = TRUE  # whatever its base lacks is an absent optional step, or waits only on such
    last: Sql = NULL  # the latest predecessor that came, the start left out
    gap: Sql = FALSE  # an expected predecessor has not come

    def __init__(self, at: Sql) -> None:
        self.at = at
        self.base = at
        self.anchor = at  # what a successor counts from: `at`, or the base of a skipped step

    @property
    def expected(self) -> Sql:
        return negate(either(self.optional, self.waits_on_optional))


class StepCells(Predecessor):
    """Lays a step's cells; each line below reads only what stands above it."""

    def __init__(self, step: Step, instance: InstanceCells, before: Mapping[str, Predecessor], cells: Cells) -> None:
        super().__init__(at=Column(f"{step.name}:at"))
        self._step, self._instance, self._cells = step, instance, cells
        self._predecessors = [before[name] for name in step.predecessors]
        self._named = [before[name] for name in steps_named(step.when)] if step.when else []
        self._due_reads = [before[name] for name in steps_named(step.due)] if step.due else []
        self.optional = TRUE if step.optional else FALSE

        self._decide()
        self.base = self._define("base", self._base())
        self._base_absent = self._missing_base()
        self.anchor = self._define("anchor", choose(self.skipped, self.base, self.at))
        self.anchor_absent = absent(self.anchor)
        self.waits_softly = self._define("waits_softly", self._softness())
        self._owe()
        self.last = self._define("last", self._last())
        self.gap = self._define("gap", self._gap())
        promised = NULL if step.due is None else as_timestamp(step.due, attributes_of)
        self._promised = self._define("promised", promised)
        self.due = self._define("due", self._due())
        self.state = self._define("state", self._state())

    @property
    def is_done(self) -> Sql:
        """Nothing more is to come, so that the step does not keep its instance from being complete."""
        came = either(self._is(StepState.ON_TIME), self._is(StepState.LATE))
        waits = every(self._is(StepState.WAITING), self.waits_on_optional)
        return either(came, self.skipped, every(self.optional, absent(self.at)), waits)

    @property
    def is_missing(self) -> Sql:
        return self._is(StepState.MISSING)

    @property
    def is_undated(self) -> Sql:
        """Its `due` gives no timestamp, though all that it reads has come."""
        if self._step.due is None:
            return FALSE
        came = (present(named.at) for named in self._due_reads)
        return every(negate(self.skipped), *came, absent(self._promised))

    @property
    def findings(self) -> Mapping[Kind, Sql]:
        """Since when each kind holds (Nullable(Int64)), NULL where it does not."""
        deadline = plus(self.due, self._instance.grace)
        return {
            Kind.MISSING: choose(self.is_missing, deadline, NULL),
            Kind.LATE: choose(self._is(StepState.LATE), self.at, NULL),
            Kind.OUT_OF_ORDER: self._out_of_order(),
            Kind.AFTER_END: choose(self._after_end(), self.at, NULL),
        }

    @property
    def wakes(self) -> Sql:
        """The earliest later instant at which this step's state or findings can change without an event."""
        deadline = plus(self.due, self._instance.grace + 1)
        lapses = every(self._is(StepState.PENDING), present(self.due), negate(self.optional))
        opens = every(self._in_order_at_all(), self.gap, call("lessOrEquals", self._instance.as_of, self._gap_shows()))
        return earliest(choose(lapses, deadline, NULL), choose(opens, plus(self._gap_shows(), 1), NULL))

    def _define(self, what: str, sql: Sql) -> Sql:
        return self._cells.define(f"{self._step.name}:{what}", sql)

    def _is(self, state: StepState) -> Sql:
        return equals(self.state, Constant(state.value))

    def _decide(self) -> None:
        """`when` is false if a step it names is skipped, and undecided until all it names have come."""
        if self._step.when is None:
            return
        named_skipped = either(*(named.skipped for named in self._named))
        lacks_one = either(*(absent(named.at) for named in self._named))
        holds = is_true(self._step.when, attributes_of)
        self.undecided = self._define("undecided", every(negate(named_skipped), lacks_one))
        self.skipped = self._define("skipped", either(named_skipped, every(negate(lacks_one), negate(holds))))

    def _base(self) -> Sql:
        if self._step.after_any:
            none_left = every(*(before.skipped for before in self._predecessors))
            return choose(none_left, self._instance.start, self._first_of_any())
        lacks_one = either(*(before.anchor_absent for before in self._predecessors))
        anchors = [before.anchor for before in self._predecessors]
        return anchors[0] if len(anchors) == 1 else choose(lacks_one, NULL, latest(*anchors))

    def _first_of_any(self) -> Sql:
        return earliest(*(choose(before.skipped, NULL, before.at) for before in self._predecessors))

    def _missing_base(self) -> Sql:
        if all(before.anchor_absent == FALSE for before in self._predecessors):
            return FALSE
        return absent(self.base)

    def _softness(self) -> Sql:
        """Waits only on absent optional or undecided steps, directly or through others."""
        soft = [self._is_soft(before) for before in self._predecessors]
        if all(condition == FALSE for condition in soft):
            return FALSE
        return every(self._base_absent, *self._of_what_it_lacks(soft))

    def _is_soft(self, before: Predecessor) -> Sql:
        for_itself = either(before.optional, before.undecided, before.waits_softly)
        return for_itself if self._step.after_any else choose(before.skipped, before.waits_softly, for_itself)

    def _of_what_it_lacks(self, conditions: list[Sql]) -> Iterator[Sql]:
        """The conditions on each predecessor, asked only of those that the base lacks."""
        for before, condition in zip(self._predecessors, conditions, strict=True):
            lacks_it = negate(before.skipped) if self._step.after_any else before.anchor_absent
            yield either(negate(lacks_it), condition)

    def _owe(self) -> None:
        """Whether it waits only on absent optional steps: those it comes after, and those its `when` names."""
        excused = [self._is_excused(before) for before in self._predecessors]
        named = [either(before.optional, before.waits_on_optional) for before in self._named]
        owed_nothing = either(negate(self._base_absent), every(*self._of_what_it_lacks(excused)))
        self.base_is_owed_nothing = self._define("base_is_owed_nothing", owed_nothing)
        if all(condition == FALSE for condition in [*excused, *named]):
            return
        decided = (either(present(before.at), it) for before, it in zip(self._named, named, strict=True))
        waits = either(self._base_absent, self.undecided)
        only = every(waits, self.base_is_owed_nothing, either(negate(self.undecided), every(*decided)))
        self.waits_on_optional = self._define("waits_on_optional", only)

    def _is_excused(self, before: Predecessor) -> Sql:
        for_itself = either(before.optional, before.waits_on_optional)
        return for_itself if self._step.after_any else choose(before.skipped, before.base_is_owed_nothing, for_itself)

    def _last(self) -> Sql:
        if self._step.after_any:
            return NULL if START in self._step.after_any else self._first_of_any()
        return latest(*(self._came(before) for before in self._predecessors if type(before) is not Predecessor))

    def _came(self, before: Predecessor) -> Sql:
        return choose(before.skipped, before.last, before.at)

    def _gap(self) -> Sql:
        """An expected predecessor is absent; after any of several: none came, and one of them was expected."""
        if self._step.after_any:
            expected = (every(negate(before.skipped), before.expected) for before in self._predecessors)
            return FALSE if START in self._step.after_any else every(absent(self.last), either(*expected))
        steps = [before for before in self._predecessors if type(before) is not Predecessor]
        return either(*(choose(it.skipped, it.gap, every(absent(it.at), it.expected)) for it in steps))

    def _due(self) -> Sql:
        step, instance = self._step, self._instance
        return earliest(
            NULL if step.within is None else plus(self.base, step.within),
            self._promised,
            NULL if instance.within is None else plus(instance.start, instance.within),
        )

    def _state(self) -> Sql:
        """The table of rules-language.md §2, row by row: the first that applies."""
        at, due, over = self.at, self.due, self._instance.over
        undated = TRUE if due == NULL else absent(due)
        came = present(at)
        in_time = either(undated, call("lessOrEquals", at, due))
        may_come = call("lessOrEquals", self._instance.as_of, plus(due, self._instance.grace))
        before_end = every(came, call("lessOrEquals", at, over))
        not_needed = every(present(over), negate(before_end), either(undated, call("greater", due, over)))
        rows = [
            (self.skipped, StepState.SKIPPED),
            (FALSE if over == NULL else not_needed, StepState.NOT_NEEDED),
            (self.undecided, StepState.WAITING),
            (every(came, in_time), StepState.ON_TIME),
            (came, StepState.LATE),
            (either(self.waits_softly, every(self._base_absent, undated)), StepState.WAITING),
            (either(self.optional, undated, may_come), StepState.PENDING),
        ]
        return first_that_applies(rows, StepState.MISSING)

    def _in_order_at_all(self) -> Sql:
        """Only these can be out of order: steps that came, and were expected and needed."""
        return every(present(self.at), negate(self.skipped), negate(self._is(StepState.NOT_NEEDED)))

    def _gap_shows(self) -> Sql:
        return plus(self.at, self._instance.grace)

    def _out_of_order(self) -> Sql:
        early = FALSE if self.last == NULL else call("less", self.at, plus(self.last, -self._instance.skew))
        alone = every(self.gap, call("greater", self._instance.as_of, self._gap_shows()))
        if early == FALSE and alone == FALSE:
            return NULL
        since = choose(call("ifNull", early, Constant(0)), self.at, choose(alone, self._gap_shows(), NULL))
        return choose(self._in_order_at_all(), since, NULL)

    def _after_end(self) -> Sql:
        if self._instance.cancelled == FALSE:
            return FALSE
        late = call("greater", self.at, plus(self._instance.over, self._instance.skew))
        return every(self._instance.cancelled, negate(self.skipped), late)


def attributes_of(step: str | None) -> Sql:
    """The column with the attributes of a step's first event, or of the start event (µs and JSON as in `histories`)."""
    return Column(f"{step}:attributes")


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


def plus(time: Sql, micros: int) -> Sql:
    return time if time == NULL or not micros else call("plus", time, Value(micros, "Int64"))
