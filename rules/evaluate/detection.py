"""From when on a finding could have been found, so that it can be told how long that took.

It begins to hold at an instant, and can be found as soon as what had happened by then has arrived: the later of the two
is where the time of its detection begins. Some are found late for good reason. They are marked, and counted apart.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from store.clickhouse import ClickHouse
from store.event import MINUTE

Key = tuple[str, str]
"""Step and kind."""

ARRIVED_LATE = MINUTE

_ASKED_AT_ONCE = 4_000  # their instants have to fit into one parameter

_ARRIVED = """
SELECT correlation_id, since, toUnixTimestamp64Micro(max(received_at))
FROM events
INNER JOIN
(
    SELECT arrayJoin(arrayZip({ids:Array(String)}, {sinces:Array(Int64)})) AS pair,
           pair.1 AS correlation_id, pair.2 AS since
) AS found USING (correlation_id)
WHERE correlation_id IN {ids:Array(String)} AND time <= fromUnixTimestamp64Micro(since, 'UTC')
GROUP BY correlation_id, since
"""


class Delay(StrEnum):
    """Why it says nothing of how quickly things are found."""

    NONE = ""  # it does
    RULE = "rule"  # it is of a rule that was being applied to what is stored
    ARRIVAL = "arrival"  # it had begun to hold more than a minute before the last of its events arrived
    HOLD = "hold"  # judgement waited for events that somebody had taken and not stored, or that a source owed


@dataclass(frozen=True, slots=True)
class Detection:
    """Of one finding: the instant at which it was judged, and the other two as `findings` has them. µs UTC."""

    detected_at: int
    apparent_at: int | None = None
    delayed_by: str = Delay.NONE
    found_at: int | None = None  # `None`: it has not been written yet


@dataclass(frozen=True, slots=True)
class Circumstances:
    """In which was judged: by a rule that is being applied to what is stored; when judgement last waited (µs UTC)."""

    of_new_rule: bool = False
    held_until: int = 0


USUAL = Circumstances()


@dataclass(frozen=True, slots=True)
class Sight:
    """That a finding is seen for the first time, which holds `since` (µs UTC)."""

    correlation_id: str
    since: int


def detect(
    clickhouse: ClickHouse, seen: Collection[Sight], as_of: int, circumstances: Circumstances
) -> Mapping[Sight, Detection]:
    """What to write down of each. Raises StoreUnavailable or StoreRefused."""
    if circumstances.of_new_rule:
        return {it: Detection(as_of, it.since, Delay.RULE) for it in seen}
    arrived = dict(_arrived(clickhouse, sorted(seen, key=_place)))
    return {it: _detection(it, arrived.get(it, it.since), as_of, circumstances) for it in seen}


def _detection(seen: Sight, arrived: int, as_of: int, circumstances: Circumstances) -> Detection:
    apparent_at = max(seen.since, arrived)
    if arrived > seen.since + ARRIVED_LATE:
        return Detection(as_of, apparent_at, Delay.ARRIVAL)
    held = circumstances.held_until >= apparent_at
    return Detection(as_of, apparent_at, Delay.HOLD if held else Delay.NONE)


def _arrived(clickhouse: ClickHouse, seen: Sequence[Sight]) -> Iterator[tuple[Sight, int]]:
    """When the last of the events had been received that had happened by then."""
    for start in range(0, len(seen), _ASKED_AT_ONCE):
        part = seen[start : start + _ASKED_AT_ONCE]
        asked = {"ids": [it.correlation_id for it in part], "sinces": [it.since for it in part]}
        for correlation_id, since, received_at in clickhouse.query(_ARRIVED, asked):
            yield Sight(correlation_id, since), received_at


def _place(seen: Sight) -> tuple[str, int]:
    return seen.correlation_id, seen.since
