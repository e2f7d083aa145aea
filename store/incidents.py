"""Incidents: sources that fell silent, for which judgement waits. Times are µs, UTC.

One begins, may be let go of (it held for as long as it may, or a person ended it), and ends when what fell silent is
heard as usual.
"""

import json
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, case, insert, or_, select, tuple_, update

from store.tables import incidents
from store.uuid7 import uuid7

SILENT = "source_silent"
ANY = "*"

Place = tuple[int, str]
"""Where a page ends: when the last incident of it began, and its id."""


class Because(StrEnum):
    BACK = "back"
    RAN_OUT = "ran_out"  # it held for as long as it may
    DISMISSED = "dismissed"  # by a person


class Change(IntEnum):
    """What has happened to one last; they come in this order."""

    SILENT = 1
    LET_GO = 2  # still silent, and nothing is held for it any more
    BACK = 3


class Stream(NamedTuple):
    """Events of a name from a source, each of which `*` leaves open."""

    source: str = ANY
    name: str = ANY


@dataclass(frozen=True, slots=True)
class Fallen:
    """What fell silent: `subject` says it to people, `streams` exactly, and `names` are of all events that may be
    lacking for it. `since`: when the last of them was accepted; or from when on they were few, `percent` of what is
    usual."""

    subject: str
    streams: tuple[Stream, ...]
    names: tuple[str, ...]
    since: int
    expected: str
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Incident:
    """As `Fallen`. It holds up to `until`, or until `let_go_at`. `held`: how many correlation IDs were waiting when
    that was last counted. `told`: the change that owners were told of last, 0 for none."""

    id: str
    kind: str
    subject: str
    names: tuple[str, ...]
    since: int
    began_at: int
    until: int
    expected: str
    held: int = 0
    let_go_at: int | None = None
    ended_at: int | None = None
    because: str = ""
    ended_by: str = ""
    reason: str = ""
    streams: tuple[Stream, ...] = ()
    percent: int = 0
    told: int = 0

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def is_holding(self) -> bool:
        return self.is_open and self.let_go_at is None

    @property
    def how(self) -> str:
        """How little came, after the subject."""
        return f"at {self.percent} % of the usual" if self.percent else "silent"

    @property
    def change(self) -> Change:
        return Change.SILENT if self.is_holding else Change.LET_GO if self.is_open else Change.BACK


_CHANGE = case(
    (incidents.c.ended_at.is_not(None), Change.BACK.value),
    (incidents.c.let_go_at.is_not(None), Change.LET_GO.value),
    else_=Change.SILENT.value,
)


def begin(connection: Connection, fallen: Fallen, now: int, until: int) -> Incident:
    """Enter it; it holds from now on, and until then at most."""
    began = Incident(
        id=str(uuid7(now)),
        kind=SILENT,
        subject=fallen.subject,
        names=fallen.names,
        since=fallen.since,
        began_at=now,
        until=until,
        expected=fallen.expected,
        streams=fallen.streams,
        percent=fallen.percent,
    )
    row = asdict(began) | {"names": json.dumps(began.names), "streams": json.dumps(began.streams)}
    connection.execute(insert(incidents).values(row))
    return began


def let_go(connection: Connection, id: str, now: int, because: Because, by: str = "", reason: str = "") -> bool:
    """Hold nothing for it any more; false where nothing was held."""
    holding = (incidents.c.id == id, incidents.c.let_go_at.is_(None), incidents.c.ended_at.is_(None))
    changed = {"let_go_at": now, "because": because.value, "ended_by": by, "reason": reason}
    return connection.execute(update(incidents).where(*holding).values(changed)).rowcount == 1


def end(connection: Connection, id: str, now: int) -> bool:
    """Something was heard; false where it had ended."""
    is_open = (incidents.c.id == id, incidents.c.ended_at.is_(None))
    because = case((incidents.c.let_go_at.is_(None), Because.BACK.value), else_=incidents.c.because)
    return connection.execute(update(incidents).where(*is_open).values(ended_at=now, because=because)).rowcount == 1


def count(connection: Connection, id: str, held: int) -> None:
    """Note how many correlation IDs wait for it."""
    connection.execute(update(incidents).where(incidents.c.id == id).values(held=held))


def unsettled(connection: Connection, now: int) -> list[Incident]:
    """Those that are open, or ended before they would have ended by themselves, in the order in which they began."""
    recent = or_(incidents.c.ended_at.is_(None), incidents.c.until > now)
    rows = connection.execute(select(incidents).where(recent).order_by(incidents.c.began_at, incidents.c.id))
    return [_incident(row) for row in rows.mappings()]


def lately(connection: Connection, since: int) -> list[Incident]:
    """Those that were open at some time since then."""
    recent = or_(incidents.c.ended_at.is_(None), incidents.c.ended_at >= since)
    return [_incident(row) for row in connection.execute(select(incidents).where(recent)).mappings()]


def page(connection: Connection, after: Place | None, limit: int, *, only_open: bool) -> list[Incident]:
    """The latest first, behind the last one of the page before."""
    return _page(connection, after, limit, [incidents.c.ended_at.is_(None)] if only_open else [])


def ended(connection: Connection, after: Place | None, limit: int) -> list[Incident]:
    """Likewise, of those of which something was heard again."""
    return _page(connection, after, limit, [incidents.c.ended_at.is_not(None)])


def one(connection: Connection, id: str) -> Incident | None:
    row = connection.execute(select(incidents).where(incidents.c.id == id)).mappings().one_or_none()
    return None if row is None else _incident(row)


def untold(connection: Connection, limit: int) -> list[Incident]:
    """Those that have changed since owners were told of them, in the order in which they began."""
    rows = connection.execute(
        select(incidents).where(incidents.c.told < _CHANGE).order_by(incidents.c.began_at, incidents.c.id).limit(limit)
    )
    return [_incident(row) for row in rows.mappings()]


def tell(connection: Connection, it: Incident) -> bool:
    """Note that owners are told of its change; false where somebody else has."""
    as_it_was = (incidents.c.id == it.id, incidents.c.told == it.told)
    return connection.execute(update(incidents).where(*as_it_was).values(told=it.change)).rowcount == 1


def _page(connection: Connection, after: Place | None, limit: int, where: list[ColumnElement[bool]]) -> list[Incident]:
    place = (incidents.c.began_at, incidents.c.id)
    behind = [] if after is None else [tuple_(*place) < tuple_(*after)]
    chosen = select(incidents).where(*where, *behind).order_by(*(it.desc() for it in place)).limit(limit)
    return [_incident(row) for row in connection.execute(chosen).mappings()]


def _incident(row: RowMapping) -> Incident:
    names = tuple(json.loads(row["names"]))
    streams = [Stream(*it) for it in json.loads(row["streams"])] or [Stream(name=name) for name in names]
    return Incident(**{**row, "names": names, "streams": tuple(streams)})
