"""The outbox: notifications that wait to be sent, in the SQL database. Times are microseconds since the Unix epoch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, update

from reconcile.cases.case import News
from store.database import Database
from store.tables import outbox


class State(StrEnum):
    PENDING = "pending"  # to be sent, at `next_attempt_at` or later
    DELIVERED = "delivered"  # the endpoint took it
    FAILED = "failed"  # given up for good; `last_error` says why


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification to one endpoint."""

    id: str
    case_id: str
    transition: int
    endpoint: str
    type: News
    payload: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A notice that the holder may send until `until`. `attempts` counts this one."""

    id: str
    endpoint: str
    payload: str
    attempts: int
    until: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. `status` is that of HTTP, if there was an answer."""

    state: State
    next_attempt_at: int
    status: int | None
    error: str


# Made once: to put a statement together takes longer than to run it.

_earlier = outbox.alias("earlier")

# Its time has come, and no earlier notice of its case is still to be sent to the same endpoint.
_DUE = (
    outbox.c.state == State.PENDING,
    outbox.c.next_attempt_at <= bindparam("now"),
    ~exists().where(
        _earlier.c.case_id == outbox.c.case_id,
        _earlier.c.endpoint == outbox.c.endpoint,
        _earlier.c.transition < outbox.c.transition,
        _earlier.c.state == State.PENDING,
    ),
)

_WAITING = select(outbox.c.endpoint).where(*_DUE).distinct()

_FIRST = (
    select(outbox.c.id, outbox.c.endpoint, outbox.c.payload, outbox.c.attempts, outbox.c.next_attempt_at)
    .where(*_DUE)
    .order_by(outbox.c.next_attempt_at)
    .limit(1)
    .with_for_update(skip_locked=True, of=outbox)
)

_FIRST_OF = _FIRST.where(outbox.c.endpoint == bindparam("name"))


def add(connection: Connection, notices: Sequence[Notice], now: int) -> None:
    """Put them in, within the caller's transaction. A transition goes to an endpoint once: the constraint says so."""
    rows = [
        {
            "id": notice.id,
            "case_id": notice.case_id,
            "transition": notice.transition,
            "endpoint": notice.endpoint,
            "type": notice.type,
            "payload": notice.payload,
            "state": State.PENDING,
            "attempts": 0,
            "next_attempt_at": now,
            "created_at": now,
            "last_error": "",
        }
        for notice in notices
    ]
    if rows:
        connection.execute(insert(outbox), rows)


def told(connection: Connection, case_ids: Iterable[str]) -> dict[str, list[str]]:
    """By case, the endpoints whose last message about it, sent or to be sent, was not that it is resolved."""
    rows = connection.execute(
        select(outbox.c.case_id, outbox.c.endpoint, outbox.c.type)
        .where(outbox.c.case_id.in_(list(case_ids)))
        .order_by(outbox.c.transition)
    )
    last = {(row.case_id, row.endpoint): row.type for row in rows}
    endpoints: defaultdict[str, list[str]] = defaultdict(list)
    for (case, endpoint), type_ in last.items():
        if type_ != News.RESOLVED:
            endpoints[case].append(endpoint)
    return endpoints


def waiting(database: Database, now: int) -> list[str]:
    """The names of the endpoints for which something is due."""
    with database.read() as connection:
        return list(connection.execute(_WAITING, {"now": now}).scalars())


def claim(database: Database, now: int, hold: int, endpoint: str | None = None) -> Claim | None:
    """Take the notice that has been due for longest, for `hold` µs; `None` if nothing is due.

    Taking it counts as an attempt and moves its next one behind the hold: so two senders never have the same notice,
    and one whose sender dies is tried again.
    """
    with database.begin() as connection:
        first = _FIRST if endpoint is None else _FIRST_OF
        row = connection.execute(first, {"now": now, "name": endpoint}).one_or_none()
        if row is None:
            return None
        taken = connection.execute(
            update(outbox)
            .where(outbox.c.id == row.id, *_held(row.next_attempt_at))
            .values(next_attempt_at=now + hold, attempts=row.attempts + 1)
        )
        if taken.rowcount != 1:
            return None
    return Claim(row.id, row.endpoint, row.payload, row.attempts + 1, now + hold)


def record(database: Database, claim: Claim, outcome: Outcome, now: int) -> bool:
    """Write down what became of it; false if the claim had run out and somebody else has the notice."""
    with database.begin() as connection:
        written = connection.execute(
            update(outbox)
            .where(outbox.c.id == claim.id, *_held(claim.until))
            .values(
                state=outcome.state,
                next_attempt_at=outcome.next_attempt_at,
                delivered_at=now if outcome.state is State.DELIVERED else None,
                last_status=outcome.status,
                last_error=outcome.error,
            )
        )
    return written.rowcount == 1


def _held(next_attempt_at: int) -> tuple[ColumnElement[bool], ...]:
    """Nobody else has taken it since it was seen so."""
    return outbox.c.state == State.PENDING, outbox.c.next_attempt_at == next_attempt_at
