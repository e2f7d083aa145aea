"""A part of what there is to do: correlation IDs to judge in one go, and the rules that may have something new to say.

The IDs are not listed but told by what the store has of them, so that they need not pass through here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.compile.sql import TRUE, Column, Constant, Select, Sql, Value, call, equals, every
from rules.evaluate.slice import Fraction
from rules.ruleset import Rule
from store.shares import ALL, Share

ANY = ""
"""Stands in `touched` for an event of any name, and in `deadlines` for any workflow."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Those of which events came in these blocks of `touched` (instants in µs by the store's clock, rising)."""

    blocks: tuple[int, ...]

    def rows(self, rules: Iterable[Rule]) -> Select:
        """The range first: it is what the sort key can use."""
        one_of = call("in", _micros_of("seen_at"), Value(list(self.blocks), "Array(Int64)"))
        return _ids("touched", between("seen_at", self.blocks[0] - 1, self.blocks[-1]), one_of, _named(rules))


@dataclass(frozen=True, slots=True)
class Span:
    """After the instant `after` and up to `until` (µs by the store's clock)."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Due:
    """Those of a workflow whose answer may change by itself after the instant `after` and up to `until` (µs UTC)."""

    workflow: str
    after: int
    until: int

    def rows(self, _: Iterable[Rule]) -> Select:
        ours = equals(Column("workflow"), Value(self.workflow, "String"))
        return _ids("deadlines", between("wake_at", self.after, self.until), ours)


@dataclass(frozen=True, slots=True)
class Part:
    """About `size` of them in the `share`, of which the part `number` of `shares` is meant."""

    rules: tuple[Rule, ...]
    size: int
    which: Touched | Due
    shares: int = 1
    number: int = 0
    share: Share = ALL

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.shares, self.number, self.share)

    def among(self, rules: Sequence[Rule]) -> Sql:
        """The condition on `correlation_id`, for these of its rules."""
        rows = self.which.rows(rules)
        ours = self.fraction.condition
        if ours != TRUE:  # in there, so that none but these is held in memory
            rows = _ids(rows.source, ours, *([] if rows.where is None else [rows.where]))
        return call("in", Column("correlation_id"), rows)


def between(column: str, after: int, until: int) -> Sql:
    lower, upper = (call("fromUnixTimestamp64Micro", Value(it, "Int64"), Constant("UTC")) for it in (after, until))
    return every(call("greater", Column(column), lower), call("lessOrEquals", Column(column), upper))


def names_asked_for(rules: Iterable[Rule]) -> list[str]:
    """As they stand in `touched`."""
    return sorted({ANY}.union(*(rule.names for rule in rules)))


def _named(rules: Iterable[Rule]) -> Sql:
    return call("in", Column("name"), Value(names_asked_for(rules), "Array(String)"))


def _ids(table: str, *conditions: Sql) -> Select:
    return Select({"correlation_id": Column("correlation_id")}, source=table, where=every(*conditions))


def _micros_of(column: str) -> Sql:
    return call("toUnixTimestamp64Micro", Column(column))
