"""Cases, read from the SQL database: filtered, sorted, page by page. Times are µs UTC, `None` where there is none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select, true, union_all

from api.case_filters import Wanted, conditions
from api.cursor import Int64, broken
from api.parameters import Sort
from reconcile.cases.case import rank
from rules.spec import Severity
from rules.verdict import WHOLE
from store.tables import case_findings, cases


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page of cases ended: the values of the columns it was sorted by. Fractions are hexadecimal, exact."""

    sort: Sort
    values: tuple[Int64 | str | None, ...]


@dataclass(frozen=True, slots=True)
class By:
    column: str
    descending: bool = False


# Each ends with the unique id.
ORDERS: dict[Sort, tuple[By, ...]] = {
    "age": (By("since"), By("id")),
    "newest": (By("since", descending=True), By("id", descending=True)),
    "risk": (By("at_risk", descending=True), By("id", descending=True)),
    "severity": (By("severity_rank", descending=True), By("since"), By("id")),
}


# Into what a list is parted, so that each part of it runs along an index: of one severity, and without the nulls, which
# lie at the other end on the other database.
PARTS: dict[Sort, tuple[ColumnElement[bool], ...]] = {
    "risk": (cases.c.at_risk.is_not(None), cases.c.at_risk.is_(None)),
    "severity": tuple(cases.c.severity_rank == rank(severity) for severity in Severity),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of `case_findings`."""

    step: str
    kind: str
    open: bool
    noted: bool
    owner: str
    severity: str
    sentence: str
    description: str
    runbook: str
    at: int | None
    due: int | None
    since: int
    detected_at: int
    closed_at: int | None
    closed_because: str
    acknowledged: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A row of `cases`, with its findings in the order of the workflow's steps."""

    id: str
    workflow: str
    correlation_id: str
    noun: str
    state: str
    state_by: str
    state_at: int
    reason: str
    note: str
    assignee: str
    revision: int
    owner: str
    severity: str
    severity_rank: int
    step: str
    kind: str
    sentence: str
    since: int
    started_at: int
    at_risk: float | None
    unit: str | None
    customer: str | None
    opened_at: int
    updated_at: int
    resolved_at: int | None
    snoozed_until: int | None
    escalate_at: int | None
    escalated_at: int | None
    ambiguity: str
    labels: str
    findings: tuple[Finding, ...]

    @property
    def owners(self) -> frozenset[str]:
        """The teams that it concerns."""
        return frozenset({self.owner, *(finding.owner for finding in self.findings if finding.open)})

    @property
    def flags(self) -> tuple[Finding, ...]:
        """What is wrong now; of a settled case, what was. What is wrong with all of it comes first."""
        shown = [finding for finding in self.findings if finding.open] or self.findings
        return tuple(sorted(shown, key=lambda it: it.step != WHOLE))

    @property
    def others(self) -> tuple[str, ...]:
        """The teams whom this concerns beside its owner."""
        return tuple(dict.fromkeys(flag.owner for flag in self.flags if flag.owner and flag.owner != self.owner))


CASE_COLUMNS = [cases.c[name] for name in Case.__dataclass_fields__ if name != "findings"]
FINDING_COLUMNS = [case_findings.c[name] for name in Finding.__dataclass_fields__]


def page(connection: Connection, wanted: Wanted, sort: Sort, after: Place | None, limit: int) -> list[Case]:
    """At most `limit` cases behind `after`. `BadParameters` if `after` is a place in a list of another sort."""
    order = ORDERS[sort]
    behind = [] if after is None else [_behind(order, _values(after, sort))]
    # One state at a time, since the indexes begin with it.
    parts = [
        _part(select(*CASE_COLUMNS).where(cases.c.state == state, part, *narrowed, *behind), order, limit)
        for state in wanted.states
        for narrowed in [conditions(connection, replace(wanted, states=(state,)))]
        for part in PARTS.get(sort, (true(),))
    ]
    both = parts[0] if len(parts) == 1 else _merged(parts, order, limit)
    return _with_findings(connection, connection.execute(both).all())


def case(connection: Connection, id: str) -> Case | None:
    rows = connection.execute(select(*CASE_COLUMNS).where(cases.c.id == id)).all()
    return next(iter(_with_findings(connection, rows)), None)


def case_of(connection: Connection, workflow: str, correlation_id: str) -> Case | None:
    key = and_(cases.c.workflow == workflow, cases.c.correlation_id == correlation_id)
    rows = connection.execute(select(*CASE_COLUMNS).where(key)).all()
    return next(iter(_with_findings(connection, rows)), None)


def count(connection: Connection, wanted: Wanted, at_most: int) -> int:
    """How many cases are wanted; no more than `at_most` are counted."""
    narrowed = conditions(connection, wanted)
    found = select(cases.c.id).where(cases.c.state.in_(wanted.states), *narrowed).limit(at_most)
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def place_of(case: Case, sort: Sort) -> Place:
    values = [getattr(case, by.column) for by in ORDERS[sort]]
    return Place(sort, tuple(value.hex() if isinstance(value, float) else value for value in values))


def _values(place: Place, sort: Sort) -> list[Any]:
    """What `place_of` took, each of the type of its column."""
    order = ORDERS[sort]
    if place.sort != sort or len(place.values) != len(order):
        raise broken()
    return [_value(cases.c[by.column], value) for by, value in zip(order, place.values, strict=True)]


def _value(column: ColumnElement[Any], value: int | str | None) -> object:
    kind = column.type.python_type
    if kind is float and isinstance(value, str):
        try:
            return float.fromhex(value)
        except ValueError as error:
            raise broken() from error
    if not isinstance(value, kind) and not (kind is float and value is None):
        raise broken()
    if isinstance(value, str) and "\0" in value:
        raise broken()
    return value


def _part(query: Select[Any], order: Sequence[By], limit: int) -> Select[Any]:
    columns = [(query.selected_columns[by.column], by.descending) for by in order]
    return query.order_by(*(it.desc() if descending else it.asc() for it, descending in columns)).limit(limit)


def _merged(parts: Sequence[Select[Any]], order: Sequence[By], limit: int) -> Select[Any]:
    all_ = union_all(*(select(part.subquery()) for part in parts)).subquery()
    columns = [(all_.c[by.column], by.descending) for by in order]
    merged = (it.desc().nulls_last() if descending else it.asc() for it, descending in columns)
    return select(all_).order_by(*merged).limit(limit)


def _behind(order: Sequence[By], values: Sequence[Any]) -> ColumnElement[bool]:
    """True of what sorts behind these values: behind in the first column, or equal there and behind in the next…"""
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for by, value in zip(order, values, strict=True):
        column = cases.c[by.column]
        alternatives.append(and_(*equal, _past(column, value, by.descending)))
        equal.append(column.is_(None) if value is None else column == value)
    return and_(_from(order[0], values[0]), or_(*alternatives))


def _from(by: By, value: Any) -> ColumnElement[bool]:
    """Where to begin to read an index: alternatives alone would make both databases read it from its start."""
    column = cases.c[by.column]
    if column.nullable:
        return true()
    bound: ColumnElement[bool] = column <= value if by.descending else column >= value
    return bound


def _past(column: ColumnElement[Any], value: Any, descending: bool) -> ColumnElement[bool]:
    if value is None:
        return false()
    return or_(column < value, column.is_(None)) if descending else column > value


def _with_findings(connection: Connection, rows: Sequence[Sequence[Any]]) -> list[Case]:
    ids = [row[0] for row in rows]
    query = select(case_findings.c.case_id, *FINDING_COLUMNS).where(case_findings.c.case_id.in_(ids))
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    ordered = query.order_by(case_findings.c.step_order, case_findings.c.step, case_findings.c.kind)
    for case_id, *finding in connection.execute(ordered):
        found[case_id].append(Finding(*finding))
    return [Case(*[*row, tuple(found[row[0]])]) for row in rows]
