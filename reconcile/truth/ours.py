"""What is known here of orders: their newest verdicts, in ClickHouse. Times are µs UTC."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.verdict import StepState
from store.clickhouse import ClickHouse

Key = tuple[str, str]  # workflow, correlation ID

_ORDERS = 1_000  # read by one query

_NEWEST = """
SELECT workflow, correlation_id, state, rule_hash, steps.name, steps.state,
       arrayMap(at -> toUnixTimestamp64Micro(at), steps.at), at_risk, unit, customer
FROM instances
WHERE (workflow, correlation_id) IN {keys:Array(Tuple(String, String))}
ORDER BY workflow, correlation_id, version DESC
LIMIT 1 BY workflow, correlation_id
"""

FULFILLED = frozenset({StepState.ON_TIME, StepState.LATE})


@dataclass(frozen=True, slots=True)
class Step:
    """`at`: when it was fulfilled, by an event or by somebody's word."""

    state: str
    at: int | None

    @property
    def is_fulfilled(self) -> bool:
        return self.state in FULFILLED


@dataclass(frozen=True, slots=True)
class Instance:
    """The newest verdict on an order, by step; `rule_hash` is that of the rule that judged."""

    rule_hash: str
    steps: Mapping[str, Step]
    at_risk: float | None
    unit: str
    customer: str


def instances(clickhouse: ClickHouse, keys: Iterable[Key]) -> dict[Key, Instance]:
    """Of those of these orders that exist. Raises StoreUnavailable or StoreRefused."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Instance] = {}
    for start in range(0, len(wanted), _ORDERS):
        rows = clickhouse.query(_NEWEST, {"keys": wanted[start : start + _ORDERS]})
        found |= {(row[0], row[1]): _instance(row) for row in rows if row[2]}  # without a state it is no more
    return found


def _instance(row: tuple[Any, ...]) -> Instance:
    _, _, _, rule_hash, names, states, times, at_risk, unit, customer = row
    steps = {name: Step(state, at) for name, state, at in zip(names, states, times, strict=True)}
    return Instance(rule_hash, steps, at_risk, unit or "", customer or "")
