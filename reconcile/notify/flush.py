"""From groups that are due to their next messages, in one transaction: nothing is told twice, and nothing is lost.

Times are µs UTC.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Update, and_, bindparam, select, update

from reconcile.cases.case import News, State
from reconcile.errors import Raced
from reconcile.identity import message_id
from reconcile.notify import outbox, silence
from reconcile.notify.item import MOMENTARY, Item, Told, what_to_say
from reconcile.notify.message import Group, compose
from reconcile.notify.news import facts_of
from reconcile.notify.outbox import About, Letter
from reconcile.notify.silence import Silence, silenced_by
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE
from store.tables import cases, groups, news, tellings

_before = news.alias("before")

_AT_ONCE = 50  # groups in one transaction

_DUE = (
    select(groups)
    .where(groups.c.due_at <= bindparam("now"))
    .order_by(groups.c.due_at, groups.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)

_ANY = select(groups.c.id).where(groups.c.due_at <= bindparam("now")).limit(1)

_PUT_OFF = MINUTE

_COLUMNS = (
    *(tellings.c.group_id, tellings.c.receiver, tellings.c.heard, tellings.c.told, tellings.c.messages, *news.c),
    _before.c.snapshot.label("before"),
)

_OF_THESE = tellings.c.group_id.in_(bindparam("groups", expanding=True))

# What is to be told, with what the receiver knows of it.
_PENDING = (
    select(*_COLUMNS)
    .join_from(tellings, news, and_(news.c.subject == tellings.c.subject, news.c.transition == tellings.c.pending))
    .outerjoin(_before, and_(_before.c.subject == tellings.c.subject, _before.c.transition == tellings.c.heard))
    .where(_OF_THESE)
    .order_by(tellings.c.subject, tellings.c.receiver)
    .with_for_update(of=tellings)
)

_ESCALATED = (
    select(tellings.c.subject, tellings.c.receiver)
    .join(news, news.c.subject == tellings.c.subject)
    .where(
        _OF_THESE,
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

_OPEN = select(tellings.c.group_id).where(_OF_THESE, tellings.c.told == Told.OPEN).distinct()

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
_REST = (
    update(groups)
    .where(groups.c.id == bindparam("b_id"), groups.c.number == bindparam("b_number"))
    .values(
        number=bindparam("b_number_then"),
        told_at=bindparam("b_told_at"),
        repeated_at=bindparam("b_repeated_at"),
        due_at=bindparam("b_due_at"),
        waits_since=None,
    )
)


def flush(database: Database, public_url: str, now: int) -> bool:
    """Make the messages of the groups that have been due for longest, of some at once; whether there were any. Raises
    `StoreUnavailable`; then nothing has been done. A group whose message can't be made is put off before the error is
    raised, and keeps none of the others waiting."""
    with database.read() as connection:
        if connection.execute(_ANY, {"now": now}).first() is None:
            return False
    try:
        return _flush(database, public_url, now, _AT_ONCE)
    except (StoreUnavailable, Raced):
        raise
    except Exception:
        return _flush(database, public_url, now, 1)


def _flush(database: Database, public_url: str, now: int, most: int) -> bool:
    due: Sequence[Row[Any]] = ()
    try:
        with database.begin() as connection:
            silences = silence.in_force(connection, now, locked=True)  # before the groups: as `lift` does
            due = connection.execute(_DUE, {"now": now, "most": most}).all()
            if due:
                _tell(connection, due, silences, public_url, now)
    except (StoreUnavailable, Raced):
        raise
    except Exception:
        if most == 1:
            _put_off(database, due, now)
        raise
    return bool(due)


def _put_off(database: Database, due: Iterable[Row[Any]], now: int) -> None:
    ids = [group.id for group in due]
    with database.begin() as connection:
        connection.execute(update(groups).where(groups.c.id.in_(ids)).values(due_at=now + _PUT_OFF))


@dataclass(frozen=True, slots=True)
class _Found:
    """An item, and which message about its subject it will be to the receiver."""

    item: Item
    ordinal: int


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a group has to say now: nothing, something new, or once more (`repeats`) what is unresolved."""

    group: Row[Any]
    found: Sequence[_Found]
    repeats: bool


def _tell(
    connection: Connection, due: Sequence[Row[Any]], silences: Sequence[Silence], public_url: str, now: int
) -> None:
    new = _new(connection, due, silences)
    turns = [_turn(connection, group, new[group.id], silences, now) for group in due]
    _send(connection, [it for it in turns if it.found], public_url, now)
    _rest(connection, turns, now)


def _turn(
    connection: Connection, group: Row[Any], new: Sequence[_Found], silences: Sequence[Silence], now: int
) -> _Turn:
    repeats = not new and _is_to_repeat(group, now)
    return _Turn(group, _unresolved(connection, group, silences, now) if repeats else new, repeats)


def _new(
    connection: Connection, due: Sequence[Row[Any]], silences: Sequence[Silence]
) -> Mapping[str, Sequence[_Found]]:
    """What is new to the receiver, by group. What is silenced is held back, and what has come to nothing is done
    with."""
    these = {"groups": [group.id for group in due]}
    escalated = {(it.subject, it.receiver) for it in connection.execute(_ESCALATED, these)}
    labels = {group.id: _labels(group) for group in due}
    found: dict[str, list[_Found]] = {group.id: [] for group in due}
    held: list[Row[Any]] = []
    dropped: list[Row[Any]] = []
    for row in connection.execute(_PENDING, these):
        type_ = what_to_say(Told(row.told), row.open, News(row.type), (row.subject, row.receiver) in escalated)
        if type_ is None:
            dropped.append(row)
        elif _is_silenced(row, labels[row.group_id], silences):
            held.append(row)
        else:
            found[row.group_id].append(_Found(_item(row, type_), row.messages + 1))
    _mark(connection, _HOLD, held)
    _mark(connection, _DROP, dropped)
    return {id: sorted(items, key=_in_order) for id, items in found.items()}


def _unresolved(connection: Connection, group: Row[Any], silences: Sequence[Silence], now: int) -> list[_Found]:
    rows = connection.execute(_UNRESOLVED, {"group": group.id, "before": now - group.repeat_interval})
    labels = _labels(group)
    found = [
        _Found(_item(row, News.UPDATED, repeated=True), row.messages + 1)
        for row in rows
        if not _is_silenced(row, labels, silences)
    ]
    return sorted(found, key=_in_order)


def _in_order(found: _Found) -> tuple[int, str, str]:
    return found.item.at, found.item.workflow, found.item.correlation_id


def _is_silenced(row: Row[Any], labels: Mapping[str, str], silences: Sequence[Silence]) -> bool:
    if not silences:
        return False
    owner = labels.get("owner") or msgspec.json.decode(row.owners)[0]
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


def _send(connection: Connection, turns: Sequence[_Turn], public_url: str, now: int) -> None:
    if not turns:
        return
    outbox.add(connection, [_letter(turn, public_url, now) for turn in turns], now)
    told = [
        {
            "b_subject": it.item.subject,
            "b_receiver": turn.group.receiver,
            "b_heard": it.item.transition,
            "b_told": Told.OPEN if it.item.open else Told.CLOSED,
            "b_messages": it.ordinal,
        }
        for turn in turns
        for it in turn.found
    ]
    connection.execute(_TELL, told)


def _letter(turn: _Turn, public_url: str, now: int) -> Letter:
    group = _next(turn.group)
    message = compose(group, [it.item for it in turn.found], public_url, now)
    about = [About(it.item.subject, it.item.transition, it.ordinal) for it in turn.found]
    id = message_id(group.id, group.number)
    return Letter(id, group.id, group.number, group.receiver, message.type, message.payload, about)


def _is_to_repeat(group: Row[Any], now: int) -> bool:
    if not group.repeat_interval or group.repeated_at is None:
        return False
    return bool(now >= group.repeated_at + group.repeat_interval)


def _rest(connection: Connection, turns: Sequence[_Turn], now: int) -> None:
    """Until something new comes, or it is time to repeat what is unresolved."""
    repeating = [turn.group.id for turn in turns if turn.group.repeat_interval]
    open_ = set(connection.execute(_OPEN, {"groups": repeating}).scalars()) if repeating else set()
    rests = [_rested(turn, now, unresolved=turn.group.id in open_) for turn in turns]
    if connection.execute(_REST, rests).rowcount != len(rests):
        raise Raced("somebody else has made the next message of one of these groups")


def _rested(turn: _Turn, now: int, *, unresolved: bool) -> dict[str, object]:
    """That news goes out in between does not put off what is repeated."""
    group, sent = turn.group, bool(turn.found)
    repeated_at = None
    if unresolved:
        repeated_at = now if turn.repeats or group.repeated_at is None else group.repeated_at
    return {
        "b_id": group.id,
        "b_number": group.number,
        "b_number_then": group.number + sent,
        "b_told_at": now if sent else group.told_at,
        "b_repeated_at": repeated_at,
        "b_due_at": None if repeated_at is None else repeated_at + group.repeat_interval,
    }
