"""What the engine sees of one correlation ID: its events, what each of them is to a rule, and what expressions give.

Nothing is evaluated here. What an event matches and what an expression gives is asked of the engine, over the very
stages from which the judge's query is built.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import takewhile

from rules.compile.events import event_stages
from rules.compile.sql import Column, Query, Select, Sql, Value, call, render
from rules.compile.workflow import SETTINGS
from rules.expression import START
from rules.judge import only
from rules.spec import Workflow
from store.clickhouse import ClickHouse


class Part(StrEnum):
    """What an event can be to a workflow, or to one of its steps."""

    STARTS = "starts"
    CANCELS = "cancels"
    ENDS = "ends"
    FULFILS = "is"
    FAILS = "fails"
    UNDOES = "undoes"
    TESTIFIES = "testifies"


Role = tuple[Part, str]
"""A part, and the step that it is played for; the empty string for the workflow."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, of differing copies the one that counts. `time` in µs UTC; `attributes` is JSON text."""

    time: int
    id: str
    source: str
    name: str
    attributes: str
    conflict: bool
    roles: frozenset[Role]


@dataclass(frozen=True)
class Life:
    """The events of one correlation ID up to an instant, by time, id, source; `later` are those after it."""

    events: tuple[Happened, ...]
    later: tuple[Happened, ...]

    def taken(self, part: Part, step: str = "") -> Sequence[Happened]:
        return self._by_role.get((part, step), ())

    @cached_property
    def _by_role(self) -> Mapping[Role, list[Happened]]:
        found: dict[Role, list[Happened]] = {}
        for event in self.events:
            for role in event.roles:
                found.setdefault(role, []).append(event)
        return found


def life(clickhouse: ClickHouse, workflow: Workflow, correlation_id: str, as_of: int) -> Life:
    """The events as the workflow sees them at `as_of` (µs UTC). Raises StoreUnavailable or StoreRefused."""
    roles = list(_roles(workflow))
    columns: dict[str, Sql] = {name: Column(name) for name in _READ}
    columns |= {name: Column(name) for _, name in roles}
    stages = _stages(workflow, correlation_id, as_of)
    rows = _ask(clickhouse, {**stages, "seen": Select(columns, source="matched")})
    events = sorted((_happened(row, roles) for row in rows), key=_in_order)
    now = tuple(event for event in events if event.time <= as_of)
    return Life(now, tuple(event for event in events if event.time > as_of))


def values(
    clickhouse: ClickHouse, workflow: Workflow, correlation_id: str, as_of: int, asked: Mapping[str, Sql]
) -> Mapping[str, object]:
    """SQL over the attributes of events (`compile.expression.attributes_of`, `last_of`), as the engine answers it."""
    if not asked:
        return {}
    stages = {**_stages(workflow, correlation_id, as_of), "ends": Select(dict(_ends(workflow)), source="matched")}
    columns = {f"value_{place}": sql for place, sql in enumerate(asked.values())}
    [row] = _ask(clickhouse, {**stages, "asked": Select(columns, source="ends")})
    return dict(zip(asked, row, strict=True))


def last_of(step: str) -> Sql:
    """The attributes of a step's last event."""
    return Column(_last(step))


_READ = ("micros", "id", "source", "name", "attributes", "conflict", "about")


def _stages(workflow: Workflow, correlation_id: str, as_of: int) -> dict[str, Select]:
    """Up to the one that says of each event what it matches."""
    stages = event_stages(workflow, Value(as_of, "Int64"), only([correlation_id]), (), exact=True)
    return dict(takewhile(lambda it: it[0] != "histories", stages.items()))


def _ends(workflow: Workflow) -> Iterator[tuple[str, Sql]]:
    """The attributes of the start, and of the first and last event of each step."""
    order = call("tuple", Column("micros"), Column("id"), Column("source"))
    yield f"{START}:attributes", call("argMinIf", Column("attributes"), order, Column(Part.STARTS.value))
    for step in workflow.steps:
        fulfils = Column(f"{step.name}:{Part.FULFILS}")
        yield f"{step.name}:attributes", call("argMinIf", Column("attributes"), order, fulfils)
        yield _last(step.name), call("argMaxIf", Column("attributes"), order, fulfils)


def _last(step: str) -> str:
    return f"{step}:of_last"


def _ask(clickhouse: ClickHouse, stages: Mapping[str, Select]) -> list[tuple[object, ...]]:
    statement = render(Query(stages, SETTINGS))
    return clickhouse.query(statement.text, statement.parameters)


def _roles(workflow: Workflow) -> Iterator[tuple[Role, str]]:
    """Each with the column that says whether an event plays it."""
    ends = {Part.STARTS: workflow.start, Part.CANCELS: workflow.cancel, Part.ENDS: workflow.ends_on}
    yield from (((part, ""), part.value) for part, matcher in ends.items() if matcher)
    for step in workflow.steps:
        of_step = {Part.FULFILS: step.matcher, Part.FAILS: step.fails_on, Part.UNDOES: step.undone_by}
        yield from (((part, step.name), f"{step.name}:{part}") for part, matcher in of_step.items() if matcher)
    yield (Part.TESTIFIES, ""), Part.TESTIFIES.value


def _happened(row: Sequence[object], roles: Sequence[tuple[Role, str]]) -> Happened:
    """Testimony is about a step, which the row names."""
    time, id_, source, name, attributes, conflict, about, *played = row
    held = (role for (role, _), plays in zip(roles, played, strict=True) if plays)
    named = frozenset((part, str(about)) if part is Part.TESTIFIES else (part, step) for part, step in held)
    assert isinstance(time, int)
    return Happened(time, str(id_), str(source), str(name), str(attributes), bool(conflict), named)


def _in_order(event: Happened) -> tuple[int, bytes, bytes]:
    return event.time, event.id.encode(), event.source.encode()
