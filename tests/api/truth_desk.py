"""A server in front of an office that settles orders: whoever waits for it lets it work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.access.identity import Scope
from api.app import create_app
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE
from tests.api.access.bearer import bearer
from tests.api.server import serving
from tests.conftest import NOON
from tests.reconcile.office import Office, office, rule
from tests.reconcile.provider import Provider, provider
from tests.web_server import client_of

AT = 17 * MINUTE  # after noon


class WorkingClock:
    """It stands still. While somebody sleeps the sources are asked, unless nobody is `at_work`."""

    def __init__(self, desk: Office) -> None:
        self._desk = desk
        self.at_work = True
        self.passed = 0

    def now(self) -> int:
        return NOON + AT + self.passed

    def sleep(self, _: float) -> None:
        if self.at_work:
            self._desk.asker.step(self.now())


@dataclass
class TruthDesk:
    desk: Office
    bank: Provider
    clock: WorkingClock
    http: httpx.Client

    def missing(self, *orders: str) -> str:
        """Payments of these orders are missing; the id of the last one's case."""
        for order in orders:
            self.desk.happens(order, 0, "PaymentRequested", amount=10, currency="EUR")
        self.desk.judge(AT)
        return str(self.desk.case(orders[-1])["id"])

    def of(self, *scopes: Scope, team: str = "") -> dict[str, str]:
        return bearer(self.desk.database, *scopes, team=team, name=team or "eve")


@contextmanager
def truth_desk(clickhouse: ClickHouse, database: Database, place: Path) -> Iterator[TruthDesk]:
    with provider() as bank, office(clickhouse, database, place, rule(bank.url)) as desk:
        clock = WorkingClock(desk)
        app = create_app(clickhouse, database, clock, rulebook=desk.rulebook, source=desk.source)
        with serving(app) as address, client_of(address) as http:
            it = TruthDesk(desk, bank, clock, http)
            http.headers.update(it.of(Scope.READ, Scope.OPERATE))
            yield it
