"""Following the rules in a process that does not judge: where truth is asked and which actions there are may change."""

import logging
from threading import Event

from rules.live.admit import Rulebook
from rules.live.live import LiveRules, tell
from store.clock import Clock

_EVERY = 1.0  # seconds between looks

log = logging.getLogger(__name__)


class Follower:
    """Looks at the directory again and again, and tells the log of changes."""

    def __init__(self, live: LiveRules) -> None:
        self._live = live

    def step(self, now: int) -> None:
        """One look (`now`: µs UTC)."""
        before = self._live.book
        if self._live.look(now):
            tell(before, self._live)

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        tell(Rulebook(), self._live)
        while not stop.is_set():
            try:
                self.step(clock.now())
            except Exception:
                log.exception("rules: looking at them failed and is tried again")
            clock.sleep(_EVERY)
