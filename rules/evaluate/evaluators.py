"""The part that one process has in the evaluation: an evaluator for each share that it holds, in a thread of its own.

Processes know of each other from the SQL database. Each takes as many shares as are its due; those of one that died are
free when their leases run out, and what is more than its due it gives up at the end of a tick.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules.evaluate import progress
from rules.evaluate.evaluator import Evaluator, Shared, Standing, Tick, Ticking, unchanged
from rules.evaluate.fair import due
from rules.evaluate.progress import ByWorkflow
from rules.evaluate.staleness import NotJudged
from rules.ruleset import Rule
from store import leases, peers
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import StoreUnavailable
from store.event import SECOND
from store.settings import EvaluatorSettings
from store.shares import Share, agree, shares_of

_HEARD_EVERY = peers.TTL // 4

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Seat:
    """An evaluator at work; without a thread somebody else makes it tick."""

    evaluator: Evaluator
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def work(self, clock: Clock, around: Callable[[Ticking], Ticking]) -> None:
        name = self.evaluator.share.lease
        self.thread = threading.Thread(target=self._run, args=(clock, around), name=name, daemon=True)
        self.thread.start()

    def leave(self) -> None:
        """At the end of its tick, if it has one. Raises StoreUnavailable."""
        self.stop.set()
        if self.thread is None:
            self.evaluator.release()

    def end(self) -> None:
        if self.thread is not None:
            self.thread.join()

    def _run(self, clock: Clock, around: Callable[[Ticking], Ticking]) -> None:
        try:
            self.evaluator.run(clock, self.stop, around)
        except Exception:  # what was not released runs out
            log.exception("%s: could not end in good order", self.evaluator.share.lease)


class Evaluators:
    """Of one process, for all shares."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        database: Database,
        rules: Sequence[Rule],
        settings: EvaluatorSettings,
        holder: str,
    ) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._rules = tuple(rules)
        self._settings = settings
        self._mark = "" if settings.shard.of == 1 else f"@{settings.shard}"
        self._holder = holder + self._mark  # so that those of other shards are not taken for ones to share with
        self._shared = Shared.of(settings, self._holder)
        self._seats: dict[Share, _Seat] = {}
        self._lock = threading.Lock()  # of the seats, which the keeper of the rules and whoever measures look at, too
        self._elsewhere: Mapping[int, ByWorkflow] = {}
        self._heard_at: int | None = None
        self._told_to_wait = False

    @property
    def all(self) -> tuple[Evaluator, ...]:
        """Those at work."""
        with self._lock:
            return tuple(seat.evaluator for seat in self._seats.values())

    def use(self, rules: Sequence[Rule]) -> None:
        """As `Evaluator.use`, for all."""
        with self._lock:
            self._rules = tuple(rules)
            for seat in self._seats.values():
                seat.evaluator.use(rules)

    def progress(self) -> Mapping[str, tuple[int, int]]:
        """As `Evaluator.progress`, over the shares of all processes."""
        return {workflow: (it.done, it.total) for workflow, it in self._told().items() if it.total}

    def not_judged(self) -> Mapping[str, NotJudged]:
        """As `Evaluator.not_judged`, over the shares of all processes."""
        return {workflow: NotJudged(it.outdated, it.frozen) for workflow, it in self._told().items()}

    def run(self, clock: Clock, stop: threading.Event, around: Callable[[Ticking], Ticking] = unchanged) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        gone: list[_Seat] = []
        while not stop.is_set():
            gone = [seat for seat in gone if seat.thread is not None and seat.thread.is_alive()]
            try:
                gone += self.turn(clock.now())
            except StoreUnavailable as error:
                log.warning("evaluator: %s", error)
            except Exception:
                log.exception("evaluator: the shares could not be shared out, which is tried again")
            for seat in self._seats.values():
                if seat.thread is None:
                    seat.work(clock, self._in(around))
            clock.sleep(self._settings.tick / SECOND)
        self.close(clock.now())
        for seat in gone:
            seat.end()

    def turn(self, now: int) -> list[_Seat]:
        """Take the shares that are due at `now` (µs UTC), and give up the others: those that do so at the end of their
        tick are returned. Raises StoreUnavailable."""
        if not self._agreed(now):
            return []
        wanted = self._due(now)
        with self._lock:
            surplus = [self._seats.pop(share) for share in [*self._seats] if share not in wanted]
            self._seats |= {share: _Seat(self._evaluator(share)) for share in wanted if share not in self._seats}
        for seat in surplus:
            seat.leave()
        self._tell()
        self._shared.overtaken.take_back(self._clickhouse, now)
        return surplus

    def close(self, now: int) -> None:
        """Give up all, at the end of their ticks. Raises StoreUnavailable."""
        with self._lock:
            seats = list(self._seats.values())
            self._seats.clear()
        for seat in seats:
            seat.leave()
        for seat in seats:
            seat.end()
        with self._database.begin() as connection:
            peers.leave(connection, self._holder)
        self._shared.overtaken.take_back(self._clickhouse, now)

    def standing(self) -> Standing:
        """Of all shares that are judged here: the slowest tells up to when."""
        each = [it.standing for it in self.all if it.standing is not None]
        return Standing(
            min((it.judged_until for it in each), default=0),
            sum(it.waiting for it in each),
            any(it.held for it in each),
        )

    def _in(self, around: Callable[[Ticking], Ticking]) -> Callable[[Ticking], Ticking]:
        """What is told outside of a tick is how all of them stand."""

        def of_all(tick: Ticking) -> Ticking:
            def ticked(now: int) -> Tick | None:
                done = tick(now)
                return None if done is None else replace(done, standing=self.standing())

            return around(ticked)

        return of_all

    def _evaluator(self, share: Share) -> Evaluator:
        wired = (self._clickhouse, self._database, self._rules, self._settings, self._holder)
        return Evaluator(*wired, share, self._shared)

    def _agreed(self, now: int) -> bool:
        agreed = agree(self._database, self._settings.shares, now)
        if not agreed and not self._told_to_wait:
            log.warning(
                "evaluator: others divide the work into another number of shares than %d (evaluator.shares): this one "
                "waits until they have ended",
                self._settings.shares,
            )
        self._told_to_wait = not agreed
        return agreed

    def _due(self, now: int) -> frozenset[Share]:
        if self._heard_at is None or not 0 <= now - self._heard_at < _HEARD_EVERY:
            with self._database.begin() as connection:
                peers.hear(connection, self._holder, self._settings.shares, now)
            self._heard_at = now
        wanted = shares_of(self._settings.shard, self._settings.shares)
        with self._database.read() as connection:
            holders = leases.holders(connection, [share.lease for share in wanted], now)
            present = peers.present(connection, self._settings.shares, now)
        present = [it for it in present if it.endswith(self._mark)]
        everybody = present if self._holder in present else sorted([*present, self._holder])
        return due({share: holders.get(share.lease) for share in wanted}, self._holder, everybody)

    def _tell(self) -> None:
        """What is known of our shares, if it has changed; and take note of the others'."""
        if self._settings.shares == 1:
            return
        with self._database.read() as connection:
            told = progress.read(connection)
        ours = self._ours()
        if changed := [which for which, it in ours.items() if told.get(which, {}) != it]:
            with self._database.begin() as connection:
                for which in changed:
                    progress.write(connection, which, ours[which])
        self._elsewhere = told

    def _ours(self) -> dict[int, ByWorkflow]:
        return {it.share.which: progress.known(it.progress(), it.not_judged()) for it in self.all}

    def _told(self) -> ByWorkflow:
        return progress.total({**self._elsewhere, **self._ours()}.values())
