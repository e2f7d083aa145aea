"""Reading the audit trail: from ClickHouse what has been copied, from the SQL database the newest rows.

An entry is seen once it is chained, about a second after it was made.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from reconcile.audit.chain import COLUMNS, head
from reconcile.audit.copying import copied
from reconcile.audit.row import Head, Row, from_store
from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import audit

AT_ONCE = 10_000  # rows in one query of a stream

_COLUMNS = ", ".join("toUnixTimestamp64Micro(at)" if name == "at" else name for name in Row.__struct_fields__)

_CONDITIONS = {
    "case_id": "case_id = {case_id:String}",
    "workflow": "workflow = {workflow:String}",
    "correlation_id": "correlation_id = {correlation_id:String}",
    "customer": "customer = {customer:String}",
    "actor": "actor = {actor:String}",
    "what": "what = {what:String}",
    "since": "at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')",
    "until": "at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: all that is given must fit. Times in µs UTC, `until` not included."""

    case_id: str = ""
    workflow: str = ""
    correlation_id: str = ""
    customer: str = ""
    actor: str = ""
    what: str = ""
    since: int | None = None
    until: int | None = None

    @property
    def given(self) -> dict[str, object]:
        values = {it.name: getattr(self, it.name) for it in fields(self)}
        return {name: value for name, value in values.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class Span:
    """Rows with numbers above `after` and below `before`; the newest first, or the oldest."""

    after: int = 0
    before: int = 2**62
    newest_first: bool = False


EVERYTHING = Asked()
WHOLE = Span()


class Trail:
    """The audit trail in both stores. Every method raises `StoreUnavailable` or `StoreRefused`."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self._clickhouse = clickhouse
        self._database = database

    def head(self) -> Head:
        with self._database.read() as connection:
            return head(connection)

    def page(self, asked: Asked, span: Span, limit: int) -> list[Row]:
        """The first `limit` rows of the span, or a few more: all copies of the last one, which should be one."""
        with self._database.read() as connection:
            last = copied(connection)
            newest = _kept(connection, asked, Span(max(span.after, last), span.before, span.newest_first), limit)
        below = Span(span.after, min(span.before, last + 1), span.newest_first)
        if not span.newest_first:
            older = self._copied(asked, below, limit)
            return older + newest[: max(0, limit - len(older))]
        return newest + (self._copied(asked, below, limit - len(newest)) if len(newest) < limit else [])

    def stream(self, asked: Asked = EVERYTHING, span: Span = WHOLE) -> Iterator[Row]:
        """All of them, the oldest first. Copies in ClickHouse that differ come one after the other."""
        after = span.after
        while page := self.page(asked, Span(after, span.before), AT_ONCE):
            yield from page
            after = page[-1].seq

    def kept(self, span: Span = WHOLE) -> Iterator[Row]:
        """What the SQL database has of the chain, the oldest first: its end, as old rows are pruned there."""
        with self._database.read() as connection:
            chosen = _choice(EVERYTHING, span).execution_options(yield_per=AT_ONCE)
            yield from map(from_store, connection.execute(chosen))

    def _copied(self, asked: Asked, span: Span, limit: int) -> list[Row]:
        given = asked.given
        where = ["seq > {after:UInt64}", "seq < {before:UInt64}", *(_CONDITIONS[name] for name in given)]
        order = "DESC" if span.newest_first else ""
        found = self._clickhouse.query(
            f"SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(where)} "
            f"ORDER BY seq {order} LIMIT {{limit:UInt64}} WITH TIES",
            {**given, "after": span.after, "before": span.before, "limit": limit},
        )
        return list(dict.fromkeys(map(from_store, found)))  # a row that was copied twice is one


def _kept(connection: Connection, asked: Asked, span: Span, limit: int) -> list[Row]:
    return [from_store(it) for it in connection.execute(_choice(asked, span).limit(limit))]


def _choice(asked: Asked, span: Span) -> Select[Any]:
    order = audit.c.seq.desc() if span.newest_first else audit.c.seq
    return select(*COLUMNS).where(audit.c.seq > span.after, audit.c.seq < span.before, *_fits(asked)).order_by(order)


def _fits(asked: Asked) -> Iterator[ColumnElement[bool]]:
    for name, value in asked.given.items():
        match name:
            case "since":
                yield audit.c.at >= value
            case "until":
                yield audit.c.at < value
            case _:
                yield audit.c[name] == value
