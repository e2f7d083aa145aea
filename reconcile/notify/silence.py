"""Silences: of what fits all matchers nothing is told for a while. One that begins later is a maintenance window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from store.database import Database
from store.matcher import Facts, Matcher, all_fit, parse
from store.tables import groups, silences, tellings


@dataclass(frozen=True, slots=True)
class Silence:
    """A row of `silences`. Times are µs UTC; it holds from `starts_at` on, up to `ends_at`."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: int
    ends_at: int
    author: str
    reason: str
    created_at: int
    ended_by: str

    def fits(self, facts: Facts) -> bool:
        return all_fit(self.matchers, facts)

    def state(self, now: int) -> str:
        """`waiting` for its beginning, `in force` or `over`."""
        return "over" if self.ends_at <= now else "in force" if self.starts_at <= now else "waiting"


def in_force(connection: Connection, now: int, *, locked: bool = False) -> list[Silence]:
    """Those that hold at `now`, those that end last first; not those that were lifted, by whosever clock.

    `locked`: they are not lifted before the end of this transaction, so that whoever lifts them sees what it held back.
    """
    statement = (
        select(silences)
        .where(silences.c.starts_at <= now, silences.c.ends_at > now, silences.c.lifted_at.is_(None))
        .order_by(silences.c.ends_at.desc(), silences.c.id)
    )
    return [of_row(row) for row in connection.execute(statement.with_for_update(read=True) if locked else statement)]


def silenced_by(facts: Facts, silences: Iterable[Silence]) -> Silence | None:
    """The first of these silences that means this case."""
    return next((it for it in silences if it.fits(facts)), None)


def of_row(row: Row[Any]) -> Silence:
    matchers = tuple(parse(text) for text in msgspec.json.decode(row.matchers, type=list[str]))
    return Silence(row.id, matchers, row.starts_at, row.ends_at, row.author, row.reason, row.created_at, row.ended_by)


def texts(matchers: Sequence[Matcher]) -> list[str]:
    """As people write them, and as they are stored."""
    return [str(it) for it in matchers]


def lift(database: Database, now: int) -> bool:
    """Let go what silences held that are over; whether there were any. What is unresolved still is told then."""
    with database.read() as connection:
        if connection.execute(select(silences.c.id).where(*_over(now)).limit(1)).first() is None:
            return False
    with database.begin() as connection:
        connection.execute(update(silences).where(*_over(now)).values(lifted_at=now))
        held = select(tellings.c.group_id).where(tellings.c.held)
        connection.execute(
            update(groups)
            .where(groups.c.id.in_(held), or_(groups.c.due_at.is_(None), groups.c.due_at > now))
            .values(due_at=now)
        )
    return True


def _over(now: int) -> tuple[ColumnElement[bool], ...]:
    return silences.c.lifted_at.is_(None), silences.c.ends_at <= now
