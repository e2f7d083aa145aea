"""An operator's own word on a step: they have looked, and say what they saw."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from reconcile.actor import Actor
from reconcile.audit.entry import Entry, record
from reconcile.errors import NoSuchCase, NoSuchStep, WordRefused
from reconcile.truth.effect import Effect, effect
from reconcile.truth.ours import instances
from reconcile.truth.testimony import Testimony, Word, last_words, say
from store.clickhouse import ClickHouse
from store.database import Database
from store.instant import rfc3339
from store.tables import cases

LONGEST = 2_000  # characters of a reason


@dataclass(frozen=True, slots=True)
class Statement:
    """`time` (µs UTC): when it happened; `None` where that is not known, and it counts as of now."""

    word: Word
    reason: str
    time: int | None = None


class Witness:
    """Safe to share among threads."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self._clickhouse = clickhouse
        self._database = database

    def testify(self, case_id: str, step: str, said: Statement, actor: Actor, now: int) -> str:
        """Write it down, at `now` (µs UTC); the id of the event that it becomes.

        Raises `NoSuchCase`, `NoSuchStep`, `WordRefused` where it is not complete or would change nothing, StoreError.
        """
        _complain(said, now)
        with self._database.read() as connection:
            case = connection.execute(select(cases).where(cases.c.id == case_id)).one_or_none()
        if case is None:
            raise NoSuchCase(f"there is no case {case_id}")
        key = case.workflow, case.correlation_id
        known = instances(self._clickhouse, [key]).get(key)
        with self._database.begin() as connection:
            # One after the other: who comes second is told who was quicker.
            connection.execute(select(cases.c.id).where(cases.c.id == case_id).with_for_update())
            last = last_words(connection, [case.correlation_id]).get((*key, step))
            expected = effect(f"{case.noun} {case.correlation_id}", step, said.word, known, last)
            if expected.effect in (Effect.UNKNOWN_ORDER, Effect.UNKNOWN_STEP):
                raise NoSuchStep(expected.sentence)
            if not expected.effect.changes:
                raise WordRefused(expected.sentence)
            [id_] = record(connection, [_entry(case, step, said, actor)], now)
            time = now if said.time is None else said.time
            [told] = say(connection, [Testimony(*key, step, said.word, time, actor, said.reason, id_)], id_, now)
        return told.id


def _complain(said: Statement, now: int) -> None:
    if not said.reason.strip() or len(said.reason) > LONGEST:
        raise WordRefused(f"reason: expected a few words on how you know, at most {LONGEST:,} characters")
    if said.time is not None and not 0 <= said.time <= now:
        raise WordRefused(f"time: {rfc3339(said.time)} is not past; expected when it happened")


def _entry(case: Row[Any], step: str, said: Statement, actor: Actor) -> Entry:
    return Entry(
        f"truth.{said.word}",
        actor,
        why=said.reason,
        workflow=case.workflow,
        correlation_id=case.correlation_id,
        case_id=case.id,
        step=step,
        customer=case.customer or "",
    )
