"""How much is sent at once, and when again: slower after each failure, smaller after each refusal."""

import random

_FIRST, _LONGEST = 0.5, 60.0  # seconds
_MOST_ASKED = 600.0  # for which a server may put off


class Pace:
    """`batch` is how many events the next request has, none is to be sent before `due` (seconds, any clock's).

    An answer does not say which of the events were refused. So half as many are sent, until it is one.
    """

    def __init__(self, most: int) -> None:
        self.batch = most
        self.due = 0.0
        self._most = most
        self._failures = 0

    def taken(self) -> None:
        """All was well: as many again, or twice as many."""
        self.batch = min(2 * self.batch, self._most)
        self._failures = 0

    def refused(self, events: int) -> bool:
        """Some of so many were. True if it was one alone, and so is known; else fewer are to be sent."""
        self._failures = 0
        self.batch = max(1, events // 2)
        return events == 1

    def later(self, now: float, retry_after: float = 0.0) -> None:
        """Wait twice as long as the last time, and at least for as long as the server wants."""
        wait = min(_FIRST * 2.0**self._failures, _LONGEST)
        self._failures = min(self._failures + 1, 16)
        self.due = now + max(min(retry_after, _MOST_ASKED), wait * random.uniform(0.8, 1.2))

    def hurry(self) -> None:
        """Somebody waits: try at once."""
        self.due = 0.0
