"""Live truth: what the source says of a step, read through a cache that is good for a short while.

When the source is away the last answer is served, and said to be stale. It is read only: nothing follows from it.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import select

from reconcile.errors import Busy, NoTruth, TruthAway
from reconcile.truth.source import Answer, Outcome, Question, Source
from store.database import Database
from store.event import SECOND
from store.tables import truth_answers

T = TypeVar("T")

_RETRY = 5 * SECOND  # where nobody says when to try again


@dataclass(frozen=True, slots=True)
class Live:
    """An answer of the source, as of `asked_at`; `time`: when it happened, if it says so; µs UTC. `stale` says why the
    source could not be asked now; '' where the answer is good."""

    outcome: str
    time: int | None
    status: int | None
    asked_at: int
    stale: str = ""


class LiveTruth:
    """Safe to share among threads: those who ask the same at the same time are answered by one request."""

    def __init__(self, database: Database, source: Source) -> None:
        self._database = database
        self._source = source
        self._flights = Flights[Live]()

    def read(self, question: Question, now: int) -> Live:
        """At `now` (µs UTC). Raises `NoTruth` where no rule names a source, `TruthAway` where it is away and nothing is
        known, and StoreError."""
        truth = self._source.truth(question)
        if truth is None:
            raise NoTruth(f"no rule in force names a source of truth for {question.step} of {question.workflow}")
        kept = self._kept(question)
        if kept is not None and now - kept.asked_at < truth.cache:
            return kept
        key = f"{question.workflow}/{question.step}/{question.correlation_id}"
        return self._flights.share(key, lambda: self._ask(question, kept, now))

    def _ask(self, question: Question, kept: Live | None, now: int) -> Live:
        try:
            answer = self._source.ask(question, now)
        except Busy as busy:
            return _stale(kept, str(busy), busy.until - now)
        if answer.is_fault:
            return _stale(kept, answer.note, answer.retry_after)
        live = Live(answer.outcome, answer.time, answer.status, now)
        if answer.outcome is not Outcome.UNKNOWN:
            self._keep(question, answer, now)
        return live

    def _kept(self, question: Question) -> Live | None:
        columns = truth_answers.c
        statement = select(columns.outcome, columns.time, columns.status, columns.asked_at).where(
            columns.workflow == question.workflow,
            columns.correlation_id == question.correlation_id,
            columns.step == question.step,
        )
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Live(*row)

    def _keep(self, question: Question, answer: Answer, now: int) -> None:
        key = {
            "workflow": question.workflow,
            "correlation_id": question.correlation_id,
            "step": question.step,
        }
        said = {"outcome": answer.outcome, "time": answer.time, "status": answer.status, "asked_at": now}
        insert = self._database.upsert(truth_answers).values(**key, **said)
        with self._database.begin() as connection:
            connection.execute(
                insert.on_conflict_do_update(index_elements=list(key), set_=said, where=truth_answers.c.asked_at <= now)
            )


class Flights(Generic[T]):
    """Work that is done once for all who ask for it while it is under way."""

    def __init__(self) -> None:
        self._under_way: dict[str, Future[T]] = {}
        self._lock = Lock()

    def share(self, key: str, work: Callable[[], T]) -> T:
        """What `work`, or that of somebody who came before, gives or raises."""
        with self._lock:
            before = self._under_way.get(key)
            flight = self._under_way.setdefault(key, Future())
        if before is None:
            self._do(key, flight, work)
        return flight.result()

    def _do(self, key: str, flight: Future[T], work: Callable[[], T]) -> None:
        try:
            result = work()
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
        else:
            self._land(key)
            flight.set_result(result)

    def _land(self, key: str) -> None:
        with self._lock:
            del self._under_way[key]


def _stale(kept: Live | None, why: str, wait: int | None) -> Live:
    if kept is None:
        raise TruthAway(why, wait or _RETRY)
    return Live(kept.outcome, kept.time, kept.status, kept.asked_at, why)
