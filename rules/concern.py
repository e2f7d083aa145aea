"""Which rules some correlation IDs concern at all: of hundreds, those whose events they have.

An answer is about an instance, which needs a start event, or about an orphan, which needs an event of a step. So a rule
can be passed over where no such event is stored, of whatever copy: one look at the names stands for a judgement by each
of the others.
"""

from collections.abc import Mapping, Sequence

from rules.ruleset import Rule
from rules.spec import Orphans
from rules.sql import Column, Query, Select, Sql, call, render
from store.clickhouse import ClickHouse

Span = tuple[int, int]
"""The times of the first and the last event of one name, µs UTC."""


def concerned(clickhouse: ClickHouse, rules: Sequence[Rule], among: Sql) -> list[Rule]:
    """The rules that can have anything to say of these correlation IDs. Raises StoreUnavailable or StoreRefused."""
    if len(rules) == 1:  # to judge by it is as quick as to look
        return list(rules)
    spans = _spans(clickhouse, among)
    return [rule for rule in rules if _concerns(rule, spans)]


def _spans(clickhouse: ClickHouse, among: Sql) -> dict[str, Span]:
    micros = call("toUnixTimestamp64Micro", Column("time"))
    columns: dict[str, Sql] = {"name": Column("name"), "first": call("min", micros), "last": call("max", micros)}
    names = Select(columns, source="events", where=among, group_by=("name",))
    statement = render(Query({"names": names}))
    return {name: (first, last) for name, first, last in clickhouse.query(statement.text, statement.parameters)}


def _concerns(rule: Rule, spans: Mapping[str, Span]) -> bool:
    """Of the versions of a workflow, that with the rest also answers for instances that are no more."""
    workflow, lives = rule.workflow, rule.lives
    starts = [spans[name] for name in workflow.start.names if name in spans]
    if lives.rest:
        return bool(starts) or (workflow.orphans is Orphans.FLAG and any(name in spans for name in _of_steps(rule)))
    return any(
        (lives.since is None or last >= lives.since) and (lives.until is None or first < lives.until)
        for first, last in starts
    )


def _of_steps(rule: Rule) -> list[str]:
    return [name for step in rule.workflow.steps for name in step.matcher.names]
