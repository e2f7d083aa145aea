"""Asks the source of truth about every missing step whose rule names one, until it can tell."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from random import SystemRandom
from threading import Event

from reconcile.errors import Busy
from reconcile.outgoing.call import Caller
from reconcile.rulebook import Rulebook
from reconcile.truth import answers, lookups
from reconcile.truth.again import pause
from reconcile.truth.lanes import Lanes
from reconcile.truth.limits import Limits
from reconcile.truth.lookups import Claim, Lane
from reconcile.truth.source import Answer, Outcome, Source
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, SECOND
from store.settings import Settings

logger = logging.getLogger(__name__)

_HOLD = 120 * SECOND  # longer than a lookup can take, a slow resolver included
_WITHOUT_A_RULE = HOUR  # until the next attempt, where the rule names no source any more
_FIND_EVERY = 2 * SECOND  # between looks for steps that nobody asks about yet
_SHARE = 20  # times as long as such a look has taken, at least: the more is missing, the longer it takes
_BATCH = 500  # of them in one transaction
_IDLE = 0.5  # seconds between looks for what is due
_FAULT = 5.0  # seconds of rest after something went wrong


class Asker:
    """Any number of them may run at once. `random` gives numbers from 0 up to 1."""

    def __init__(
        self, database: Database, rulebook: Rulebook, source: Source, at_once: int, random: Callable[[], float]
    ) -> None:
        self._database = database
        self._rulebook = rulebook
        self._source = source
        self._random = random
        self._lanes = Lanes[Lane](at_once)
        self._find_at = 0

    @classmethod
    def build(cls, database: Database, rulebook: Rulebook, source: Source, settings: Settings) -> "Asker":
        return cls(database, rulebook, source, settings.truth.at_once, SystemRandom().random)

    def step(self, now: int, lane: Lane | None = None) -> bool:
        """Find what is to be asked, and make the lookup (of this lane, if one is given) that has been due for longest
        at `now` (µs UTC). Whether there may be more at once.

        Raises StoreError; whatever else is raised has been pushed into the future first, so that it does not stand in
        the way of the rest.
        """
        if lane is None:
            self.find(now)
        claim = lookups.claim(self._database, now, _HOLD, lane)
        return claim is not None and self._make(claim, now)

    def find(self, now: int) -> int:
        """Begin to ask about steps that are missing and that nobody asks about; how many those were."""
        return sum(self._begin(lane, now) for lane in lookups.lanes(self._rulebook))

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set and what is on its way is answered. Nothing that goes wrong ends it."""
        while not stop.is_set():
            rest = _IDLE
            try:
                self._dispatch(clock, stop)
            except Exception as error:
                _log(error)
                rest = _FAULT
            clock.sleep(rest)
        self._lanes.join()

    def _dispatch(self, clock: Clock, stop: Event) -> None:
        """Fill the free places of every lane in which something is due."""
        now = clock.now()
        if now >= self._find_at:
            self.find(now)
            self._find_at = now + max(_FIND_EVERY, _SHARE * (clock.now() - now))
        for lane in lookups.waiting(self._database, now):
            self._lanes.fill(lane, partial(self._drain, lane, clock, stop))

    def _drain(self, lane: Lane, clock: Clock, stop: Event) -> None:
        try:
            while not stop.is_set() and self.step(clock.now(), lane):
                pass
        except Exception as error:
            _log(error)

    def _begin(self, lane: Lane, now: int) -> int:
        with self._database.read() as connection:
            found = lookups.unasked(connection, lane, _BATCH)
        if found:
            with self._database.begin() as connection:
                lookups.begin(connection, found, now)
        return len(found)

    def _make(self, claim: Claim, now: int) -> bool:
        try:
            answer = self._source.ask(claim.question, now)
        except (Busy, StoreUnavailable) as error:
            lookups.put_back(self._database, claim)
            if isinstance(error, Busy):
                return False
            raise
        except Exception as error:
            fault = Answer(Outcome.UNKNOWN, f"fault in Noshow: {type(error).__name__}")
            self._take(claim, fault, now)
            raise
        self._take(claim, answer, now)
        return True

    def _take(self, claim: Claim, answer: Answer, now: int) -> None:
        truth = self._source.truth(claim.question)
        every = truth.every if truth else _WITHOUT_A_RULE
        wait = pause(every, claim.attempts, answer.retry_after, self._random)
        if not answers.take(self._database, claim, answer, now + wait, now):
            logger.info("%s of %s: asked anew meanwhile", claim.wanted.step, claim.wanted.case_id)


def source(clickhouse: ClickHouse, rulebook: Rulebook, settings: Settings, environment: Mapping[str, str]) -> Source:
    """The sources of the rules in force, asked within the limits of this process."""
    caller = Caller(allow_private=settings.outgoing.allow_private)
    return Source(clickhouse, rulebook, caller, environment, Limits(settings.truth.rate, settings.truth.at_once))


def _log(error: Exception) -> None:
    if isinstance(error, StoreUnavailable):
        logger.warning("truth: %s", error)
    else:
        logger.error("truth: a lookup failed and is made again later", exc_info=error)
