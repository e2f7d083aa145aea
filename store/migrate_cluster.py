"""The migrations on a ClickHouse cluster: the same files, on every server of it, and the tables over all shards."""

from collections.abc import Iterator
from pathlib import Path

from store.clickhouse import ClickHouse
from store.cluster import LOCAL, RECORD, Table, databases, distributed, on_cluster, quoted
from store.errors import StoreRefused
from store.migrate import CLICKHOUSE, not_applied, record, run, statements

_SHARDS = """
SELECT max(shard_num), uniqExact(shard_num), uniqExact(shard_weight) FROM system.clusters WHERE cluster = {name:String}
"""

_TABLES = """
SELECT name, engine, create_table_query,
       (SELECT groupArray((table, name)) FROM (SELECT table, name FROM system.columns WHERE database = {database:String}
        ORDER BY table, position))
FROM system.tables
WHERE database = {database:String}
ORDER BY engine = 'View', name
"""


def migrate_cluster(clickhouse: ClickHouse, cluster: str, directory: Path = CLICKHOUSE) -> list[str]:
    """Apply what is new and say its names. `clickhouse` is the database `LOCAL` of one of the servers.

    Raises `StoreRefused` where it knows no such cluster or the shards of it have different weights, else as
    `migrate_clickhouse`.
    """
    shards = number_of_shards(clickhouse, cluster)
    for text in databases(cluster):
        clickhouse.command(text)
    new = not_applied(clickhouse, directory)
    if new:
        clickhouse.command(RECORD.format(cluster=quoted(cluster)))
    for name in new:
        for statement in statements((directory / name).read_text()):
            if text := on_cluster(statement.text, cluster):
                run(clickhouse, statement._replace(text=text))
        record(clickhouse, directory / name)
    for table in _tables(clickhouse):
        if text := distributed(table, cluster, shards):
            clickhouse.command(text)
    return new


def number_of_shards(clickhouse: ClickHouse, cluster: str) -> int:
    """Raises `StoreRefused` as `migrate_cluster`."""
    [(highest, number, weights)] = clickhouse.query(_SHARDS, {"name": cluster})
    if not number:
        raise StoreRefused(f"ClickHouse knows no cluster {cluster}: see remote_servers in its configuration")
    if weights != 1 or highest != number:
        raise StoreRefused(f"the shards of the cluster {cluster} must have the same weight: each judges an equal range")
    return int(number)


def _tables(clickhouse: ClickHouse) -> Iterator[Table]:
    """Those of the database `LOCAL`, views last."""
    for name, engine, created, columns in clickhouse.query(_TABLES, {"database": LOCAL}):
        yield Table(name, engine, created, tuple(column for table, column in columns if table == name))
