"""The dispatcher's loop: news into groups, groups into messages, and what a silence held back when it is over."""

from threading import Event

from reconcile.loop import SOON, repeat
from reconcile.notify.flush import flush
from reconcile.notify.grouping import group
from reconcile.notify.routing import Routing
from reconcile.notify.silence import lift
from store.clock import Clock
from store.database import Database
from store.settings import Settings


class Dispatcher:
    """Any number of dispatchers may run at once."""

    def __init__(self, database: Database, routing: Routing, public_url: str) -> None:
        self._database = database
        self._routing = routing
        self._public_url = public_url

    @classmethod
    def build(cls, database: Database, settings: Settings) -> "Dispatcher":
        return cls(database, Routing.build(settings.notify), settings.public_url)

    def step(self, now: int) -> bool:
        """One unit of work at `now` (µs UTC); whether there may be more at once. Messages are made when all news has
        been looked at, so that what belongs together goes together.

        Raises `StoreUnavailable` or `Raced`; nothing is lost, and nothing is told twice.
        """
        return (
            group(self._database, self._routing, now)
            or lift(self._database, now)
            or flush(self._database, self._public_url, now)
        )

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        repeat("dispatcher", self.step, clock, stop, SOON)
