"""Silences are begun, ended and listed; every one with its author and reason, on record. Times are µs UTC."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from reconcile.actor import Actor
from reconcile.audit.entry import Entry, record
from reconcile.cases.case import State
from reconcile.errors import BadSilence, NoSuchSilence
from reconcile.notify.silence import Silence, of_row, texts
from store.database import Database
from store.matcher import LABEL, Facts, Matcher, all_fit
from store.tables import cases, silences
from store.uuid7 import uuid7

_COLUMNS = ("owner", "severity", "workflow", "step", "kind", "correlation_id")


@dataclass(frozen=True, slots=True)
class Draft:
    """A silence as somebody asks for it."""

    matchers: tuple[Matcher, ...]
    starts_at: int
    ends_at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """How many unresolved cases a silence would mean now, and the first of them as (workflow, correlation ID)."""

    count: int
    examples: tuple[tuple[str, str], ...]


def begin(database: Database, draft: Draft, actor: Actor, now: int) -> Silence:
    """Raises `BadSilence`."""
    _check(draft, now)
    silence = Silence(
        id=str(uuid7(now)),
        matchers=draft.matchers,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        author=actor.name,
        reason=draft.reason.strip(),
        created_at=now,
        ended_by="",
    )
    row = {name: getattr(silence, name) for name in Silence.__slots__}
    with database.begin() as connection:
        matchers = msgspec.json.encode(texts(silence.matchers)).decode()
        connection.execute(insert(silences).values({**row, "matchers": matchers}))
        record(connection, [_entry("silence.began", silence, actor, silence.reason)], now)
    return silence


def end(database: Database, id_: str, actor: Actor, now: int) -> Silence:
    """End it before its time; one that is over stays as it is. Raises `NoSuchSilence`."""
    with database.begin() as connection:
        ended = connection.execute(
            update(silences)
            .where(silences.c.id == id_, silences.c.ends_at > now)
            .values(ends_at=now, ended_by=actor.name)
        )
        row = connection.execute(select(silences).where(silences.c.id == id_)).one_or_none()
        if row is None:
            raise NoSuchSilence(f"there is no silence {id_}")
        silence = of_row(row)
        if ended.rowcount:
            record(connection, [_entry("silence.ended", silence, actor, "")], now)
    return silence


def listed(connection: Connection, since: int) -> list[Silence]:
    """Those that hold or begin later, and those that ended at `since` or after; the latest end first."""
    rows = connection.execute(
        select(silences).where(silences.c.ends_at >= since).order_by(silences.c.ends_at.desc(), silences.c.id)
    )
    return [of_row(row) for row in rows]


def preview(connection: Connection, matchers: Sequence[Matcher], most: int = 5) -> Preview:
    """What these would mean of what is unresolved at present."""
    count = 0
    examples: list[tuple[str, str]] = []
    for facts in _unresolved(connection, matchers):
        if all_fit(matchers, facts):
            count += 1
            if len(examples) < most:
                examples.append((facts["workflow"], facts["correlation_id"]))
    return Preview(count, tuple(examples))


def _check(draft: Draft, now: int) -> None:
    if not draft.matchers:
        raise BadSilence("a silence needs at least one matcher, such as owner=payments")
    if not draft.reason.strip():
        raise BadSilence("a silence needs a reason")
    if draft.ends_at <= max(now, draft.starts_at):
        raise BadSilence("a silence must end after it begins, and not in the past")


def _entry(what: str, silence: Silence, actor: Actor, why: str) -> Entry:
    detail = {
        "silence": silence.id,
        "matchers": texts(silence.matchers),
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
    }
    return Entry(what, actor, why=why, detail=detail)


def _unresolved(connection: Connection, matchers: Sequence[Matcher]) -> Iterator[Facts]:
    """What the database can tell by itself, it leaves out: there may be many."""
    plain = [it for it in matchers if it.name in _COLUMNS and not it.expression]
    chosen = [cases.c[it.name].in_(it.values) for it in plain]
    columns = (*(cases.c[name] for name in _COLUMNS), cases.c.labels)
    rows = connection.execute(
        select(*columns).where(cases.c.state != State.RESOLVED, *chosen).order_by(cases.c.since, cases.c.id)
    )
    return map(facts, rows)


def facts(row: Any) -> Facts:
    """Of whatever has the columns of a case."""
    labels: Mapping[str, str] = msgspec.json.decode(row.labels)
    told = {name: getattr(row, name) for name in _COLUMNS}
    return {**told, "type": "", **{LABEL + name: value for name, value in labels.items()}}
