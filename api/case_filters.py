"""Which cases are wanted, as conditions of SQL. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from api.parameters import Age, CaseFilters
from reconcile.cases.case import State
from reconcile.teams import EVERY_TEAM, Teams
from store.event import DAY, HOUR
from store.tables import case_findings, cases

FEW = 1_000
_LAST = "\U0010ffff"  # no character, and behind all of them

HOLDS = case_findings.c.open == true()  # so put, an index serves it on SQLite too

NOBODY, ME = "none", "me"

AGES: Mapping[Age, tuple[int, int | None]] = {
    "under_1h": (0, HOUR),
    "1h_4h": (HOUR, 4 * HOUR),
    "4h_24h": (4 * HOUR, DAY),
    "1d_7d": (DAY, 7 * DAY),
    "over_7d": (7 * DAY, None),
}
"""From how long on a case is of this age, and from how long on no more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list, as seen by `me` at `now`. `beginning` is that of the correlation ID. `teams`: only what
    concerns one of them."""

    filters: CaseFilters
    states: tuple[State, ...] = tuple(State)
    correlation_id: str | None = None
    beginning: str | None = None
    now: int = 0
    me: str = ""
    teams: Teams = EVERY_TEAM


def conditions(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """All but the state, by which the indexes begin."""
    return [*_of_case(wanted), *_of_correlation_id(connection, wanted), *_of_findings(connection, wanted)]


def of_age(age: Age, now: int) -> list[ColumnElement[bool]]:
    """Of the instant since which it is stuck."""
    least, most = AGES[age]
    at_least = [cases.c.since <= now - least] if least else []
    return [*at_least, *([cases.c.since > now - most] if most is not None else [])]


def _of_case(wanted: Wanted) -> list[ColumnElement[bool]]:
    filters = wanted.filters
    equal = {"workflow": filters.workflow, "severity": filters.severity, "assignee": _assignee(wanted)}
    found = [cases.c[name] == value for name, value in equal.items() if value is not None]
    if filters.escalated is not None:
        found.append(cases.c.escalated_at.is_not(None) if filters.escalated else cases.c.escalated_at.is_(None))
    if (teams := wanted.teams.names) is not None:
        theirs = select(case_findings.c.case_id).where(HOLDS, case_findings.c.owner.in_(teams))
        found.append(or_(cases.c.owner.in_(teams), cases.c.id.in_(theirs)))
    if filters.age is not None:
        found += of_age(filters.age, wanted.now)
    return found


def _assignee(wanted: Wanted) -> str | None:
    given = wanted.filters.assignee
    return {NOBODY: "", ME: wanted.me}.get(given, given) if given is not None else None


def _of_correlation_id(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.correlation_id is not None:
        # By its own index: SQLite would rather walk along the index of the sort and look at every case.
        found.append(cases.c.id.in_(select(cases.c.id).where(cases.c.correlation_id == wanted.correlation_id)))
    if wanted.beginning is not None:
        found.append(_begins(connection, wanted.beginning))
    return found


def _begins(connection: Connection, beginning: str) -> ColumnElement[bool]:
    """Where they are few they are given by name, as below. By bytes, which is how SQLite compares text, and what these
    operators of PostgreSQL do, whatever its collation; LIKE ignores case on SQLite."""
    least, below = ("~>=~", "~<~") if connection.dialect.name == "postgresql" else (">=", "<")
    id = cases.c.correlation_id
    fits = and_(id.bool_op(least)(beginning), id.bool_op(below)(beginning + _LAST))
    ids = connection.execute(select(cases.c.id).where(fits).limit(FEW + 1)).scalars().all()
    return cases.c.id.in_(ids) if len(ids) <= FEW else func.substr(id, 1, len(beginning)) == beginning


def _of_findings(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    filters = wanted.filters
    given = {"step": filters.step, "owner": filters.owner, "kind": filters.kind}
    fits = [case_findings.c[name] == value for name, value in given.items() if value is not None]
    if not fits:
        return []
    now = _with_finding(connection, [HOLDS, *fits])
    if State.RESOLVED not in wanted.states:
        return [now]
    ever = _with_finding(connection, fits)
    return [or_(and_(cases.c.state != State.RESOLVED, now), and_(cases.c.state == State.RESOLVED, ever))]


def _with_finding(connection: Connection, fits: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Not EXISTS: SQLite takes any index that the filter fits for it, and reads all of that for each case. Where they
    are few they are given by name, since what is rare is met early nowhere along the index of a sort."""
    found = select(case_findings.c.case_id).where(*fits)
    ids = connection.execute(found.limit(FEW + 1)).scalars().all()
    return cases.c.id.in_(ids if len(ids) <= FEW else found)
