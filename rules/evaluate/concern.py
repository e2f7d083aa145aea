"""Which rules some correlation IDs concern at all: of hundreds, those whose events they have.

An answer is about an instance, which needs a start event, or about an orphan, which needs an event of a step. So a rule
can be passed over where no such event is stored, of whatever copy, and be asked about those only that have one: one
look at the names stands for a judgement by each of the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.compile.sql import Column, Constant, Query, Select, Sql, Value, call, every, render
from rules.evaluate.part import Part
from rules.judge import only
from rules.ruleset import Rule
from rules.spec import Orphans
from store.clickhouse import ClickHouse

_LIMIT = 1_000  # correlation IDs named in one query; above that all are judged


class Concern(NamedTuple):
    """A rule that can have something to say of the correlation IDs `among`; there are `size` of them, or more."""

    rule: Rule
    among: Sql
    size: int


@dataclass(frozen=True, slots=True)
class _Bearers:
    """The correlation IDs that have an event of one name, one more than `_LIMIT` if there are more, and how many there
    are; the times of the first and the last of these events (µs UTC)."""

    ids: frozenset[str]
    count: int
    first: int
    last: int


def concerned(clickhouse: ClickHouse, part: Part, others: Callable[[Sql], Sql]) -> Iterator[Concern]:
    """The rules that can have anything to say of a part; `others` takes from a condition those IDs that are not to be
    looked at. Raises StoreUnavailable or StoreRefused."""
    rules, size = part.rules, -(-part.size // part.shares)
    if len(rules) == 1:  # to judge by it is as quick as to look
        yield Concern(rules[0], part.among(rules), size)
        return
    by_name = _bearers(clickhouse, {name for rule in rules for name in telling(rule)}, others(part.among(rules)))
    for rule in rules:
        here = [by_name[name] for name in telling(rule) if name in by_name]
        if _concerns(rule, here):
            ids = frozenset[str]().union(*(it.ids for it in here))
            many = len(ids) > _LIMIT
            count = max(len(ids), *(it.count for it in here))
            yield Concern(rule, part.among([rule]) if many else only(sorted(ids)), count)


def _bearers(clickhouse: ClickHouse, names: Iterable[str], among: Sql) -> Mapping[str, _Bearers]:
    micros = call("toUnixTimestamp64Micro", Column("time"))
    some = call("arraySlice", call("groupUniqArray", Column("correlation_id")), Constant(1), Constant(_LIMIT + 1))
    all_ = call("uniqExact", Column("correlation_id"))
    columns: dict[str, Sql] = {"ids": some, "all": all_, "first": call("min", micros), "last": call("max", micros)}
    named = call("in", Column("name"), Value(sorted(names), "Array(String)"))
    bearers = Select(
        {"name": Column("name"), **columns}, source="events", where=every(among, named), group_by=("name",)
    )
    statement = render(Query({"bearers": bearers}))
    rows = clickhouse.query(statement.text, statement.parameters)
    return {name: _Bearers(frozenset(ids), count, first, last) for name, ids, count, first, last in rows}


def telling(rule: Rule) -> list[str]:
    """Names of the events without which it has nothing to say."""
    steps = rule.workflow.steps if rule.workflow.orphans is Orphans.FLAG and rule.lives.rest else ()
    return list(dict.fromkeys(name for it in (rule.workflow.start, *(it.matcher for it in steps)) for name in it.names))


def _concerns(rule: Rule, here: Sequence[_Bearers]) -> bool:
    """Of the versions of a workflow, that with the rest also answers for instances that are no more."""
    since, until = rule.lives.since, rule.lives.until
    if rule.lives.rest:
        return bool(here)
    return any((since is None or it.last >= since) and (until is None or it.first < until) for it in here)
