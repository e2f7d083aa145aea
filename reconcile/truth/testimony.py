"""Testimony: what an operator or a lookup at the source of truth says of a step (rules-language.md §2).

It is written down with the decision that it follows from, and reaches ClickHouse as an event of source `noshow`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import uuid5

from sqlalchemy import Connection, func, select

from reconcile.actor import Actor
from reconcile.identity import NAMESPACE
from store import event
from store.database import upsert
from store.tables import testimony

Subject = tuple[str, str, str]  # workflow, correlation ID, step

_ORDERS = 500  # looked up by one query


class Word(StrEnum):
    CONFIRMED = event.CONFIRMED  # it did happen
    ABSENT = event.ABSENT  # it did not happen, and will not


@dataclass(frozen=True, slots=True)
class Testimony:
    """What is said of a step, and since when it holds (`time`, µs UTC). `attempt` tells the words on one step apart:
    said twice under one attempt it is said once."""

    workflow: str
    correlation_id: str
    step: str
    word: Word
    time: int
    actor: Actor
    reason: str
    attempt: str

    @property
    def id(self) -> str:
        """Of the event: derived, so that it is the same however often it is sent."""
        return uuid5(NAMESPACE, f"{self.workflow}/{self.correlation_id}/{self.step}/{self.attempt}").hex

    @property
    def subject(self) -> Subject:
        return self.workflow, self.correlation_id, self.step


@dataclass(frozen=True, slots=True)
class Said:
    """The last word on a step: whose it is, the time it bears and when it was said (µs UTC)."""

    word: Word
    actor: str
    time: int
    at: int


def say(connection: Connection, said: Sequence[Testimony], causation_id: str, now: int) -> list[Testimony]:
    """Write it down within the caller's transaction; `causation_id` is the entry of the audit trail that led to it.

    The words that are new come back, with the time that they bear. Of several words on a step the one of the latest
    time counts: so whoever speaks after another is dated behind them, however far back the thing itself lies.
    """
    before = _last_times(connection, said)
    dated = [replace(it, time=max(it.time, before.get(it.subject, -1) + 1)) for it in said]
    if not dated:
        return []
    statement = upsert(connection.dialect.name, testimony).on_conflict_do_nothing().returning(testimony.c.id)
    new = set(connection.execute(statement, [_row(it, causation_id, now) for it in dated]).scalars())
    return [it for it in dated if it.id in new]


def last_words(connection: Connection, correlation_ids: Iterable[str]) -> dict[Subject, Said]:
    """By step, the word that counts among those that were said of these correlation IDs."""
    found: dict[Subject, Said] = {}
    columns = testimony.c
    for batch in _batches(correlation_ids):
        rows = connection.execute(
            select(testimony).where(columns.correlation_id.in_(batch)).order_by(columns.time, columns.id)
        )
        found |= {
            (row.workflow, row.correlation_id, row.step): Said(Word(row.name), row.actor, row.time, row.created_at)
            for row in rows
        }
    return found


def _last_times(connection: Connection, said: Sequence[Testimony]) -> Mapping[Subject, int]:
    found: dict[Subject, int] = {}
    columns = testimony.c
    subject = (columns.workflow, columns.correlation_id, columns.step)
    for workflow in dict.fromkeys(it.workflow for it in said):
        for batch in _batches(it.correlation_id for it in said if it.workflow == workflow):
            rows = connection.execute(
                select(*subject, func.max(columns.time))
                .where(columns.workflow == workflow, columns.correlation_id.in_(batch))
                .group_by(*subject)
            )
            found |= {(workflow, row[1], row[2]): row[3] for row in rows}
    return found


def _batches(correlation_ids: Iterable[str]) -> Iterable[list[str]]:
    ids = list(dict.fromkeys(correlation_ids))
    return (ids[start : start + _ORDERS] for start in range(0, len(ids), _ORDERS))


def _row(it: Testimony, causation_id: str, now: int) -> dict[str, object]:
    return {
        "id": it.id,
        "workflow": it.workflow,
        "correlation_id": it.correlation_id,
        "step": it.step,
        "name": it.word,
        "time": it.time,
        "actor": it.actor.name,
        "reason": it.reason,
        "causation_id": causation_id,
        "created_at": now,
    }
