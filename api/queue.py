"""Cases, read from the SQL database: filtered, sorted, page by page. Times are µs UTC, `None` where there is none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, or_, select, union_all
from sqlalchemy.sql.base import ColumnCollection

from api.cursor import broken
from api.parameters import CaseFilters, Sort
from rules.verdict import WHOLE
from store.tables import case_findings, cases

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page of cases ended: the values of the columns it was sorted by. Fractions are hexadecimal, exact."""

    sort: Sort
    values: tuple[Int64 | str | None, ...]


@dataclass(frozen=True, slots=True)
class By:
    column: str
    descending: bool = False


# Each ends with the unique id; a sort whose parts all run one way can be read off an index.
ORDERS: dict[Sort, tuple[By, ...]] = {
    "age": (By("since"), By("id")),
    "newest": (By("since", descending=True), By("id", descending=True)),
    "risk": (By("at_risk", descending=True), By("id", descending=True)),
    "severity": (By("severity_rank", descending=True), By("since"), By("id")),
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


@dataclass(frozen=True, slots=True)
class Case:
    """A row of `cases`, with its findings in the order of the workflow's steps."""

    id: str
    workflow: str
    correlation_id: str
    noun: str
    state: str
    reason: str
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
    findings: tuple[Finding, ...]

    @property
    def flags(self) -> tuple[Finding, ...]:
        """What is wrong now; of a settled case, what was. What is wrong with all of it comes first."""
        shown = [finding for finding in self.findings if finding.open] or self.findings
        return tuple(sorted(shown, key=lambda it: it.step != WHOLE))

    @property
    def others(self) -> tuple[str, ...]:
        """The teams whom this concerns beside its owner."""
        return tuple(dict.fromkeys(flag.owner for flag in self.flags if flag.owner and flag.owner != self.owner))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list. `state` `None` is every state; `beginning` is that of the correlation ID."""

    filters: CaseFilters
    state: str | None = None
    correlation_id: str | None = None
    beginning: str | None = None


CASE_COLUMNS = [cases.c[name] for name in Case.__dataclass_fields__ if name != "findings"]
FINDING_COLUMNS = [case_findings.c[name] for name in Finding.__dataclass_fields__]
STATES = ("open", "resolved")


def page(connection: Connection, wanted: Wanted, sort: Sort, after: Place | None, limit: int) -> list[Case]:
    """At most `limit` cases behind `after`. `BadParameters` if `after` is a place in a list of another sort."""
    order = ORDERS[sort]
    conditions = _conditions(wanted)
    if after is not None:
        conditions.append(_behind(order, _values(after, sort)))
    # One state at a time, since the indexes begin with it.
    states = [wanted.state] if wanted.state else STATES
    parts = [
        _sorted(select(*CASE_COLUMNS).where(cases.c.state == state, *conditions), order, limit) for state in states
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
    states = [wanted.state] if wanted.state else STATES
    found = select(cases.c.id).where(cases.c.state.in_(states), *_conditions(wanted)).limit(at_most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


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


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    filters = wanted.filters
    equal = {"workflow": filters.workflow, "severity": filters.severity}
    conditions = [cases.c[name] == value for name, value in equal.items() if value is not None]
    if wanted.correlation_id is not None:
        # By its own index: SQLite would rather walk along the index of the sort and look at every case.
        conditions.append(cases.c.id.in_(select(cases.c.id).where(cases.c.correlation_id == wanted.correlation_id)))
    if wanted.beginning is not None:
        # Not LIKE: it ignores case on SQLite, and collation would mislead a comparison on PostgreSQL.
        conditions.append(func.substr(cases.c.correlation_id, 1, len(wanted.beginning)) == wanted.beginning)
    of_finding = {"step": filters.step, "owner": filters.owner, "kind": filters.kind}
    fits = [case_findings.c[name] == value for name, value in of_finding.items() if value is not None]
    if fits:
        still = or_(case_findings.c.open, cases.c.state != "open")
        conditions.append(exists().where(case_findings.c.case_id == cases.c.id, still, *fits))
    return conditions


def _sorted(query: Select[Any], order: Sequence[By], limit: int) -> Select[Any]:
    columns = query.selected_columns
    return query.order_by(*_order_by(order, columns)).limit(limit)


def _merged(parts: Sequence[Select[Any]], order: Sequence[By], limit: int) -> Select[Any]:
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return _sorted(select(both), order, limit)


def _order_by(order: Sequence[By], columns: ColumnCollection[str, Any]) -> list[ColumnElement[Any]]:
    return [columns[by.column].desc().nulls_last() if by.descending else columns[by.column].asc() for by in order]


def _behind(order: Sequence[By], values: Sequence[Any]) -> ColumnElement[bool]:
    """True of what sorts behind these values: behind in the first column, or equal there and behind in the next…"""
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for by, value in zip(order, values, strict=True):
        column = cases.c[by.column]
        alternatives.append(and_(*equal, _past(column, value, by.descending)))
        equal.append(column.is_(None) if value is None else column == value)
    return or_(*alternatives)


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
