"""Testimony: what an operator or a lookup at the source of truth says of a step (rules-language.md §2).

It is written down with the decision that it follows from, and reaches ClickHouse as an event of source `noshow`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid5

from sqlalchemy import Connection

from reconcile.actor import Actor
from reconcile.identity import NAMESPACE
from store import event
from store.database import upsert
from store.tables import testimony


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


def say(connection: Connection, said: Sequence[Testimony], causation_id: str, now: int) -> None:
    """Write it down within the caller's transaction; `causation_id` is the entry of the audit trail that led to it."""
    rows = [
        {
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
        for it in said
    ]
    if rows:
        connection.execute(upsert(connection.dialect.name, testimony).on_conflict_do_nothing(), rows)
