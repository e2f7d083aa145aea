"""Sends what the outbox holds. Each endpoint has slots of its own, so that one that hangs delays no other."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from random import SystemRandom
from threading import Event, Lock

from reconcile.loop import SOON
from reconcile.notify import outbox
from reconcile.notify.delivery import Answer, Post
from reconcile.notify.outbox import Claim
from reconcile.notify.retry import outcome
from store.clock import Clock
from store.database import Database
from store.errors import StoreUnavailable
from store.event import SECOND
from store.settings import Settings
from store.settings_notify import Endpoint

logger = logging.getLogger(__name__)

SLOTS = 4  # messages on their way to one endpoint at a time

_HOLD = 120 * SECOND  # longer than an attempt can take, a slow resolver included
_FAULT = 5.0  # seconds of rest after something went wrong

_UNKNOWN = Answer(None, "the settings name no such receiver any more")

Deliver = Callable[[Endpoint, str, str, int], Answer]


def _nothing(deliver: Deliver) -> Deliver:
    return deliver


class Sender:
    """Delivers at least once, under an id that never changes; a case's messages to one endpoint go in order.

    Any number of senders may run at once. `random` gives numbers from 0 up to 1.
    """

    def __init__(
        self, database: Database, endpoints: Mapping[str, Endpoint], deliver: Deliver, random: Callable[[], float]
    ) -> None:
        self._database = database
        self._endpoints = endpoints
        self._deliver = deliver
        self._random = random
        self._busy: Counter[str] = Counter()
        self._lock = Lock()

    @classmethod
    def build(cls, database: Database, settings: Settings, around: Callable[[Deliver], Deliver] = _nothing) -> "Sender":
        """`around` may put something around a delivery, such as what measures it."""
        post = around(Post(allow_private=settings.outgoing.allow_private))
        return cls(database, settings.notify.endpoints, post, SystemRandom().random)

    def step(self, now: int, endpoint: str | None = None) -> bool:
        """Send the message (of this endpoint, if one is given) that has been due for longest at `now` (µs UTC).

        Says whether there may be more. Raises `StoreUnavailable`; whatever else is raised has been pushed into the
        future first, so that it does not stand in the way of the rest.
        """
        claim = outbox.claim(self._database, now, _HOLD, endpoint)
        if claim is None:
            return False
        try:
            answer = self._attempt(claim, now)
        except Exception as error:
            self._record(claim, Answer(None, f"fault in the sender: {type(error).__name__}"), now)
            raise
        self._record(claim, answer, now)
        return True

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set and what is on its way has arrived or failed. Nothing that goes wrong ends it."""
        with ThreadPoolExecutor(thread_name_prefix="sender", max_workers=SLOTS * (len(self._endpoints) + 1)) as pool:
            while not stop.is_set():
                rest = SOON
                try:
                    self._dispatch(pool, clock, stop)
                except Exception as error:
                    _log(error)
                    rest = _FAULT
                clock.sleep(rest)

    def _dispatch(self, pool: ThreadPoolExecutor, clock: Clock, stop: Event) -> None:
        """Fill the free slots of every endpoint for which something is due."""
        for endpoint in outbox.waiting(self._database, clock.now()):
            with self._lock:
                free = SLOTS - self._busy[endpoint]
                self._busy[endpoint] = SLOTS
            for _ in range(free):
                pool.submit(self._drain, endpoint, clock, stop)

    def _drain(self, endpoint: str, clock: Clock, stop: Event) -> None:
        try:
            while not stop.is_set() and self.step(clock.now(), endpoint):
                pass
        except Exception as error:
            _log(error)
        finally:
            with self._lock:
                self._busy[endpoint] -= 1

    def _attempt(self, claim: Claim, now: int) -> Answer:
        endpoint = self._endpoints.get(claim.endpoint)
        return _UNKNOWN if endpoint is None else self._deliver(endpoint, claim.id, claim.payload, now)

    def _record(self, claim: Claim, answer: Answer, now: int) -> None:
        result = outcome(answer, claim.attempts, now, self._random)
        if not answer.delivered:
            logger.warning("%s to %s, attempt %d: %s", claim.id, claim.endpoint, claim.attempts, result.error)
        if result.gone:
            logger.warning("%s is disabled, for it says that it is gone: nothing more is sent to it", claim.endpoint)
        if not outbox.record(self._database, claim, result, now, answer.took):
            logger.warning("%s to %s: sent for longer than it was held", claim.id, claim.endpoint)


def _log(error: Exception) -> None:
    if isinstance(error, StoreUnavailable):
        logger.warning("sender: %s", error)
    else:
        logger.error("sender: a message failed and is tried again later", exc_info=error)
