"""The orders of the bar: what happens to an order is a pure function of its number, and so is the truth.

One order each 10 ms, paid after 1-10 min, then shipped after 1-40 h and checked after 1-20 h. 1 % are never paid and go
no further; 0.5 % each are paid late, never shipped, shipped late, never checked, checked late. The IDs are scattered
like hashes: the worst case for a sort key. The engine makes the events itself, for Python would take longer than what
is measured.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rules.parse.rule import parse
from rules.spec import Workflow
from rules.verdict import Answer, Verdict
from store.clickhouse import ClickHouse
from store.event import HOUR, MINUTE

ORDERS = 1_250_000
BEGIN = 1_767_225_600_000_000  # 2026-01-01 00:00:00 UTC
END = BEGIN + 400 * 24 * HOUR  # after every deadline

RULE = """\
workflow: order-fulfilment
owner: orders
start: OrderPlaced
steps:
  payment: {event: PaymentReceived, within: 15m}
  shipment: {event: ItemShipped, after: payment, within: 48h}
  compliance: {event: ComplianceCheckDone, after: payment, within: 24h}
"""

Findings = Counter[tuple[str, str]]
"""How many findings there are of each (step, kind)."""

_SEED, _GOLD = 0x5EED0F0DE2500001, 0x9E3779B97F4A7C15
_ALL = 2**64 - 1


def _mixed(number: str) -> str:
    """Of a UInt64, which overflows here on purpose, another: as random as need be."""
    once = f"bitXor({number}, bitShiftRight({number}, 30)) * {0xBF58476D1CE4E5B9}"
    twice = f"bitXor({once}, bitShiftRight({once}, 27)) * {0x94D049BB133111EB}"
    return f"bitXor({twice}, bitShiftRight({twice}, 31))"


def _drawn(salt: int, bound: int) -> str:
    """An integer from 0 to below the bound, for the order at hand."""
    offset = (_SEED + salt * 0xD1B54A32D192ED03) & _ALL
    return f"toInt64(bitShiftRight({_mixed(f'(number * {_GOLD} + {offset})')}, 11) % {bound})"


def _in_hex(number: str) -> str:
    return f"leftPad(lower(hex({number})), 16, '0')"


# -1: never. An order that is not paid has nothing after it.
_PLAN = f"""
    SELECT
        number,
        {_drawn(1, 1000)} AS fate,
        number * 10000 + {_drawn(2, 10_000)} AS placed,
        if(fate < 10, -1, placed + if(fate < 15, {20 * MINUTE} + {_drawn(3, 10 * MINUTE)},
                                                 {MINUTE} + {_drawn(4, 9 * MINUTE)})) AS paid,
        if(paid < 0 OR fate BETWEEN 15 AND 19, -1,
           paid + if(fate BETWEEN 20 AND 24, {49 * HOUR} + {_drawn(5, 11 * HOUR)},
                                             {HOUR} + {_drawn(6, 39 * HOUR)})) AS shipped,
        if(paid < 0 OR fate BETWEEN 25 AND 29, -1,
           paid + if(fate BETWEEN 30 AND 34, {25 * HOUR} + {_drawn(7, 11 * HOUR)},
                                             {HOUR} + {_drawn(8, 19 * HOUR)})) AS checked
    FROM numbers({{orders:UInt64}})
"""

_EVENTS = f"""
    SELECT
        concat('order-', {_in_hex(_mixed(f"(number + {_SEED})"))}) AS correlation_id,
        event.1 AS name,
        event.2 AS source,
        fromUnixTimestamp64Micro({BEGIN} + event.3, 'UTC') AS time,
        (number * 4 + event.4) AS word,
        concat('evt-', {_in_hex(_mixed(f"(word + {(_SEED * 3 + 1) & _ALL})"))}) AS id,
        {_drawn(9, 50_000)} + 100 AS cents,
        concat('{{"amount":', toString(intDiv(cents, 100)), '.', leftPad(toString(cents % 100), 2, '0'),
               ',"currency":"EUR","customer":"c-', toString({_drawn(10, 100_000)}), '"}}') AS attributes
    FROM ({_PLAN})
    ARRAY JOIN arrayFilter(it -> it.3 >= 0, [
        ('OrderPlaced', 'shop', placed, 0),
        ('PaymentReceived', 'payments', paid, 1),
        ('ItemShipped', 'warehouse', shipped, 2),
        ('ComplianceCheckDone', 'compliance', checked, 3)
    ]) AS event
"""

_STORE = f"""
INSERT INTO events (correlation_id, time, name, source, id, attributes, received_at)
SELECT correlation_id, time, name, source, id, attributes, time FROM ({_EVENTS})
"""

_LINES = f"""
INSERT INTO FUNCTION file({{path:String}}, 'LineAsString')
SELECT concat('{{"id":"', id, '","correlation_id":"', correlation_id, '","name":"', name,
              '","time":"', formatDateTime(time, '%Y-%m-%dT%H:%i:%S.%fZ'), '","source":"', source,
              '","attributes":', attributes, '}}')
FROM ({_EVENTS})
ORDER BY time, word
"""

_TRUTH = f"""
SELECT countIf(paid < 0), countIf(paid > placed + {15 * MINUTE}),
       countIf(paid >= 0 AND shipped < 0), countIf(shipped > paid + {48 * HOUR}),
       countIf(paid >= 0 AND checked < 0), countIf(checked > paid + {24 * HOUR})
FROM ({_PLAN})
"""
_TOLD = tuple((step, kind) for step in ("payment", "shipment", "compliance") for kind in ("missing", "late"))


def store_orders(clickhouse: ClickHouse, orders: int = ORDERS) -> int:
    """Store the events of so many orders; gives how many events there are."""
    clickhouse.command(_STORE, {"orders": orders})
    [(events,)] = clickhouse.query("SELECT count() FROM events")
    return int(events)


def write_orders(clickhouse: ClickHouse, path: Path, orders: int = ORDERS) -> None:
    """The same events as an NDJSON file, in order of time."""
    clickhouse.command(_LINES, {"orders": orders, "path": str(path)})


def truth(clickhouse: ClickHouse, orders: int = ORDERS) -> Findings:
    """What must be found of so many orders at `END`, told by the times of the events."""
    [counts] = clickhouse.query(_TRUTH, {"orders": orders})
    return Counter(dict(zip(_TOLD, counts, strict=True)))


def workflow() -> Workflow:
    """What `RULE` says."""
    parsed = parse(RULE, "orders.yaml").workflow
    assert parsed is not None
    return parsed


def found(answers: Iterable[Answer]) -> Findings:
    verdicts = (answer for answer in answers if isinstance(answer, Verdict))
    return Counter((finding.step, finding.kind.value) for verdict in verdicts for finding in verdict.findings)
