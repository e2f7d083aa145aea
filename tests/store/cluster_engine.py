"""The embedded engine as the one server of a cluster of one shard.

    python -m tests.store.cluster_engine FOLDER

migrates it as a cluster, stores events through the Distributed tables and prints what there is as JSON. It is a process
of its own because an engine is configured once, and it ends without tidying up, for replicated tables wait for their
Keeper for ever.

What it lacks: nothing carries out `ON CLUSTER`, and replicated tables can be made, in a Keeper that the engine has
within itself, but neither altered nor written to. So the migrations are executed without either; then every table is
made once more as a replicated one.
"""

import json
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from store.clickhouse import NOTHING, ClickHouse
from store.cluster import EVERYWHERE, LOCAL
from store.event import Event
from store.events import history, write
from store.migrate_cluster import migrate_cluster, number_of_shards

CONFIGURATION = """
<clickhouse>
  <tcp_port>9000</tcp_port>
  <zookeeper><implementation>testkeeper</implementation></zookeeper>
  <macros><shard>1</shard><replica>a</replica></macros>
  <remote_servers><ours><shard><internal_replication>true</internal_replication>
    <replica><host>127.0.0.1</host><port>9000</port></replica>
  </shard></ours></remote_servers>
  <profiles><default>
    <distributed_product_mode>global</distributed_product_mode>
    <distributed_foreground_insert>1</distributed_foreground_insert>
  </default></profiles>
</clickhouse>
"""
REPLICATED = "replicated"

_COLUMNS = """
SELECT table, name, type, default_kind, default_expression, compression_codec, comment FROM system.columns
WHERE database = {database:String} ORDER BY table, position
"""
_TABLES = """
SELECT name, engine, sorting_key, partition_key, engine_full, create_table_query FROM system.tables
WHERE database = {database:String} ORDER BY name
"""
_ON_CLUSTER = re.compile(r" ON CLUSTER '\w+'")
_REPLICATED = re.compile(r"Replicated(\w*MergeTree)(\('/clickhouse/[^)]*\))?")


class OneServer(ClickHouse):
    executed: list[str]

    def command(self, sql: str, parameters: Mapping[str, object] = NOTHING) -> None:
        self.executed.append(sql)
        super().command(_REPLICATED.sub(r"\1", _ON_CLUSTER.sub("", sql)), parameters)


def opened(folder: Path, database: str) -> OneServer:
    clickhouse = OneServer.embedded(Path(f"{folder}/data?config-file={folder}/config.xml"), database)
    assert isinstance(clickhouse, OneServer)
    clickhouse.executed = []
    return clickhouse


def replicate(clickhouse: ClickHouse) -> None:
    """Make every table as a replicated one, in a database beside."""
    clickhouse.command(f"CREATE DATABASE {REPLICATED}")
    for name, engine, *_, created in clickhouse.query(_TABLES, {"database": LOCAL}):
        if engine.endswith("MergeTree"):
            # What `ON CLUSTER` gives to a table: one UUID everywhere, of which its path in the Keeper is made.
            text = created.replace(f"{LOCAL}.{name}", f"{REPLICATED}.{name} UUID '{uuid4()}'", 1)
            ClickHouse.command(clickhouse, text.replace(f"ENGINE = {engine}", f"ENGINE = Replicated{engine}"))


def unparsed(clickhouse: ClickHouse, executed: list[str]) -> Iterator[str]:
    """The statements that the engine does not take for SQL as they stand."""
    for statement in executed:
        try:
            ClickHouse.command(clickhouse, f"EXPLAIN AST {statement}")
        except Exception as error:
            yield f"{error}: {statement}"


def described(clickhouse: ClickHouse, database: str) -> dict[str, object]:
    return {
        "columns": clickhouse.query(_COLUMNS, {"database": database}),
        "tables": clickhouse.query(_TABLES, {"database": database}),
    }


def told(local: OneServer, everywhere: OneServer) -> dict[str, object]:
    applied = [migrate_cluster(local, "ours"), migrate_cluster(local, "ours")]
    executed = list(local.executed)
    replicate(local)
    write(everywhere, [Event("e-1", "order-1", "OrderPlaced", 5, "shop"), Event("e-2", "order-2", "X", 5, "shop")])
    write(everywhere, [Event("e-1", "order-1", "OrderPlaced", 5, "shop")])
    return {
        "shards": number_of_shards(local, "ours"),
        "applied": applied,
        "executed": executed,
        "unparsed": list(unparsed(local, executed)),
        **{it: described(local, it) for it in (LOCAL, EVERYWHERE, REPLICATED)},
        "history": len(history(everywhere, "order-1")),
        "touched": local.query("SELECT DISTINCT correlation_id, toString(name) FROM touched ORDER BY 1"),
        "viewed": everywhere.query("SELECT correlation_id, name FROM noshow_events ORDER BY 1"),
        "in_two_ways": everywhere.query(
            "SELECT count() FROM events WHERE correlation_id IN (SELECT correlation_id FROM touched WHERE name = 'X')"
        ),
    }


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / "config.xml").write_text(CONFIGURATION)
    clients = opened(place, LOCAL), opened(place, EVERYWHERE)
    try:
        print(json.dumps(told(*clients)), flush=True)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)
