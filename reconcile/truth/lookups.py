"""Rows of `lookups`: what is asked about which step of which case, and when next. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, exists, or_, select, update

from reconcile.cases.case import State as CaseState
from reconcile.rulebook import Rulebook
from reconcile.truth.source import Question
from rules.verdict import Kind
from store.database import Database, upsert
from store.tables import case_findings, cases, lookups

Lane = tuple[str, str]  # workflow, step: what is asked at one source


class State(StrEnum):
    WAITING = "waiting"  # to be asked at `next_at`
    ANSWERED = "answered"  # the source has said it
    IDLE = "idle"  # nobody needs to know: the finding has closed, or the case is resolved


class Trigger(StrEnum):
    """Why it is asked next, or was last."""

    FINDING = "finding"  # the step went missing
    SCHEDULE = "schedule"  # it could not be told so far
    BUTTON = "button"  # somebody wants to know
    RECHECK = "recheck"  # somebody wants to know of everything pending


@dataclass(frozen=True, slots=True)
class Wanted:
    """A step of a case that is to be asked about."""

    case_id: str
    step: str
    workflow: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A lookup that the holder may make until `until`. `attempts` (since the last answer) and `total` count it."""

    wanted: Wanted
    rule_hash: str
    customer: str
    attempts: int
    total: int
    due: int
    until: int
    outcome: str
    note: str

    @property
    def question(self) -> Question:
        return Question(self.wanted.workflow, self.wanted.correlation_id, self.wanted.step, self.rule_hash)


# A source can say whether a step happened. So what is asked about is `missing`, the one finding that is unknown: what
# failed, came late, twice or too soon is known, and whether something was undone is another question.
_UNSETTLED = (
    case_findings.c.open,
    case_findings.c.kind == Kind.MISSING,
    ~case_findings.c.settled,
    cases.c.state != CaseState.RESOLVED,
)

_OF_LOOKUP = and_(case_findings.c.case_id == lookups.c.case_id, case_findings.c.step == lookups.c.step)

# Somebody's own question is asked whatever has become of the finding.
_STILL_WANTED = or_(
    lookups.c.trigger == Trigger.BUTTON,
    exists().where(_OF_LOOKUP, cases.c.id == case_findings.c.case_id, *_UNSETTLED),
)

_DUE = (lookups.c.state == State.WAITING, lookups.c.next_at <= bindparam("now"))

_WAITING = select(lookups.c.workflow, lookups.c.step).where(*_DUE).distinct()

_RULE_HASH = (
    select(case_findings.c.rule_hash)
    .where(_OF_LOOKUP)
    .order_by(case_findings.c.version.desc())
    .limit(1)
    .scalar_subquery()
)

_FIRST = (
    select(
        lookups,
        cases.c.customer,
        _RULE_HASH.label("rule_hash"),
        _STILL_WANTED.label("still_wanted"),
    )
    .join(cases, cases.c.id == lookups.c.case_id)
    .where(*_DUE)
    .order_by(lookups.c.next_at)
    .limit(1)
    .with_for_update(skip_locked=True, of=lookups)
)

_FIRST_OF = _FIRST.where(lookups.c.workflow == bindparam("of_workflow"), lookups.c.step == bindparam("of_step"))


def missing(workflow: str, step: str) -> Select[tuple[str, str, str, str]]:
    """The cases in which this step is missing, and unsettled."""
    columns = case_findings.c
    return (
        select(columns.case_id, columns.step, columns.workflow, columns.correlation_id)
        .join(cases, cases.c.id == columns.case_id)
        .where(columns.workflow == workflow, columns.step == step, *_UNSETTLED)
    )


def unasked(connection: Connection, lane: Lane, limit: int) -> list[Wanted]:
    """Some of the cases in which this step is missing and nobody asks about it yet, or any more."""
    columns = case_findings.c
    asked = and_(lookups.c.case_id == columns.case_id, lookups.c.step == columns.step)
    statement = missing(*lane).join(lookups, asked, isouter=True)
    rows = connection.execute(
        statement.where(or_(lookups.c.case_id.is_(None), lookups.c.state == State.IDLE)).limit(limit)
    )
    return [Wanted(row.case_id, row.step, row.workflow, row.correlation_id) for row in rows]


def begin(connection: Connection, wanted: Sequence[Wanted], now: int) -> None:
    """Ask about these at once, where nobody does; within the caller's transaction."""
    fresh = {
        "state": State.WAITING,
        "trigger": Trigger.FINDING,
        "asked_by": "",
        "attempts": 0,
        "next_at": now,
    }
    rows = [{**new(it), **fresh} for it in wanted]
    if rows:
        again = upsert(connection.dialect.name, lookups).on_conflict_do_update(
            index_elements=[lookups.c.case_id, lookups.c.step], set_=fresh, where=lookups.c.state == State.IDLE
        )
        connection.execute(again, rows)


def new(wanted: Wanted) -> dict[str, object]:
    """What of a row does not say when and why it is asked."""
    return {**asdict(wanted), "total": 0, "outcome": "", "note": ""}


def lanes(rulebook: Rulebook) -> list[Lane]:
    """The steps for which a rule in force names a source of truth."""
    steps = ((workflow.name, it) for workflow in rulebook.workflows for it in workflow.steps)
    return list(dict.fromkeys((name, it.name) for name, it in steps if it.truth is not None))


def waiting(database: Database, now: int) -> list[Lane]:
    """The sources that something is due to be asked at."""
    with database.read() as connection:
        return [(workflow, step) for workflow, step in connection.execute(_WAITING, {"now": now})]


def claim(database: Database, now: int, hold: int, lane: Lane | None = None) -> Claim | None:
    """Take the lookup that has been due for longest, for `hold` µs; `None` if nothing is due.

    Taking it moves its next time behind the hold: so two never make the same one, and that of a holder who dies is made
    again. What nobody needs to know any more is laid aside on the way.
    """
    first = _FIRST if lane is None else _FIRST_OF
    parameters = {"now": now} if lane is None else {"now": now, "of_workflow": lane[0], "of_step": lane[1]}
    with database.begin() as connection:
        while (row := connection.execute(first, parameters).one_or_none()) is not None:
            if row.still_wanted:
                return _taken(connection, row, now + hold)
            _change(connection, _as_seen(row), {"state": State.IDLE})
    return None


def put_back(database: Database, claim: Claim) -> None:
    """It was not made, and is due as before."""
    with database.begin() as connection:
        changes = {"next_at": claim.due, "attempts": claim.attempts - 1, "total": claim.total - 1}
        _change(connection, _held(claim), changes)


def record(connection: Connection, claim: Claim, changes: Mapping[str, object]) -> bool:
    """Write down what became of it; false if the claim has run out, or somebody asked anew meanwhile."""
    return _change(connection, _held(claim), changes)


def _taken(connection: Connection, row: Row[tuple[object, ...]], until: int) -> Claim | None:
    attempts, total = row.attempts + 1, row.total + 1
    if not _change(connection, _as_seen(row), {"next_at": until, "attempts": attempts, "total": total}):
        return None
    wanted = Wanted(row.case_id, row.step, row.workflow, row.correlation_id)
    customer, rule_hash = row.customer or "", row.rule_hash or ""
    return Claim(wanted, rule_hash, customer, attempts, total, row.next_at, until, row.outcome, row.note)


def _change(connection: Connection, unchanged: ColumnElement[bool], changes: Mapping[str, object]) -> bool:
    return connection.execute(update(lookups).where(unchanged).values(**changes)).rowcount == 1


def _as_seen(row: Row[tuple[object, ...]]) -> ColumnElement[bool]:
    return _unchanged(row.case_id, row.step, row.next_at)


def _held(claim: Claim) -> ColumnElement[bool]:
    return _unchanged(claim.wanted.case_id, claim.wanted.step, claim.until)


def _unchanged(case_id: str, step: str, next_at: int) -> ColumnElement[bool]:
    """Nobody else has taken it since it was seen so."""
    columns = lookups.c
    return and_(
        columns.case_id == case_id, columns.step == step, columns.state == State.WAITING, columns.next_at == next_at
    )
