"""What is known here of the orders that a provider lists: events, verdicts and words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconcile.truth.ours import instances
from reconcile.truth.sweep.compare import Ours
from reconcile.truth.sweep.listing import decimal
from reconcile.truth.testimony import last_words
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import RESERVED_SOURCE
from store.settings_sweeps import Path, SweepSettings

_ORDERS = 1_000  # read by one query

# Copies of an event are one.
_EVENTS = """
SELECT correlation_id, uniqExact(source, id), groupUniqArray(100)({amount})
FROM events
WHERE correlation_id IN {{orders:Array(String)}} AND name IN {{names:Array(String)}} AND source != {{testimony:String}}
GROUP BY correlation_id
"""

_WITHIN = """
SELECT correlation_id, toUnixTimestamp64Micro(min(time)), groupUniqArray(100)({amount})
FROM events
WHERE time > fromUnixTimestamp64Micro({{since:Int64}}) AND time <= fromUnixTimestamp64Micro({{until:Int64}})
  AND name IN {{names:Array(String)}} AND source != {{testimony:String}}
GROUP BY correlation_id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """That events of the step came here; `time` (µs UTC) of the first of them."""

    correlation_id: str
    time: int
    amounts: tuple[Decimal, ...]


class Here:
    """Of one sweep; `names` are those of the events that fulfil its step."""

    def __init__(
        self, clickhouse: ClickHouse, database: Database, settings: SweepSettings, names: Sequence[str]
    ) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._settings = settings
        self._given = {"names": list(names), "testimony": RESERVED_SOURCE, **_parts(settings.ours)}
        self._amount = _amount(settings.ours)

    def of(self, orders: Iterable[str]) -> dict[str, Ours]:
        """By correlation ID. Raises StoreError."""
        wanted = list(dict.fromkeys(orders))
        workflow = self._settings.workflow
        known = instances(self._clickhouse, ((workflow, it) for it in wanted))
        with self._database.read() as connection:
            words = last_words(connection, wanted)
        came = {order: (count, amounts) for order, count, amounts in self._events(wanted)}
        return {
            it: Ours(
                known.get((workflow, it)),
                *came.get(it, (0, ())),
                words.get((workflow, it, self._settings.step)),
            )
            for it in wanted
        }

    def within(self, since: int, until: int) -> Iterator[Seen]:
        """What came here of events with a time between these (µs UTC). Raises StoreError."""
        parameters = {**self._given, "since": since, "until": until}
        for rows in self._clickhouse.stream(_WITHIN.format(amount=self._amount), parameters):
            yield from (Seen(order, time, _numbers(amounts)) for order, time, amounts in rows)

    def _events(self, orders: Sequence[str]) -> Iterator[tuple[str, int, tuple[Decimal, ...]]]:
        sql = _EVENTS.format(amount=self._amount)
        for start in range(0, len(orders), _ORDERS):
            rows = self._clickhouse.query(sql, {**self._given, "orders": orders[start : start + _ORDERS]})
            yield from ((order, count, _numbers(amounts)) for order, count, amounts in rows)


def _amount(path: Path) -> str:
    """SQL of the attribute, whose names are parameters; '' where none was named."""
    names = ", ".join(f"{{part_{place}:String}}" for place, _ in enumerate(path))
    return f"JSONExtractRaw(attributes, {names})" if path else "''"


def _parts(path: Path) -> dict[str, str]:
    return {f"part_{place}": name for place, name in enumerate(path)}


def _numbers(texts: Iterable[str]) -> tuple[Decimal, ...]:
    found = (decimal(text.strip('"')) for text in texts)
    return tuple(it for it in found if it is not None)
