"""When a step is fulfilled: how often its event is needed, how often it came, what testimony says, and failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from rules.compile.cells import Cells
from rules.compile.expression import as_number, attributes_of
from rules.compile.sql import FALSE, TRUE, Column, Constant, Lambda, Sql, Value, call, choose, equals
from rules.compile.time import NEVER, all_of, any_of, earliest, first_since, has_come, opposite, when
from rules.expression import Literal, steps_named
from rules.spec import Step
from store.event import ABSENT, CONFIRMED

_MOST = 2**31 - 1  # events that can be asked for
UNKNOWN = -1  # how many are needed, while the step that says so has not occurred


class Occurred(Protocol):
    """What is asked of a step that another names."""

    @property
    def at(self) -> Sql: ...


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Times as in `time`. `first`: the step's first event, or its testimony if there is none; `failed_at`: the
    first word that it failed; `seen`: the sorted times of its distinct events, where they are counted."""

    at: Sql
    first: Sql
    failed_at: Sql
    needed: Sql
    seen: Sql | None

    @property
    def needs_none(self) -> Sql:
        if isinstance(self.needed, Constant):
            return TRUE if self.needed.value == 0 else FALSE
        return equals(self.needed, Constant(0))

    def of_number(self, number: int) -> Sql:
        """The time of the n-th distinct event, where there are so many."""
        assert self.seen is not None, "only of a step whose events are counted"
        return when(
            call("greaterOrEquals", call("length", self.seen), Constant(number)),
            call("arrayElement", self.seen, Constant(number)),
        )


def occurrence(step: Step, before: Mapping[str, Occurred], cells: Cells, *, testified: bool) -> Occurrence:
    """Lays the cells; with `testified` there is a column `testimony`, in order of time."""

    def define(what: str, sql: Sql) -> Sql:
        return cells.define(f"{step.name}:{what}", sql)

    seen = define("seen", _times_of(step)) if step.counts or step.at_most is not None else None
    needed = define("needed", _needed(step, before, cells))
    first = Column(f"{step.name}:first")
    real = first if not step.counts or seen is None else define("real", _nth(seen, needed))
    failed = NEVER if step.fails_on is None else first_since(Column(f"{step.name}:fails_at"), Column("began"))
    if not testified:
        return Occurrence(real, first, define("failed_at", failed), needed, seen)
    word = define("word", _last_word(step))
    at = define("at", choose(has_come(real), real, _said(word, CONFIRMED)))
    refuted = _said(word, ABSENT)
    counted = all_of(opposite(has_come(real)), call("greaterOrEquals", refuted, Column("began")))
    failed_at = define("failed_at", earliest(failed, when(counted, refuted)))
    return Occurrence(at, define("known", earliest(first, at)), failed_at, needed, seen)


def _times_of(step: Step) -> Sql:
    moment = Lambda("e", call("tupleElement", Column("e"), Constant(1)))
    return call("arraySort", call("arrayMap", moment, Column(f"{step.name}:events")))


def _needed(step: Step, before: Mapping[str, Occurred], cells: Cells) -> Sql:
    """A number, rounded down; 1 where there is none or a negative one."""
    if step.times is None:
        return Constant(1)
    if isinstance(step.times, Literal):
        return Constant(_whole(step.times.value))
    asked = cells.define(f"{step.name}:times", as_number(step.times, attributes_of))
    many, negative = call("greater", asked, Constant(_MOST)), call("less", asked, Constant(0))
    whole = call("multiIf", many, Constant(_MOST), negative, Constant(1), call("floor", asked))
    waits = any_of(*(opposite(has_come(before[name].at)) for name in steps_named(step.times)))
    return choose(waits, Constant(UNKNOWN), call("toInt64", call("ifNull", whole, Constant(1))))


def _whole(times: bool | int | float | str | None) -> int:
    if isinstance(times, bool) or not isinstance(times, int | float) or times < 0:
        return 1
    return int(min(times, _MOST))


def _nth(seen: Sql, needed: Sql) -> Sql:
    count = call("length", seen)
    there = all_of(call("greater", needed, Constant(0)), call("greaterOrEquals", count, needed))
    return when(there, call("arrayElement", seen, call("greatest", needed, Constant(1))))


def _last_word(step: Step) -> Sql:
    """(time, id, name, step): the latest testimony on the step, else one of no name."""
    about = equals(call("tupleElement", Column("t"), Constant(4)), Value(step.name, "String"))
    return call("arrayLast", Lambda("t", about), Column("heard"))


def _said(word: Sql, name: str) -> Sql:
    said = equals(call("tupleElement", word, Constant(3)), Constant(name))
    return when(said, call("tupleElement", word, Constant(1)))
