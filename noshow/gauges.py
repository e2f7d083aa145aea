"""What is held at the moment, in the stores and on the way to them, counted when somebody asks for metrics."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from sqlalchemy import Column, func, select

from api.kept import Kept
from api.latency import PERCENTILES, Latency, latency, ways
from noshow.collecting import Collecting
from noshow.stores import Stores
from store import collectors, incidents, quarantine
from store.clock import Clock
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, SECOND
from store.incidents import SILENT, Incident
from store.quarantine import Wanted
from store.tables import cases, messages

Numbers = Mapping[str, float]
"""By the value of a label."""

_INCIDENTS = 1000  # at once: more are not worth counting


def observe(meter: Meter, stores: Stores, clock: Clock) -> None:
    """What the stores hold, looked up no more often than they can bear. Every process tells the same."""

    def gauge(name: str, unit: str, about: str, label: str, load: Callable[[], Numbers]) -> None:
        kept = Kept(load, clock)

        def observed(_options: CallbackOptions) -> Iterable[Observation]:
            try:
                numbers = kept.get()
            except StoreUnavailable:  # which is no reason to tell nothing else
                return []
            return [Observation(number, {label: value}) for value, number in numbers.items()]

        meter.create_observable_gauge(name, [observed], unit, about)

    def quarantined() -> Numbers:
        return {"waiting": quarantine.count(stores.clickhouse, Wanted(), clock.now())}

    def lags() -> Numbers:
        with stores.database.read() as connection:
            return {it.id: (clock.now() - it.watermark) / SECOND for it in collectors.registered(connection)}

    gauge("noshow.cases", "1", "Cases.", "state", lambda: _by_state(stores.database, cases.c.state))
    gauge("noshow.notifications", "1", "Messages.", "state", lambda: _by_state(stores.database, messages.c.state))
    gauge("noshow.quarantine.events", "1", "Refused events that nobody has seen to.", "state", quarantined)
    gauge("noshow.incidents.open", "1", "Sources that are silent.", "state", lambda: _silent(stores.database))
    gauge(
        "noshow.held.instances",
        "1",
        "Correlation IDs that are not judged for want of them.",
        "kind",
        lambda: _held(stores.database),
    )
    gauge("noshow.collector.lag", "s", "How far the watermark of each collector is behind.", "collector", lags)


def observe_latency(meter: Meter, database: Database, clock: Clock) -> None:
    """How long it took in the last hour from what is wrong to whoever is told, as the page of it has it."""

    def load() -> Latency:
        with database.read() as connection:
            return latency(ways(connection, clock.now() - HOUR))

    kept = Kept(load, clock)

    def observed(_options: CallbackOptions) -> Iterable[Observation]:
        try:
            legs = kept.get().legs
        except StoreUnavailable:
            return []
        return [
            Observation(getattr(took, f"p{part}") / SECOND, {"leg": leg, "quantile": f"{part / 100:g}"})
            for leg, took in legs.items()
            for part in PERCENTILES
        ]

    meter.create_observable_gauge("noshow.latency", [observed], "s", "By leg and quantile, of the last hour.")


def observe_collecting(meter: Meter, taken: Collecting, clock: Clock) -> None:
    """What this collector has acknowledged or is about to, and ClickHouse does not have yet."""

    def waiting(_options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(taken.intake.waiting())

    def rows(_options: CallbackOptions) -> Iterable[Observation]:
        held = taken.spool.held()
        yield Observation(held.waiting, {"state": "waiting"})
        yield Observation(held.refused, {"state": "refused"})

    def size(_options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(taken.spool.used())

    def age(_options: CallbackOptions) -> Iterable[Observation]:
        oldest = taken.spool.held().oldest
        yield Observation(0 if oldest is None else (clock.now() - oldest) / SECOND)

    meter.create_observable_gauge(
        "noshow.ingest.waiting.events", [waiting], "1", "Neither stored nor in the spool yet."
    )
    meter.create_observable_gauge("noshow.spool.rows", [rows], "1", "In the spool.")
    meter.create_observable_gauge("noshow.spool.size", [size], "By", "Bytes that the spool holds.")
    meter.create_observable_gauge("noshow.spool.oldest.age", [age], "s", "Of what waits in the spool for longest.")


def _by_state(database: Database, state: Column[str]) -> Numbers:
    counted = select(state, func.count()).group_by(state)
    with database.read() as connection:
        return {name: number for name, number in connection.execute(counted)}


def _silent(database: Database) -> Numbers:
    """Incidents by what became of them."""
    holding = [it.is_holding for it in _incidents(database)]
    return {"holding": sum(holding), "let_go": len(holding) - sum(holding)}


def _held(database: Database) -> Numbers:
    """What is held until the same instant was counted together."""
    return {SILENT: sum({it.until: it.held for it in _incidents(database) if it.is_holding}.values())}


def _incidents(database: Database) -> Sequence[Incident]:
    with database.read() as connection:
        return incidents.page(connection, None, _INCIDENTS, only_open=True)
