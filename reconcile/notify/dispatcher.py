"""The dispatcher's loop: news into groups, groups into messages, what a silence held back when it is over, and now and
then a look for news that no case has."""

from collections.abc import Sequence
from threading import Event
from typing import Protocol

from reconcile.loop import repeat
from reconcile.notify.flush import flush
from reconcile.notify.grouping import group
from reconcile.notify.routing import Routing
from reconcile.notify.silence import lift
from store.clock import Clock
from store.database import Database
from store.event import SECOND
from store.settings import Settings

_LOOK = 5 * SECOND  # between looks for news that no case has


class Watch(Protocol):
    """Finds news that no case has, and writes it down."""

    def step(self, now: int) -> bool:
        """Whether there may be more at once."""
        ...


class Dispatcher:
    """Any number of dispatchers may run at once."""

    def __init__(self, database: Database, routing: Routing, public_url: str, watches: Sequence[Watch] = ()) -> None:
        self._database = database
        self._routing = routing
        self._public_url = public_url
        self._watches = watches
        self._looked_at: int | None = None

    @classmethod
    def build(cls, database: Database, settings: Settings, watches: Sequence[Watch] = ()) -> "Dispatcher":
        return cls(database, Routing.build(settings.notify), settings.public_url, watches)

    def step(self, now: int) -> bool:
        """One unit of work at `now` (µs UTC); whether there may be more at once. Messages are made when all news has
        been looked at, so that what belongs together goes together.

        Raises `StoreUnavailable`, `StoreRefused` or `Raced`; nothing is lost, and nothing is told twice.
        """
        if self._looked_at is None or now - self._looked_at >= _LOOK:
            self._looked_at = now
            for watch in self._watches:
                while watch.step(now):
                    pass
        return (
            group(self._database, self._routing, now)
            or lift(self._database, now)
            or flush(self._database, self._public_url, now)
        )

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("dispatcher", self.step, clock, stop)
