"""What an order can be found by: the identifiers that its events carry, each with the correlation ID of the event.

An identifier is a text or a whole number among the attributes, wherever it stands there, of 4 to 100 characters without
a blank, with a digit in it, that is neither a fraction, a timestamp, nor a number of less than five digits. A view
keeps them as events come.
"""

from collections.abc import Collection

from store.clickhouse import ClickHouse

# As the view has it. Where nothing is nested, the engine's own reader is three times as fast as the pattern.
VALUES = r"""
arrayFilter(it -> length(it) BETWEEN 4 AND 100 AND match(it, '[0-9]')
        AND NOT match(it, '^[-+]?[0-9]{1,4}$|^[-+]?[0-9]+\\.[0-9]*([eE][-+]?[0-9]+)?$|^[0-9]{4}-[0-9]{2}-[0-9]{2}')
        AND NOT match(it, '[\\s{}"]'),
    if(position(attributes, '{', 2) = 0 AND position(attributes, '[') = 0,
        arrayMap(it -> it.2, JSONExtractKeysAndValues(attributes, 'String')),
        arrayConcat(
            extractAll(attributes, '"([^"\\\\\\s]{4,100})"\\s*[,}\\]]'),
            extractAll(attributes, '[:\\[,]\\s*([0-9]{5,20})\\s*[,}\\]]'))))
""".strip()

_AMONG = f"SELECT DISTINCT arrayJoin({VALUES}) FROM (SELECT arrayJoin({{texts:Array(String)}}) AS attributes)"

_FORGET = """
DELETE WHERE value IN {values:Array(String)} AND correlation_id = {correlation_id:String}
SETTINGS mutations_sync = 2
"""


def among(clickhouse: ClickHouse, attributes: Collection[str]) -> set[str]:
    """Those in the attributes of events, each the JSON text of an object. Raises StoreUnavailable or StoreRefused."""
    return {value for (value,) in clickhouse.query(_AMONG, {"texts": list(attributes)})} if attributes else set()


def forget(clickhouse: ClickHouse, correlation_id: str, values: Collection[str]) -> None:
    """The order is found by these no more. Raises StoreUnavailable or StoreRefused."""
    if values:
        clickhouse.alter("identifiers", _FORGET, {"values": sorted(values), "correlation_id": correlation_id})


def find(clickhouse: ClickHouse, text: str, limit: int, *, beginning: bool = False) -> list[str]:
    """Correlation IDs, at most so many: the text itself, then those whose events carry it; or, with `beginning`, what
    begins with it. Raises StoreUnavailable or StoreRefused."""
    asked = {"text": text, "limit": limit}
    own = clickhouse.query(_finding("events", "correlation_id", beginning), asked)
    theirs = clickhouse.query(_finding("identifiers", "value", beginning), asked)
    return list(dict.fromkeys(found for (found,) in [*own, *theirs]))[:limit]


def _finding(table: str, column: str, beginning: bool) -> str:
    """In the order of the table, so that no more is read than is asked for."""
    fits = f"startsWith({column}, {{text:String}})" if beginning else f"{column} = {{text:String}}"
    return f"""
    SELECT correlation_id FROM {table} WHERE {fits}
    ORDER BY {column}, correlation_id LIMIT 1 BY correlation_id LIMIT {{limit:UInt32}}
    """
