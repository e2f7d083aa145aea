"""What evaluators do, by the minute, and how they stand, in the SQL database.

So anybody can see whether they keep up, from whatever process, also after a restart.
"""

import logging
from dataclasses import asdict, dataclass, field
from threading import Lock

from sqlalchemy import Connection

from rules.evaluate.evaluator import Standing, Tick, Ticking
from store.database import Database, upsert
from store.errors import StoreUnavailable
from store.event import MINUTE, SECOND
from store.spending import Spent, account
from store.tables import evaluator_work, evaluators

TICK = "tick"
"""Stands among the works for the ticks as a whole."""

_EVERY = 5 * SECOND  # how often what is known is written

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Sum:
    times: int = 0
    looked_at: int = 0
    longest: int = 0
    spent: Spent = field(default_factory=Spent)

    def add(self, spent: Spent, looked_at: int = 0) -> None:
        self.times += 1
        self.looked_at += looked_at
        self.longest = max(self.longest, spent.took)
        self.spent += spent


class Reporter:
    """Of the process `id`, of which nobody else reports; its shares are judged in several threads.

    `lag_at_most` (µs): by how much it may be behind.

    A crash loses the last seconds.
    """

    def __init__(self, database: Database, id: str, lag_at_most: int) -> None:
        self._database = database
        self._id = id
        self._lag_at_most = lag_at_most
        self._began_at = 0  # of the present minute
        self._sums: dict[str, _Sum] = {}
        self._written_at = 0
        self._lock = Lock()

    def ticking(self, tick: Ticking) -> Ticking:
        """The same tick, written down."""

        def reported(now: int) -> Tick | None:
            with account() as opened:
                done = tick(now)
            if done is not None:
                with self._lock:
                    self.add(done, opened.spent, now)
            return done

        return reported

    def add(self, tick: Tick, spent: Spent, now: int) -> None:
        """That a tick was done at `now` (µs UTC) and cost as much. While the database is away, nothing is written."""
        if now - now % MINUTE != self._began_at:
            if self._sums:
                self._write(tick.standing, now)
            self._began_at, self._sums = now - now % MINUTE, {}
        self._sums.setdefault(TICK, _Sum()).add(spent, tick.looked_at)
        for work, part in tick.spent.items():
            self._sums.setdefault(work, _Sum()).add(part)
        if now - self._written_at >= _EVERY:
            self._written_at = now
            self._write(tick.standing, now)

    def _write(self, standing: Standing, now: int) -> None:
        try:
            with self._database.begin() as connection:
                self._put_standing(connection, standing, now)
                self._put_work(connection)
        except StoreUnavailable as error:
            log.warning("evaluator: what it does is not written down: %s", error)

    def _put_standing(self, connection: Connection, standing: Standing, now: int) -> None:
        told = {**asdict(standing), "heard_at": now, "lag_at_most": self._lag_at_most}
        row = upsert(connection.dialect.name, evaluators).values(id=self._id, **told)
        connection.execute(row.on_conflict_do_update(index_elements=[evaluators.c.id], set_=told))

    def _put_work(self, connection: Connection) -> None:
        row = upsert(connection.dialect.name, evaluator_work)
        key = [evaluator_work.c.evaluator, evaluator_work.c.began_at, evaluator_work.c.work]
        told = {column.name: row.excluded[column.name] for column in evaluator_work.c if not column.primary_key}
        rows = [self._row(work, sum_) for work, sum_ in self._sums.items()]
        if rows:
            connection.execute(row.on_conflict_do_update(index_elements=key, set_=told), rows)

    def _row(self, work: str, sum_: _Sum) -> dict[str, object]:
        told = {"times": sum_.times, "looked_at": sum_.looked_at, "longest": sum_.longest}
        return {"evaluator": self._id, "began_at": self._began_at, "work": work, **told, **asdict(sum_.spent)}
