"""Takes out what nobody needs any more: messages that are done with, news that was told, answers kept for reading."""

from threading import Event

from sqlalchemy import Connection, and_, delete, exists, select, tuple_

from reconcile.loop import repeat
from reconcile.notify.outbox import State
from store.clock import Clock
from store.database import Database
from store.event import DAY
from store.tables import (
    detections,
    evaluator_work,
    evaluators,
    message_attempts,
    message_subjects,
    messages,
    news,
    tellings,
    truth_answers,
)

ANSWERS = 7 * DAY
"""How long an answer of a source of truth can stand in for one that does not come."""

FIGURES = 8 * DAY
"""How long it is known how things were found, and what evaluators did."""

_ROWS = 500  # that one transaction takes out of a table
_EVERY = 600.0  # seconds between looks


class Tidier:
    """Any number of them may run at once. `keep`: how long messages and news stay, in µs."""

    def __init__(self, database: Database, keep: int) -> None:
        self._database = database
        self._keep = keep

    def step(self, now: int) -> bool:
        """Take out some of what is older at `now` (µs UTC); whether there may be more. Raises `StoreUnavailable`."""
        before = now - self._keep
        with self._database.begin() as connection:
            taken = (
                _messages(connection, before),
                _news(connection, before),
                _answers(connection, now - ANSWERS),
                _detections(connection, now - FIGURES),
            )
            _tidy_evaluators(connection, now - FIGURES)
        return max(taken) == _ROWS

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("tidier", self.step, clock, stop, _EVERY)


def _messages(connection: Connection, before: int) -> int:
    """Delivered, or given up."""
    over = messages.c.state.in_([State.DELIVERED, State.FAILED])
    old = select(messages.c.id).where(messages.c.created_at < before, over).order_by(messages.c.created_at)
    ids = list(connection.execute(old.limit(_ROWS).with_for_update(skip_locked=True)).scalars())
    if ids:
        connection.execute(delete(message_attempts).where(message_attempts.c.message_id.in_(ids)))
        connection.execute(delete(message_subjects).where(message_subjects.c.message_id.in_(ids)))
        connection.execute(delete(messages).where(messages.c.id.in_(ids)))
    return len(ids)


def _news(connection: Connection, before: int) -> int:
    """What a receiver was told last, and what came after it, is what its next message is told against: that stays."""
    needed = exists().where(tellings.c.subject == news.c.subject, tellings.c.heard <= news.c.transition)
    old = and_(news.c.at < before, news.c.routed_at.is_not(None), ~needed)
    place = (news.c.subject, news.c.transition)
    found = connection.execute(select(*place).where(old).order_by(news.c.at).limit(_ROWS)).all()
    if found:
        connection.execute(delete(news).where(tuple_(*place).in_([tuple(row) for row in found])))
    return len(found)


def _answers(connection: Connection, before: int) -> int:
    place = (truth_answers.c.workflow, truth_answers.c.correlation_id, truth_answers.c.step)
    found = connection.execute(select(*place).where(truth_answers.c.asked_at < before).limit(_ROWS)).all()
    if found:
        connection.execute(delete(truth_answers).where(tuple_(*place).in_([tuple(row) for row in found])))
    return len(found)


def _detections(connection: Connection, before: int) -> int:
    place = tuple(detections.primary_key.columns)
    old = select(*place).where(detections.c.entered_at < before).order_by(detections.c.entered_at)
    found = connection.execute(old.limit(_ROWS)).all()
    if found:
        connection.execute(delete(detections).where(tuple_(*place).in_([tuple(row) for row in found])))
    return len(found)


def _tidy_evaluators(connection: Connection, before: int) -> None:
    """There are few: a handful of rows for each minute in which one did something."""
    connection.execute(delete(evaluator_work).where(evaluator_work.c.began_at < before))
    connection.execute(delete(evaluators).where(evaluators.c.heard_at < before))
