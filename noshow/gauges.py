"""What the stores hold, counted when somebody asks for metrics, and no more often than the stores can bear."""

from collections.abc import Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from sqlalchemy import Column, func, select

from api.overview import Kept
from noshow.stores import Stores
from store import quarantine
from store.clock import Clock
from store.database import Database
from store.quarantine import Wanted
from store.tables import cases, messages

Counts = Mapping[str, int]


def observe(meter: Meter, stores: Stores, clock: Clock) -> None:
    """Every process tells the same of the stores that they share."""

    def gauge(name: str, about: str, load: Callable[[], Counts]) -> None:
        kept = Kept(load, clock)

        def observed(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(count, {"state": state}) for state, count in kept.get().items()]

        meter.create_observable_gauge(name, [observed], "1", about)

    def quarantined() -> Counts:
        return {"waiting": quarantine.count(stores.clickhouse, Wanted(), clock.now())}

    gauge("noshow.cases", "Cases in the queue.", lambda: _by_state(stores.database, cases.c.state))
    gauge(
        "noshow.notifications",
        "Messages that are kept.",
        lambda: _by_state(stores.database, messages.c.state),
    )
    gauge("noshow.quarantine.events", "Refused events that nobody has seen to.", quarantined)


def _by_state(database: Database, state: Column[str]) -> Counts:
    counted = select(state, func.count()).group_by(state)
    with database.read() as connection:
        return {name: number for name, number in connection.execute(counted)}
