"""News into groups: who is to be told of it, and when the group's next message is made. Times are µs UTC."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, exists, or_, select, update

from reconcile.notify.news import facts_of
from reconcile.notify.routing import Place, Routing
from store.database import Database, upsert
from store.event import SECOND
from store.settings_notify import Timing
from store.tables import groups, news, tellings

TIMING = tuple(field.name for field in fields(Timing))

_NEWS = 500  # taken in one transaction
_CALM = 2 * SECOND  # without anything new, before a message is made
_LONGEST = 3  # times the group's wait, that a message is put off at most because more comes in

_earlier = news.alias("earlier")

# One of a subject at a time, in order: whoever else works on its earlier news has not finished with it.
_UNROUTED = (
    select(news)
    .where(
        news.c.routed_at.is_(None),
        ~exists().where(
            _earlier.c.subject == news.c.subject,
            _earlier.c.transition < news.c.transition,
            _earlier.c.routed_at.is_(None),
        ),
    )
    .order_by(news.c.at, news.c.subject)
    .limit(_NEWS)
    .with_for_update(skip_locked=True, of=news)
)

_ANY = select(news.c.subject).where(news.c.routed_at.is_(None)).limit(1)

_ROUTED = (
    update(news)
    .where(news.c.subject == bindparam("b_subject"), news.c.transition == bindparam("b_transition"))
    .values(routed_at=bindparam("b_now"))
)

_AGAIN = update(groups).where(groups.c.id == bindparam("b_id"))


@dataclass(frozen=True, slots=True)
class _Telling:
    """That the group is to tell `receiver` of this transition."""

    subject: str
    transition: int
    group: str
    receiver: str


def group(database: Database, routing: Routing, now: int) -> bool:
    """Route the next news; whether there may be more. Raises `StoreUnavailable`; then nothing has been done."""
    with database.read() as connection:
        if connection.execute(_ANY).first() is None:
            return False
    with database.begin() as connection:
        rows = connection.execute(_UNROUTED).all()
        if not rows:
            return False
        places = {row.subject: routing.places(row.subject, _views(row)) for row in rows if row.open}
        heard = _heard(connection, [row.subject for row in rows if not row.open])
        _wake(connection, {place.id: place for found in places.values() for place in found}, heard, now)
        _tell(connection, [*_to_tell(rows, places), *_to_close(rows, heard)])
        done = [{"b_subject": row.subject, "b_transition": row.transition, "b_now": now} for row in rows]
        connection.execute(_ROUTED, done)
    return True


def _views(row: Row[Any]) -> Iterable[Mapping[str, str]]:
    return (facts_of(row, owner) for owner in msgspec.json.decode(row.owners))


def _heard(connection: Connection, subjects: Sequence[str]) -> Sequence[Any]:
    """The tellings of those who have heard, or are about to, that these ask for somebody."""
    if not subjects:
        return []
    return connection.execute(
        select(tellings.c.subject, tellings.c.receiver, tellings.c.group_id).where(
            tellings.c.subject.in_(subjects), or_(tellings.c.told == "open", tellings.c.pending.is_not(None))
        )
    ).all()


def _to_tell(rows: Sequence[Row[Any]], places: Mapping[str, Sequence[Place]]) -> Iterable[_Telling]:
    for row in rows:
        for place in places.get(row.subject, ()):
            yield _Telling(row.subject, row.transition, place.id, place.receiver)


def _to_close(rows: Sequence[Row[Any]], heard: Sequence[Row[Any]]) -> Iterable[_Telling]:
    """Who heard of it hears that it is over, and nobody else."""
    transitions = {row.subject: row.transition for row in rows}
    for row in heard:
        yield _Telling(row.subject, transitions[row.subject], row.group_id, row.receiver)


def _wake(connection: Connection, places: Mapping[str, Place], heard: Sequence[Row[Any]], now: int) -> None:
    """See to it that the groups exist and make a message in time. They stay locked, in the order of their ids."""
    if places:
        new = upsert(connection.dialect.name, groups).on_conflict_do_nothing()
        connection.execute(new, [_new(places[id_]) for id_ in sorted(places)])
    ids = {*places, *(row.group_id for row in heard)}
    rows = connection.execute(select(groups).where(groups.c.id.in_(ids)).order_by(groups.c.id).with_for_update()).all()
    again = [_woken(row, places.get(row.id), now) for row in rows]
    if again:
        connection.execute(_AGAIN, again)


def _woken(row: Row[Any], place: Place | None, now: int) -> dict[str, object]:
    """The group with the timing that its route has at present, and the instant of its next message."""
    timing = asdict(place.route.timing) if place else {name: getattr(row, name) for name in TIMING}
    wait = timing["group_wait"]
    if row.waits_since is not None:
        # As long as it pours in, what belongs together is not torn apart; but not for ever.
        calm = min(now + min(_CALM, wait), row.waits_since + _LONGEST * wait)
        return {"b_id": row.id, "due_at": max(row.due_at, calm), "waits_since": row.waits_since, **timing}
    at = now + wait if row.told_at is None else max(now + wait, row.told_at + timing["group_interval"])
    return {"b_id": row.id, "due_at": min(at, row.due_at or at), "waits_since": now, **timing}


def _new(place: Place) -> dict[str, object]:
    return {
        "id": place.id,
        "route": place.route.path,
        "receiver": place.receiver,
        "labels": place.labels_text,
        "number": 0,
        **asdict(place.route.timing),
    }


def _tell(connection: Connection, told: Iterable[_Telling]) -> None:
    rows = [
        {
            "subject": it.subject,
            "receiver": it.receiver,
            "group_id": it.group,
            "pending": it.transition,
            "heard": 0,
            "told": "",
            "messages": 0,
            "held": False,
        }
        for it in sorted(told, key=lambda it: (it.subject, it.receiver))
    ]
    statement = upsert(connection.dialect.name, tellings)
    statement = statement.on_conflict_do_update(
        index_elements=[tellings.c.subject, tellings.c.receiver],
        set_={name: statement.excluded[name] for name in ("group_id", "pending")},
    )
    if rows:
        connection.execute(statement, rows)
