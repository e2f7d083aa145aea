"""Memory for the bodies of requests: how much all of them together may take."""

from collections.abc import Iterator
from contextlib import contextmanager

from collector.errors import Overloaded


class Room:
    """The bytes of all bodies that are held at one time. For use on one event loop."""

    def __init__(self, size: int) -> None:
        self._free = size

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """What one request takes, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._free += share.taken

    def take(self, size: int) -> None:
        if size > self._free:
            raise Overloaded("too many large requests at once")
        self._free -= size


class Share:
    def __init__(self, room: Room) -> None:
        self.taken = 0
        self._room = room

    def take(self, size: int) -> None:
        """Raises `Overloaded` where the room is full."""
        self._room.take(size)
        self.taken += size
