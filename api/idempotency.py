"""What was asked under an idempotency key: done once, and answered as before when it is asked again. Times are µs UTC.

A row says who works on it and until when. The change itself, in its own transaction, writes down that it happened
(`Database.also`): so after a kill it is known whether it did, and a request that was given up for dead changes nothing.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update
from sqlalchemy.exc import IntegrityError

from api.problem import ApiError
from store.database import Database
from store.event import DAY, MINUTE
from store.tables import idempotency_keys as keys

KEPT = DAY
HELD = 5 * MINUTE  # longer than any request takes; then another may take it up
WAIT = "2"  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """`caller` and `key` name it; `request` is a digest of what was asked, `holder` this very request."""

    caller: str
    key: str
    request: str
    holder: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class KeyUsed(ApiError):
    """The key is of another request."""

    def __init__(self) -> None:
        super().__init__(422, "This Idempotency-Key was used for another request. Take a new one for each.")


class UnderWay(ApiError):
    """Somebody works on it."""

    def __init__(self) -> None:
        words = "What was asked under this Idempotency-Key is under way. Ask again in a moment."
        super().__init__(409, words, headers={"Retry-After": WAIT})


class AnswerLost(ApiError):
    """It happened, and nobody knows any more what was answered."""

    def __init__(self) -> None:
        words = (
            "What was asked under this Idempotency-Key was done, at least in part, and its answer was lost when the "
            "server stopped. Look at what is there now."
        )
        super().__init__(409, words)


def claim(database: Database, asked: Asked, now: int) -> Answer | None:
    """The answer that was given before; `None`: it is the caller's to do, and to `finish` or `release`.

    Raises `KeyUsed`, `UnderWay`, `AnswerLost`, or `StoreUnavailable`.
    """
    try:
        with database.begin() as connection:
            connection.execute(delete(keys).where(keys.c.begun_at <= now - KEPT))
            found = connection.execute(select(keys).where(_named(asked)).with_for_update()).one_or_none()
            if found is None:
                connection.execute(keys.insert().values(**_row(asked, now)))
                return None
            return _earlier(connection, found, asked, now)
    except IntegrityError:
        raise UnderWay from None  # begun at the same instant


def _earlier(connection: Connection, found: Row[tuple[object, ...]], asked: Asked, now: int) -> Answer | None:
    if found.request != asked.request:
        raise KeyUsed
    if found.status is not None:
        return Answer(found.status, msgspec.json.decode(found.headers), base64.b64decode(found.body))
    if now < found.held_until:
        raise UnderWay
    if found.changed_at is not None:
        raise AnswerLost
    again = update(keys).where(_named(asked), keys.c.holder == found.holder)
    connection.execute(again.values(holder=asked.holder, held_until=now + HELD))
    return None


def change(connection: Connection, asked: Asked, now: int) -> None:
    """Write down, in the transaction of a change, that it is one. Raises `UnderWay` where somebody has taken it up."""
    held = update(keys).where(_named(asked), keys.c.holder == asked.holder)
    if not connection.execute(held.values(changed_at=now)).rowcount:
        raise UnderWay


def finish(database: Database, asked: Asked, answer: Answer) -> None:
    """What is answered from now on."""
    kept = {
        "status": answer.status,
        "headers": msgspec.json.encode(answer.headers).decode(),
        "body": base64.b64encode(answer.body).decode(),
    }
    with database.begin() as connection:
        connection.execute(update(keys).where(_named(asked), keys.c.holder == asked.holder).values(**kept))


def release(database: Database, asked: Asked) -> bool:
    """Let it be asked again, if nothing was changed; whether that is so."""
    mine = and_(_named(asked), keys.c.holder == asked.holder, keys.c.changed_at.is_(None))
    with database.begin() as connection:
        return connection.execute(delete(keys).where(mine)).rowcount > 0


def changing(asked: Asked, now: int) -> partial[None]:
    """What the transactions of this request write as well."""
    return partial(change, asked=asked, now=now)


def _named(asked: Asked) -> ColumnElement[bool]:
    return and_(keys.c.caller == asked.caller, keys.c.key == asked.key)


def _row(asked: Asked, now: int) -> dict[str, object]:
    return {
        "caller": asked.caller,
        "key": asked.key,
        "request": asked.request,
        "holder": asked.holder,
        "begun_at": now,
        "held_until": now + HELD,
        "headers": "{}",
        "body": "",
    }
