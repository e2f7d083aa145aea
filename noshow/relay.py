"""Loops of one process of which each takes up what the one before has left: findings become cases, those messages, and
those requests. So that nothing waits for a look at each of these places, whoever comes to rest wakes the next."""

from itertools import pairwise
from threading import Event

from store.clock import Clock

EVALUATOR, RECONCILER, DISPATCHER, SENDER = WAY = ("evaluator", "reconciler", "dispatcher", "sender")
"""The loops on the way from a deadline to a webhook, by the names they run under."""

_GLANCE = 0.5  # seconds after which it is seen that everything ends


class Turn:
    """The clock of one of them. Whoever is not woken, because what there is to do was done in another process, looks
    when it has rested for as long as it wanted to."""

    def __init__(self, clock: Clock, stop: Event) -> None:
        self.after: Turn | None = None
        self._clock = clock
        self._stop = stop
        self._woken = Event()

    def now(self) -> int:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        if self.after is not None:
            self.after._woken.set()
        while seconds > 0 and not self._stop.is_set() and not self._woken.wait(min(seconds, _GLANCE)):
            seconds -= _GLANCE
        self._woken.clear()


class Relay:
    """Hands out the clocks: to those on the way one each, to all others that which it was given."""

    def __init__(self, clock: Clock, stop: Event) -> None:
        self._clock = clock
        self._turns = {name: Turn(clock, stop) for name in WAY}
        for name, following in pairwise(WAY):
            self._turns[name].after = self._turns[following]

    def clock_of(self, name: str) -> Clock:
        return self._turns.get(name, self._clock)
