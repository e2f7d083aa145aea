"""Calls what may be called: the guard is written first, then the request goes out, then the outcome is written."""

import logging
import time
from collections.abc import Callable, Mapping
from random import SystemRandom
from threading import Event

from reconcile.actions import claims, people
from reconcile.actions.claims import Claim
from reconcile.actions.outcome import outcome
from reconcile.errors import Unfilled
from reconcile.loop import repeat
from reconcile.outgoing.call import Call, NoReply, Reply
from reconcile.outgoing.prepared import Request, restored
from store.clock import Clock
from store.database import Database
from store.event import SECOND

logger = logging.getLogger(__name__)

HOLD = 120 * SECOND  # longer than a call can take, a slow resolver included
PROMPT = 60 * SECOND  # between claim and call; whoever was kept from it for longer may not be the one to call any more

NOTE = 500  # letters of an answer that are kept


_random = SystemRandom().random


class Worker:
    """Any number of them may run at once. `environment` holds the secrets; `random` gives numbers from 0 up to 1;
    `steady` seconds by which it is told how long a call took."""

    def __init__(
        self,
        database: Database,
        call: Call,
        environment: Mapping[str, str],
        random: Callable[[], float] = _random,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._call = call
        self._environment = environment
        self._random = random
        self._steady = steady

    def step(self, now: int) -> bool:
        """Call the action that has been due for longest at `now` (µs UTC); whether there may be more.

        Raises `StoreUnavailable`. Whatever else is raised leaves an action that is found again when its hold runs out.
        """
        watch = _Watch(self._steady)
        if not claims.anything(self._database, now):
            return False
        if self._tidied(now):
            return True
        claim = claims.claim(self._database, now, HOLD)
        if claim is None:
            return False
        answer, note = self._attempt(claim, watch)
        ended = now + 1 + watch.passed  # behind the call in the audit trail, whatever the clock says
        result = outcome(claim.attempt, answer, note, ended, self._random)
        if not claims.record(self._database, claim, result, ended):
            logger.warning("%s: its outcome (%s) came when it had been settled", claim.action.id, result.state)
        return True

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("caller of actions", self.step, clock, stop)

    def _tidied(self, now: int) -> bool:
        """Whether there was anything that waited in vain: for a second person, or for its worker."""
        with self._database.begin() as connection:
            return bool(people.expire(connection, now) + claims.lose(connection, now))

    def _attempt(self, claim: Claim, watch: "_Watch") -> tuple[Reply | NoReply, str]:
        """The answer, and a note on it that anybody may read."""
        try:
            request = restored(claim.action.request).filled(self._environment)
        except Unfilled as error:
            return NoReply(str(error), sent=False), str(error)
        if watch.passed > PROMPT:
            note = "the worker was held up, and left it to others"
            return NoReply(note, sent=False), note
        headers = {**request.headers, "idempotency-key": claim.action.id}
        answer = self._call(request.method, request.url, headers, request.body)
        return answer, _note(answer, request)


def _note(answer: Reply | NoReply, request: Request) -> str:
    if isinstance(answer, NoReply):
        return request.scrubbed(answer.error)
    said = request.scrubbed(answer.body.decode("utf-8", "replace"))
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
    return f"HTTP {answer.status}: {line}".removesuffix(": ")[:NOTE]


class _Watch:
    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._began = steady()

    @property
    def passed(self) -> int:
        """µs."""
        return round((self._steady() - self._began) * SECOND)
