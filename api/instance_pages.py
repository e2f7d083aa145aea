"""Lists of instances, page by page, from ClickHouse. Times are µs UTC.

What fits is found among rows of which some are of earlier versions. Whether a row is still true, the newest version of
its instance tells: those that are not are left out, and more are looked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from api import verdicts
from api.cursor import Int64, Key, broken
from api.instance_filters import BY_KEY, BY_START, Conditions, Wanted, conditions
from api.parameters_instances import Sort
from api.verdicts import Verdict
from store.clickhouse import ClickHouse

ROUNDS = 12
"""After which a page is given with fewer instances than it has room for, rather than read on."""

SPARE = 20  # rows that a page looks at beyond those it shows
AT_ONCE = 2_000  # rows, of an export

_RISK = "ifNull(ifNotFinite(at_risk, -inf), -inf)"
_BEGAN = "fromUnixTimestamp64Micro({began:Int64}, 'UTC')"
_KEY = "(workflow, correlation_id)"
_LAST = "({last_workflow:String}, {last_correlation_id:String})"


@dataclass(frozen=True, slots=True)
class _Order:
    """`behind`: the row sorts behind the place where the page before ended. `first`: what the table is not in order of,
    and is looked at alone before the rest of a row is."""

    source: str
    by: str
    behind: str
    first: str = ""


# The first condition of each is what the engine finds its place by. The version is no part of an order, or the engine
# would not read in that of the table.
_ORDERS: dict[Sort, _Order] = {
    "id": _Order(
        BY_KEY,
        "workflow, correlation_id",
        "workflow >= {last_workflow:String} AND (workflow > {last_workflow:String} "
        "OR correlation_id > {last_correlation_id:String})",
    ),
    "newest": _Order(
        BY_START,
        "began DESC, workflow DESC, correlation_id DESC",
        f"began <= {_BEGAN} AND (began < {_BEGAN} OR {_KEY} < {_LAST})",
    ),
    "oldest": _Order(
        BY_START,
        "began, workflow, correlation_id",
        f"began >= {_BEGAN} AND (began > {_BEGAN} OR {_KEY} > {_LAST})",
    ),
    "risk": _Order(
        BY_START,
        f"{_RISK} DESC, began DESC, workflow DESC, correlation_id DESC",
        f"{_RISK} <= {{risk:Float64}} AND ({_RISK} < {{risk:Float64}} OR began < {_BEGAN} "
        f"OR (began = {_BEGAN} AND {_KEY} < {_LAST}))",
        first=_RISK,
    ),
}


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page ended. `risk` is hexadecimal, exact."""

    sort: Sort
    began: Int64
    workflow: Key
    correlation_id: Key
    risk: Key

    @property
    def parameters(self) -> dict[str, object]:
        """Raises `BadParameters`."""
        try:
            risk = float.fromhex(self.risk)
        except (ValueError, OverflowError) as error:
            raise broken() from error
        last = {"last_workflow": self.workflow, "last_correlation_id": self.correlation_id}
        return {"began": self.began, "risk": risk, **last}


_Row = tuple[Place, int]
"""With the version it is of."""


@dataclass(frozen=True, slots=True)
class Page:
    """`next`: where it ended, if more may follow."""

    verdicts: Sequence[Verdict]
    next: Place | None


def page(clickhouse: ClickHouse, wanted: Wanted, sort: Sort, after: Place | None, limit: int) -> Page:
    """At most `limit` instances behind `after`. Raises `BadParameters` if that is of another sort."""
    if after is not None and after.sort != sort:
        raise broken()
    fits = conditions(clickhouse, wanted, _ORDERS[sort].source)
    found: dict[tuple[str, str], tuple[Place, Verdict]] = {}
    asked, place = limit + 1 + SPARE, after
    for _ in range(ROUNDS):
        rows, place = _piece(clickhouse, fits, sort, place, asked)
        found |= _true(clickhouse, rows)
        if place is None or len(found) > limit:
            break
        asked = min(4 * asked, AT_ONCE)
    shown = list(found.values())[:limit]
    return Page([verdict for _, verdict in shown], shown[-1][0] if len(found) > limit else place)


def everything(clickhouse: ClickHouse, wanted: Wanted, sort: Sort) -> Iterator[Verdict]:
    """All that is wanted, in this order, read a piece at a time."""
    fits = conditions(clickhouse, wanted, _ORDERS[sort].source)
    rows, place = _piece(clickhouse, fits, sort, None, AT_ONCE)
    while rows:
        yield from (verdict for _, verdict in _true(clickhouse, rows).values())
        rows, place = _piece(clickhouse, fits, sort, place, AT_ONCE) if place else ([], None)


def _piece(
    clickhouse: ClickHouse, fits: Conditions, sort: Sort, after: Place | None, limit: int
) -> tuple[list[_Row], Place | None]:
    """At most so many rows behind `after`, and where they end if more may follow. All versions of the last instance are
    among them: those that did not fit in come with the next."""
    if not fits.possible:
        return [], None
    rows = _rows(clickhouse, fits, sort, after, limit)
    if len(rows) < limit:
        return rows, None
    whole = [row for row in rows if row[0] != rows[-1][0]] or rows
    return whole, whole[-1][0]


def _rows(clickhouse: ClickHouse, fits: Conditions, sort: Sort, after: Place | None, limit: int) -> list[_Row]:
    order = _ORDERS[sort]
    where = f"{fits} AND {order.behind}" if after else str(fits)
    asked = f"""
    SELECT toUnixTimestamp64Micro(began), workflow, correlation_id, {_RISK}, version
    FROM {order.source}
    WHERE {where}{_enough(order, where)}
    ORDER BY {order.by}
    LIMIT {{limit:UInt32}}
    """
    parameters = {**fits.parameters, **(after.parameters if after else {}), "limit": limit}
    return [
        (Place(sort, began, workflow, correlation_id, float(risk).hex()), version)
        for began, workflow, correlation_id, risk, version in clickhouse.query(asked, parameters)
    ]


def _enough(order: _Order, where: str) -> str:
    if not order.first:
        return ""
    highest = f"SELECT {order.first} AS it FROM {order.source} WHERE {where} ORDER BY it DESC LIMIT {{limit:UInt32}}"
    return f" AND {order.first} >= (SELECT min(it) FROM ({highest}))"


def _true(clickhouse: ClickHouse, rows: Sequence[tuple[Place, int]]) -> dict[tuple[str, str], tuple[Place, Verdict]]:
    """By workflow and correlation ID, those that are of the newest version of their instance."""
    newest = verdicts.newest(clickhouse, [(place.workflow, place.correlation_id) for place, _ in rows])
    return {
        key: (place, verdict)
        for place, version in rows
        if (verdict := newest.get(key := (place.workflow, place.correlation_id))) is not None
        and verdict.version == version
    }
