"""The outbox: messages that wait to be sent, in the SQL database. Times are microseconds since the Unix epoch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, update

from store.database import Database, upsert
from store.tables import disabled_endpoints, message_attempts, message_subjects, messages


class State(StrEnum):
    PENDING = "pending"  # to be sent, at `next_attempt_at` or later
    DELIVERED = "delivered"  # the endpoint took it
    FAILED = "failed"  # given up for good; `last_error` says why


@dataclass(frozen=True, slots=True)
class About:
    """What a letter tells of: this transition of a subject. It is the `ordinal`-th to this endpoint about it."""

    subject: str
    transition: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one endpoint: the `number`-th of its group."""

    id: str
    group_id: str
    number: int
    endpoint: str
    type: str
    payload: str
    about: Sequence[About]


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that the holder may send until `until`. `attempts` counts this one, since it was last sent anew;
    `number` counts all there ever were."""

    id: str
    endpoint: str
    payload: str
    attempts: int
    until: int
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. `status` is that of HTTP, if there was an answer; `gone`: it takes no more."""

    state: State
    next_attempt_at: int
    status: int | None
    error: str
    gone: bool = False


# Made once: to put a statement together takes longer than to run it.

_mine, _theirs = message_subjects.alias("mine"), message_subjects.alias("theirs")
_earlier = messages.alias("earlier")

# An earlier message about one of its subjects is still to be sent to the same endpoint.
_WAITS = (
    exists()
    .select_from(_mine)
    .where(
        _mine.c.message_id == messages.c.id,
        exists()
        .select_from(_theirs)
        .where(
            _theirs.c.subject == _mine.c.subject,
            _theirs.c.receiver == _mine.c.receiver,
            _theirs.c.ordinal < _mine.c.ordinal,
            _earlier.c.id == _theirs.c.message_id,
            _earlier.c.state == State.PENDING,
        ),
    )
)

_DUE = (
    messages.c.state == State.PENDING,
    messages.c.next_attempt_at <= bindparam("now"),
    ~exists().where(disabled_endpoints.c.name == messages.c.receiver),
    ~_WAITS,
)

_WAITING = select(messages.c.receiver).where(*_DUE).distinct()

_FIRST = (
    select(messages)
    .where(*_DUE)
    .order_by(messages.c.next_attempt_at)
    .limit(1)
    .with_for_update(skip_locked=True, of=messages)
)

_FIRST_OF = _FIRST.where(messages.c.receiver == bindparam("name"))


def add(connection: Connection, letters: Sequence[Letter], now: int) -> None:
    """Put them in, within the caller's transaction. A second one of the same ordinal the constraint does not let in."""
    connection.execute(insert(messages), [_row(letter, now) for letter in letters])
    subjects = [
        {"message_id": letter.id, "receiver": letter.endpoint, **asdict(it)}
        for letter in letters
        for it in letter.about
    ]
    connection.execute(insert(message_subjects), subjects)


def _row(letter: Letter, now: int) -> dict[str, object]:
    return {
        "id": letter.id,
        "group_id": letter.group_id,
        "number": letter.number,
        "receiver": letter.endpoint,
        "type": letter.type,
        "subjects": len(letter.about),
        "payload": letter.payload,
        "state": State.PENDING,
        "attempts": 0,
        "attempts_before": 0,
        "next_attempt_at": now,
        "created_at": now,
        "last_error": "",
    }


def waiting(database: Database, now: int) -> list[str]:
    """The names of the endpoints for which something is due."""
    with database.read() as connection:
        return list(connection.execute(_WAITING, {"now": now}).scalars())


def claim(database: Database, now: int, hold: int, endpoint: str | None = None) -> Claim | None:
    """Take the message that has been due for longest, for `hold` µs; `None` if nothing is due.

    Taking it counts as an attempt and moves its next one behind the hold: so two senders never have the same message,
    and one whose sender dies is tried again.
    """
    with database.begin() as connection:
        first = _FIRST if endpoint is None else _FIRST_OF
        row = connection.execute(first, {"now": now, "name": endpoint}).one_or_none()
        if row is None:
            return None
        taken = connection.execute(
            update(messages)
            .where(messages.c.id == row.id, *_held(row.next_attempt_at))
            .values(next_attempt_at=now + hold, attempts=row.attempts + 1)
        )
        if taken.rowcount != 1:
            return None
    return Claim(
        row.id, row.receiver, row.payload, row.attempts + 1 - row.attempts_before, now + hold, row.attempts + 1
    )


def record(database: Database, claim: Claim, outcome: Outcome, now: int, took: int = 0) -> bool:
    """Write down what became of it after `took` µs; false if the claim had run out and somebody else has it."""
    with database.begin() as connection:
        written = connection.execute(
            update(messages)
            .where(messages.c.id == claim.id, *_held(claim.until))
            .values(
                state=outcome.state,
                next_attempt_at=outcome.next_attempt_at,
                delivered_at=now if outcome.state is State.DELIVERED else None,
                last_status=outcome.status,
                last_error=outcome.error,
            )
        )
        attempt = {"at": now, "took": took, "status": outcome.status, "error": outcome.error}
        connection.execute(insert(message_attempts).values(message_id=claim.id, number=claim.number, **attempt))
        if outcome.gone:
            _disable(connection, claim.endpoint, outcome.error, now)
    return written.rowcount == 1


def _disable(connection: Connection, endpoint: str, reason: str, now: int) -> None:
    row = upsert(connection.dialect.name, disabled_endpoints).values(name=endpoint, at=now, reason=reason)
    connection.execute(row.on_conflict_do_nothing())


def _held(next_attempt_at: int) -> tuple[ColumnElement[bool], ...]:
    """Nobody else has taken it since it was seen so."""
    return messages.c.state == State.PENDING, messages.c.next_attempt_at == next_attempt_at
