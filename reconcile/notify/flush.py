"""From a group that is due to its next message, in one transaction: nothing is told twice, and nothing is lost.

Times are µs UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Update, and_, bindparam, func, select, update

from reconcile.cases.case import News, State
from reconcile.errors import Raced
from reconcile.identity import message_id
from reconcile.notify import outbox, silence
from reconcile.notify.item import MOMENTARY, Item, Told, what_to_say
from reconcile.notify.message import Group, Message, compose
from reconcile.notify.news import facts_of
from reconcile.notify.outbox import About, Letter
from reconcile.notify.silence import Silence, silenced_by
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE
from store.tables import cases, groups, news, tellings

_before = news.alias("before")

_DUE = (
    select(groups)
    .where(groups.c.due_at <= bindparam("now"))
    .order_by(groups.c.due_at, groups.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)

_ANY = select(groups.c.id).where(groups.c.due_at <= bindparam("now")).limit(1)

_PUT_OFF = MINUTE

_COLUMNS = (
    *(tellings.c.receiver, tellings.c.heard, tellings.c.told, tellings.c.messages, *news.c),
    _before.c.snapshot.label("before"),
)

# What is to be told, with what the receiver knows of it.
_PENDING = (
    select(*_COLUMNS)
    .join_from(tellings, news, and_(news.c.subject == tellings.c.subject, news.c.transition == tellings.c.pending))
    .outerjoin(_before, and_(_before.c.subject == tellings.c.subject, _before.c.transition == tellings.c.heard))
    .where(tellings.c.group_id == bindparam("group"))
    .order_by(tellings.c.subject)
    .with_for_update(of=tellings)
)

_ESCALATED = (
    select(tellings.c.subject)
    .join(news, news.c.subject == tellings.c.subject)
    .where(
        tellings.c.group_id == bindparam("group"),
        news.c.transition > tellings.c.heard,
        news.c.transition <= tellings.c.pending,
        news.c.type == News.ESCALATED,
    )
)

# What was told long enough ago and is unresolved still, and nobody has said that they are at it.
_UNRESOLVED = (
    select(*_COLUMNS)
    .join_from(tellings, news, and_(news.c.subject == tellings.c.subject, news.c.transition == tellings.c.heard))
    .outerjoin(_before, and_(_before.c.subject == tellings.c.subject, _before.c.transition == tellings.c.heard))
    .join(cases, cases.c.id == tellings.c.subject)
    .where(
        tellings.c.group_id == bindparam("group"),
        tellings.c.told == Told.OPEN,
        tellings.c.pending.is_(None),
        news.c.at <= bindparam("before"),
        cases.c.state == State.OPEN,
    )
    .order_by(tellings.c.subject)
    .with_for_update(of=tellings)
)

_OPEN = select(func.count()).where(tellings.c.group_id == bindparam("group"), tellings.c.told == Told.OPEN)

_OF_ONE = (tellings.c.subject == bindparam("b_subject"), tellings.c.receiver == bindparam("b_receiver"))

_HOLD = update(tellings).where(*_OF_ONE).values(held=True)
_DROP = update(tellings).where(*_OF_ONE).values(pending=None, held=False, heard=tellings.c.pending)
_TELL = (
    update(tellings)
    .where(*_OF_ONE)
    .values(
        pending=None, held=False, heard=bindparam("b_heard"), told=bindparam("b_told"), messages=bindparam("b_messages")
    )
)


def flush(database: Database, public_url: str, now: int) -> bool:
    """Make the message of the group that has been due for longest; whether there was one. Raises `StoreUnavailable`;
    then nothing has been done. A group whose message can't be made is put off before the error is raised."""
    with database.read() as connection:
        if connection.execute(_ANY, {"now": now}).first() is None:
            return False
    group = None
    try:
        with database.begin() as connection:
            silences = silence.in_force(connection, now, locked=True)  # before the group: as `lift` does
            group = connection.execute(_DUE, {"now": now}).one_or_none()
            if group is not None:
                _flush(connection, group, silences, public_url, now)
    except (StoreUnavailable, Raced):
        raise
    except Exception:
        if group is not None:
            _put_off(database, group.id, now)
        raise
    return group is not None


def _flush(connection: Connection, group: Row[Any], silences: Sequence[Silence], public_url: str, now: int) -> None:
    found = _new(connection, group, silences)
    repeats = not found and _is_to_repeat(group, now)
    if repeats:
        found = _unresolved(connection, group, silences, now)
    if found:
        _send(connection, group, found, compose(_next(group), [it.item for it in found], public_url, now), now)
    _rest(connection, group, now, sent=bool(found), repeated=repeats)


def _put_off(database: Database, group: str, now: int) -> None:
    with database.begin() as connection:
        connection.execute(update(groups).where(groups.c.id == group).values(due_at=now + _PUT_OFF))


@dataclass(frozen=True, slots=True)
class _Found:
    """An item, and which message about its subject it will be to the receiver."""

    item: Item
    ordinal: int


def _new(connection: Connection, group: Row[Any], silences: Sequence[Silence]) -> list[_Found]:
    """What is new to the receiver. What is silenced is held back, and what has come to nothing is done with."""
    escalated = set(connection.execute(_ESCALATED, {"group": group.id}).scalars())
    found: list[_Found] = []
    held: list[Row[Any]] = []
    dropped: list[Row[Any]] = []
    for row in connection.execute(_PENDING, {"group": group.id}):
        type_ = what_to_say(Told(row.told), row.open, News(row.type), row.subject in escalated)
        if type_ is None:
            dropped.append(row)
        elif _is_silenced(row, group, silences):
            held.append(row)
        else:
            found.append(_Found(_item(row, type_), row.messages + 1))
    _mark(connection, _HOLD, held)
    _mark(connection, _DROP, dropped)
    return sorted(found, key=_in_order)


def _unresolved(connection: Connection, group: Row[Any], silences: Sequence[Silence], now: int) -> list[_Found]:
    rows = connection.execute(_UNRESOLVED, {"group": group.id, "before": now - group.repeat_interval})
    found = [
        _Found(_item(row, News.UPDATED, repeated=True), row.messages + 1)
        for row in rows
        if not _is_silenced(row, group, silences)
    ]
    return sorted(found, key=_in_order)


def _in_order(found: _Found) -> tuple[int, str, str]:
    return found.item.at, found.item.workflow, found.item.correlation_id


def _is_silenced(row: Row[Any], group: Row[Any], silences: Sequence[Silence]) -> bool:
    if not silences:
        return False
    owner = _labels(group).get("owner") or msgspec.json.decode(row.owners)[0]
    return silenced_by(facts_of(row, owner), silences) is not None


def _item(row: Row[Any], type_: News, *, repeated: bool = False) -> Item:
    return Item(
        subject=row.subject,
        transition=row.transition,
        type=type_,
        at=row.at,
        workflow=row.workflow,
        correlation_id=row.correlation_id,
        step=row.step,
        kind=row.kind,
        at_risk=row.at_risk,
        unit=row.unit,
        open=row.open and type_ not in MOMENTARY,
        snapshot=row.snapshot,
        before=row.before if row.told == Told.OPEN else None,
        repeated=repeated,
    )


def _labels(group: Row[Any]) -> dict[str, str]:
    return msgspec.json.decode(group.labels, type=dict[str, str])


def _next(group: Row[Any]) -> Group:
    return Group(group.id, group.route, group.receiver, _labels(group), group.number + 1, group.storm_cap)


def _mark(connection: Connection, statement: Update, rows: Sequence[Row[Any]]) -> None:
    if rows:
        connection.execute(statement, [{"b_subject": row.subject, "b_receiver": row.receiver} for row in rows])


def _send(connection: Connection, group: Row[Any], found: Sequence[_Found], message: Message, now: int) -> None:
    number = group.number + 1
    letter = Letter(message_id(group.id, number), group.id, number, group.receiver, message.type, message.payload)
    outbox.add(connection, letter, [About(it.item.subject, it.item.transition, it.ordinal) for it in found], now)
    told = [
        {
            "b_subject": it.item.subject,
            "b_receiver": group.receiver,
            "b_heard": it.item.transition,
            "b_told": Told.OPEN if it.item.open else Told.CLOSED,
            "b_messages": it.ordinal,
        }
        for it in found
    ]
    connection.execute(_TELL, told)


def _is_to_repeat(group: Row[Any], now: int) -> bool:
    if not group.repeat_interval or group.repeated_at is None:
        return False
    return bool(now >= group.repeated_at + group.repeat_interval)


def _rest(connection: Connection, group: Row[Any], now: int, *, sent: bool, repeated: bool) -> None:
    """Until something new comes, or it is time to repeat what is unresolved: that news goes out in between does not put
    it off."""
    repeated_at = None
    if group.repeat_interval and connection.execute(_OPEN, {"group": group.id}).scalar_one():
        repeated_at = now if repeated or group.repeated_at is None else group.repeated_at
    rest = {
        "number": group.number + sent,
        "told_at": now if sent else group.told_at,
        "repeated_at": repeated_at,
        "due_at": None if repeated_at is None else repeated_at + group.repeat_interval,
        "waits_since": None,
    }
    as_it_was = groups.c.id == group.id, groups.c.number == group.number
    if connection.execute(update(groups).where(*as_it_was).values(**rest)).rowcount != 1:
        raise Raced(f"somebody else has made message {group.number + 1} of the group {group.id}")
