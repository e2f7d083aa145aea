"""The schema on a ClickHouse cluster, made of that of one server, so that the two can't differ.

In each shard the database `LOCAL` has the tables of the migrations, replicated: evaluators judge there, next to the
data. In the database `EVERYWHERE` tables of the same names are Distributed over all shards: everybody else uses these.
Pure functions from SQL to SQL; `store.migrate` executes what they give.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from store.shard import sharding_key

LOCAL = "noshow"
EVERYWHERE = "noshow_cluster"

# One table for all shards: who asks on any of them, sees what was applied to all.
RECORD = """
CREATE TABLE IF NOT EXISTS migrations ON CLUSTER {cluster} (name String, sha256 String)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/noshow/migrations', '{{shard}}-{{replica}}') ORDER BY name
"""

_NAMED = re.compile(
    r"\A(?P<what>CREATE TABLE IF NOT EXISTS|CREATE MATERIALIZED VIEW IF NOT EXISTS|CREATE OR REPLACE VIEW|ALTER TABLE"
    r"|DROP TABLE IF EXISTS|DROP VIEW IF EXISTS|EXCHANGE TABLES \w+ AND) (?P<name>\w+)"
)
_ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)\b", re.MULTILINE)
# Of what was stored before: on a cluster nothing was, for these migrations are older than the first one.
_TAKES_ALONG = re.compile(r"\bATTACH PARTITION ALL FROM\b|\AINSERT INTO (instance_starts|identifiers)\b")
_QUALIFIED = re.compile(rf"\b(VIEW|FROM|JOIN) {LOCAL}\.")


class Table(NamedTuple):
    """As ClickHouse describes it: `created` is the statement that would make it, `columns` are their names."""

    name: str
    engine: str
    created: str
    columns: tuple[str, ...]


def databases(cluster: str) -> Iterator[str]:
    for name in (LOCAL, EVERYWHERE):
        yield f"CREATE DATABASE IF NOT EXISTS {name} ON CLUSTER {quoted(cluster)}"


def on_cluster(statement: str, cluster: str) -> str:
    """A statement of a migration, for every server of the cluster; '' where there is nothing to do.

    Where a replica keeps its parts follows from the macros `shard` and `replica` of its configuration. Raises
    ValueError for a kind of statement that is not known here: it must be said what becomes of it.
    """
    if _TAKES_ALONG.search(statement):
        return ""
    named = _NAMED.match(statement)
    if named is None:
        raise ValueError(f"a migration has a statement that is not known on a cluster: {statement[:60]}")
    text = f"{named[0]} ON CLUSTER {quoted(cluster)}{statement[named.end() :]}"
    return _ENGINE.sub(r"ENGINE = Replicated\1", text)


def distributed(table: Table, cluster: str, shards: int) -> str:
    """The statement that makes the table over all shards of one in `LOCAL`; '' where nothing is to be read or written
    by that name, as of materialized views. It has no rows of its own, and so may be replaced at any time."""
    if table.engine == "View":
        created = _QUALIFIED.sub(rf"\1 {EVERYWHERE}.", table.created)
        head = f"CREATE VIEW {EVERYWHERE}.{table.name}"
        return (
            f"CREATE OR REPLACE VIEW {EVERYWHERE}.{table.name} ON CLUSTER {quoted(cluster)}{created.removeprefix(head)}"
        )
    if not table.engine.endswith("MergeTree"):
        return ""
    return (
        f"CREATE OR REPLACE TABLE {EVERYWHERE}.{table.name} ON CLUSTER {quoted(cluster)} AS {LOCAL}.{table.name}\n"
        f"ENGINE = Distributed({quoted(cluster)}, {LOCAL}, {table.name}, {_key(table, shards)})"
    )


def _key(table: Table, shards: int) -> str:
    """All of a correlation ID is in one shard; what is of none goes by its first column."""
    return sharding_key(shards, "correlation_id" if "correlation_id" in table.columns else table.columns[0])


def quoted(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
