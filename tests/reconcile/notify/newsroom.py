"""Cases that open and settle, and a dispatcher that tells of them by the routes of a test."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from reconcile.cases.casebook import Casebook
from reconcile.cases.finding import About, Finding, Sighting
from reconcile.notify.dispatcher import Dispatcher
from reconcile.notify.routing import Routing
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from store.settings_notify import Route, Timing
from store.tables import messages
from tests.reconcile.desk import ABOUT, NOON, PUBLIC, closed, endpoint, finding

AS_EVER = Route()
WAIT, INTERVAL, REPEAT, CAP = 10 * SECOND, MINUTE, 4 * HOUR, 20


class Newsroom:
    def __init__(
        self, database: Database, route: Route = AS_EVER, receivers: Iterable[str] = ("payments", "shipping")
    ) -> None:
        self.database = database
        self.routing = Routing(route, {name: endpoint(name) for name in receivers})
        self.casebook = Casebook(database)
        self.dispatcher = self.another_dispatcher()
        self._versions = 0

    def another_dispatcher(self) -> Dispatcher:
        return Dispatcher(self.database, self.routing, PUBLIC)

    def happens(self, orders: Sequence[str], *findings: Finding, at: int = 0, about: About = ABOUT) -> None:
        """Each of these orders has these findings from now on; `at` in µs after noon."""
        self._versions += 1
        seen = [replace(it, version=self._versions) for it in findings]
        self.casebook.enter(
            [
                Sighting("fulfilment", order, tuple(replace(it, correlation_id=order) for it in seen), about)
                for order in orders
            ],
            NOON + at,
        )

    def opens(self, *orders: str, at: int = 0, about: About = ABOUT, **changes: Any) -> None:
        self.happens(orders, finding(**changes), at=at, about=about)

    def settles(self, *orders: str, at: int = 0, **changes: Any) -> None:
        self.happens(orders, closed(finding(**changes), 1), at=at)

    def dispatch(self, at: int) -> None:
        while self.dispatcher.step(NOON + at):
            pass

    def sent(self) -> list[Mapping[str, Any]]:
        """The messages in the order in which they were made; `data` is what they say."""
        with self.database.read() as connection:
            rows = connection.execute(select(messages).order_by(messages.c.created_at, messages.c.receiver)).all()
        return [{**row._mapping, "data": json.loads(row.payload)["data"]} for row in rows]

    def said(self) -> list[tuple[int, str, str, str]]:
        """(seconds after noon, receiver, type, which orders) of each."""
        return [
            ((it["created_at"] - NOON) // SECOND, it["receiver"], it["type"], " ".join(orders(it["data"])))
            for it in self.sent()
        ]


def orders(data: Mapping[str, Any]) -> list[str]:
    items = data.get("items", [data])
    return sorted(item["correlation_id"] for item in items)


def timed(**changes: Any) -> Route:
    return Route(timing=replace(Timing(), **changes))
