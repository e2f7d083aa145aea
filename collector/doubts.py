"""Whose lines were odd of late: theirs are decoded here for a while, so that others do not wait for them."""

from store.event import SECOND

LONG = 10 * SECOND
_MOST = 1_000  # senders that are remembered


class Doubts:
    def __init__(self) -> None:
        self._until: dict[str, int] = {}

    def add(self, sender: str, now: int) -> None:
        """`now` in µs UTC."""
        self._until.pop(sender, None)
        self._until[sender] = now + LONG
        if len(self._until) > _MOST:
            del self._until[next(iter(self._until))]

    def about(self, sender: str, now: int) -> bool:
        return now < self._until.get(sender, now)
