"""A store as if so many events had come in and been judged, in minutes: some orders are judged by the evaluator itself,
and the engine copies every row that they have left behind, under other correlation IDs.

The rows are those that the evaluator writes, but for `digest`, by which alone it tells whether a verdict has changed:
what is judged again without a change is written once more.

Of ten events eight are of orders that are settled, of all four steps but for the 3 % that went wrong, spread over more
than a year; two are of an order that is open. So of a million events there are 300,000 instances, 100,000 of them open.
"""

import random
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import link
from pathlib import Path

from rules.evaluate.evaluator import Evaluator
from rules.ruleset import Rule, rules_of
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE, Event
from store.events import write
from store.migrate import migrate_clickhouse, migrate_database
from store.settings import load
from store.shares import ALL
from tests.bench.history import BEGIN, END
from tests.rules.shop import FULFILMENT

LEFT = "left"
_COPIES_AT_ONCE = 10
_QUIET = 2  # seconds without a merge, after which there will be none
_LONGEST_MERGING = 1_200  # seconds

# What views keep up is left to them.
_TABLES = """
SELECT DISTINCT table FROM system.columns
WHERE database = {database:String} AND name = 'correlation_id'
  AND table IN (SELECT name FROM system.tables WHERE database = {database:String} AND endsWith(engine, 'MergeTree'))
  AND table NOT IN
  (
      SELECT extract(create_table_query, ' TO (?:[^ .]+\\\\.)?`?([^ .`]+)')
      FROM system.tables WHERE database = {database:String} AND engine = 'MaterializedView'
  )
ORDER BY table
"""

_MERGES = "SELECT count() FROM system.merges WHERE database = {database:String}"
_PARTS = "SELECT count() FROM system.parts WHERE database = {database:String} AND table = 'events' AND active"


@dataclass(frozen=True)
class Made:
    """What is to be made: of so many events, judged by these rules; the IDs are scattered like hashes, or `ordered`, by
    the time of the order. A pattern of so many events is judged and copied."""

    events: int
    rules: tuple[Rule, ...] = rules_of([FULFILMENT])
    ordered: bool = False
    pattern: int = 100_000


def fill(folder: Path, made: Made) -> None:
    """Make the stores below `folder`, which must not exist. The tables have the parts that inserts and the engine's own
    merging leave."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    with _stores(unfinished) as (clickhouse, database):
        make(clickhouse, database, made)
        _wait_for_merges(clickhouse)
    unfinished.rename(folder)


def make(clickhouse: ClickHouse, database: Database, made: Made) -> None:
    """In stores that are empty."""
    pattern = min(made.events, made.pattern)
    write(clickhouse, orders(pattern, made.ordered))
    judge_all(clickhouse, database, made.rules)
    _copy_all(clickhouse, made.events // pattern, made.ordered)
    _pass_by(clickhouse, database)


def merge(folder: Path, made: Made) -> None:
    """The same, with every table merged into one part of each partition: made of those that are `LEFT` beside it."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    linked(folder.with_name(LEFT), unfinished)
    with _stores(unfinished) as (clickhouse, _):
        assert counted(clickhouse)["events"] > 0.9 * made.events
        for table in _tables(clickhouse):
            clickhouse.command("OPTIMIZE TABLE {table:Identifier} FINAL", {"table": table})
    unfinished.rename(folder)


def opened(folder: Path) -> tuple[ClickHouse, Database]:
    """Stores, of which a process can open those of one folder only."""
    folder.mkdir(parents=True, exist_ok=True)
    clickhouse = ClickHouse.embedded(folder / "clickhouse")
    database = Database.open(f"sqlite:///{folder}/noshow.sqlite")
    migrate_clickhouse(clickhouse)
    migrate_database(database)
    return clickhouse, database


@contextmanager
def _stores(folder: Path) -> Iterator[tuple[ClickHouse, Database]]:
    clickhouse, database = opened(folder)
    yield clickhouse, database
    clickhouse.close()
    database.close()


def linked(filled: Path, place: Path) -> Path:
    """A copy of stores at once: the engine writes no file of its data a second time."""
    shutil.copytree(filled, place, symlinks=True, copy_function=_copy)
    return place


def _copy(source: str, target: str) -> str:
    if source.endswith(".bin"):
        link(source, target)
    else:
        shutil.copy2(source, target)
    return target


def orders(events: int, ordered: bool) -> Iterator[Event]:
    """Nothing falls due of those that are open while ticks are measured."""
    chance = random.Random(1)
    for number in range(events // 5):
        placed = BEGIN + chance.randrange(390 * DAY)
        yield from _settled(_id(placed, number, ordered), placed, chance)
    for number in range(events // 10):
        placed = END - chance.randrange(HOUR, 20 * HOUR)
        yield from _open(_id(placed, number, ordered), placed, chance)


def _id(placed: int, number: int, ordered: bool) -> str:
    return f"{placed:016x}-{number}" if ordered else f"order-{number}-{placed}"


def judge_all(clickhouse: ClickHouse, database: Database, rules: Sequence[Rule]) -> None:
    evaluator = Evaluator(clickhouse, database, rules, load({}).evaluator, "filling")
    while (tick := evaluator.tick(END)) is None or tick.more:
        pass
    evaluator.release()


def counted(clickhouse: ClickHouse) -> dict[str, float]:
    told = {"parts": clickhouse.query(_PARTS, {"database": clickhouse.database})}
    told["events"] = clickhouse.query("SELECT count() FROM events")
    told["instances"] = clickhouse.query("SELECT count() FROM instances")
    told["open"] = clickhouse.query("SELECT count() FROM instances WHERE state = 'running'")
    return {name: float(count) for name, [(count,)] in told.items()}


def _settled(order: str, placed: int, chance: random.Random) -> Iterator[Event]:
    """One of a hundred each is never paid, paid late, never shipped."""
    fate = chance.randrange(100)
    yield _placed(order, placed, chance)
    if fate == 0:
        return
    paid = placed + chance.randrange(MINUTE, 10 * MINUTE) + (20 * MINUTE if fate == 1 else 0)
    yield _event(order, "PaymentReceived", paid, "payments")
    yield _event(order, "ComplianceCheckDone", paid + chance.randrange(HOUR, 20 * HOUR), "compliance")
    if fate != 2:
        yield _event(order, "ItemShipped", paid + chance.randrange(HOUR, 40 * HOUR), "warehouse")


def _open(order: str, placed: int, chance: random.Random) -> Iterator[Event]:
    yield _placed(order, placed, chance)
    yield _event(order, "PaymentReceived", placed + chance.randrange(MINUTE, 10 * MINUTE), "payments")


def _placed(order: str, at: int, chance: random.Random) -> Event:
    amount, customer = chance.randrange(50_000) / 100, chance.randrange(1_000)
    told = f'{{"amount":{amount},"currency":"EUR","customer":"c-{customer}"}}'
    return Event(f"{order}-placed", order, "OrderPlaced", at, "shop", told)


def _event(order: str, name: str, at: int, source: str) -> Event:
    return Event(f"{order}-{name}", order, name, at, source)


def _copy_all(clickhouse: ClickHouse, copies: int, ordered: bool) -> None:
    """In place of what there is, so that all correlation IDs are scattered alike."""
    for table in _tables(clickhouse):
        names = {"table": table, "pattern": f"pattern_{table}"}
        columns = _columns(clickhouse, table)
        clickhouse.command(
            "CREATE TABLE {pattern:Identifier} ENGINE = Memory AS SELECT * FROM {table:Identifier}", names
        )
        clickhouse.command("TRUNCATE TABLE {table:Identifier}", names)
        for first in range(0, copies, _COPIES_AT_ONCE):
            count = min(_COPIES_AT_ONCE, copies - first)
            clickhouse.command(_copying(columns, ordered), {**names, "first": first, "count": count})
        clickhouse.command("DROP TABLE {pattern:Identifier}", names)


def _copying(columns: list[str], ordered: bool) -> str:
    copied = "concat(correlation_id, '-', toString(copy))" if ordered else _SCATTERED
    replaced = [f"{value} AS {name}" for name, value in _REPLACED.items() if name in columns]
    return f"""
    INSERT INTO {{table:Identifier}} ({", ".join(f"`{name}`" for name in columns)})
    WITH {copied} AS copied
    SELECT * EXCEPT (copy) REPLACE ({", ".join(replaced)})
    FROM {{pattern:Identifier}}
    CROSS JOIN (SELECT number AS copy FROM numbers({{first:UInt64}}, {{count:UInt64}})) AS copies
    """


_SCATTERED = "concat('order-', hex(cityHash64(correlation_id, copy)))"
_REPLACED = {
    "correlation_id": "copied",
    "id": "concat('evt-', hex(cityHash64(id, copy)))",
    "sentence": "replaceAll(sentence, correlation_id, copied)",
}


def _tables(clickhouse: ClickHouse) -> list[str]:
    return [table for (table,) in clickhouse.query(_TABLES, {"database": clickhouse.database})]


def _columns(clickhouse: ClickHouse, table: str) -> list[str]:
    described = clickhouse.query("DESCRIBE TABLE {table:Identifier}", {"table": table})
    return [name for name, _, kind, *_ in described if kind not in ("MATERIALIZED", "ALIAS")]


def _pass_by(clickhouse: ClickHouse, database: Database) -> None:
    """All that was touched so far has been judged."""
    [(now,)] = clickhouse.query("SELECT toUnixTimestamp64Micro(now64(6, 'UTC'))")
    with database.begin() as connection:
        cursors.move(connection, ALL.cursor("touched"), now)


def _wait_for_merges(clickhouse: ClickHouse) -> None:
    quiet = 0
    for _ in range(_LONGEST_MERGING):
        [(merges,)] = clickhouse.query(_MERGES, {"database": clickhouse.database})
        quiet = 0 if merges else quiet + 1
        if quiet == _QUIET:
            return
        time.sleep(1)
