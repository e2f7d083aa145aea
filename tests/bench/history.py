"""Histories made by the engine itself, so that making them does not take longer than what is measured.

Orders as in `tests/rules/shop.py`, one each 10 ms: 97 % go well, 1 % each are never paid, paid late, never shipped.
Their IDs are scattered like hashes: the worst case for a sort key.
"""

from collections.abc import Mapping

from store.clickhouse import ClickHouse
from store.event import HOUR, MINUTE

BEGIN = 1_767_225_600_000_000  # 2026-01-01 00:00:00 UTC
END = BEGIN + 400 * 24 * HOUR  # after every deadline

_ORDERS = """
INSERT INTO events (correlation_id, time, name, source, id, attributes, received_at)
SELECT
    concat('order-', hex(cityHash64(order, 1))) AS correlation_id,
    fromUnixTimestamp64Micro({begin:Int64} + order * 10000 + delay, 'UTC') AS time,
    name,
    source,
    concat('evt-', hex(cityHash64(order, name))),
    concat('{"amount":', toString(order % 50000 / 100), ',"currency":"EUR","customer":"c-', toString(order % 1000), '"}'),
    time
FROM
(
    SELECT
        number AS order,
        cityHash64(number, 2) % 100 AS fate,
        {minute:Int64} + cityHash64(number, 3) % (9 * {minute:Int64}) + if(fate = 1, 20 * {minute:Int64}, 0) AS paid,
        arrayJoin(arrayFilter(e -> e.4, [
            ('OrderPlaced', 'shop', toInt64(0), true),
            ('PaymentReceived', 'payments', toInt64(paid), fate != 0),
            ('ItemShipped', 'warehouse', toInt64(paid + {hour:Int64} + cityHash64(number, 4) % (39 * {hour:Int64})), fate > 2),
            ('ComplianceCheckDone', 'compliance', toInt64(paid + {hour:Int64} + cityHash64(number, 5) % (19 * {hour:Int64})), fate != 0)
        ])) AS event,
        event.1 AS name,
        event.2 AS source,
        event.3 AS delay
    FROM numbers({first:UInt64}, {count:UInt64})
)
"""  # noqa: E501  # SQL that reads better in long lines


def make_orders(clickhouse: ClickHouse, count: int, first: int = 0) -> int:
    """Store the events of so many orders; gives how many events there are now."""
    parameters: Mapping[str, object] = {
        "begin": BEGIN,
        "minute": MINUTE,
        "hour": HOUR,
        "first": first,
        "count": count,
    }
    clickhouse.command(_ORDERS, parameters)
    [(events,)] = clickhouse.query("SELECT count() FROM events")
    return int(events)
