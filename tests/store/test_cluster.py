"""The schema on a cluster is that of one server: the same columns, sort keys and views, replicated and Distributed."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from store.clickhouse import ClickHouse
from store.cluster import EVERYWHERE, LOCAL, on_cluster
from store.errors import StoreRefused
from store.migrate import CLICKHOUSE, statements
from store.migrate_cluster import migrate_cluster
from store.shard import Shard, sharding_key
from store.shares import shares, shares_of
from tests.store.cluster_engine import REPLICATED, described

FILES = sorted(path.name for path in CLICKHOUSE.glob("*.sql"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("cluster")
    command = [sys.executable, "-m", "tests.store.cluster_engine", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def columns(schema: Any, *, stored: bool = True) -> list[list[object]]:
    """Without codecs where nothing is stored."""
    return [[*column[:5], column[5] if stored else "", column[6]] for column in schema["columns"]]


def of_tables(told: list[list[object]], tables: set[object]) -> list[list[object]]:
    return [column for column in told if column[0] in tables]


def tables(schema: Any) -> dict[str, list[str]]:
    return {name: rest for name, *rest in schema["tables"]}


def test_a_shard_has_the_schema_of_one_server(told: dict[str, Any], clickhouse: ClickHouse) -> None:
    alone = json.loads(json.dumps(described(clickhouse, clickhouse.database)).replace(clickhouse.database, LOCAL))
    assert told["shards"] == 1
    assert told["applied"] == [FILES, []]
    assert columns(told[LOCAL]) == columns(alone)
    assert tables(told[LOCAL]) == tables(alone)


def test_every_table_can_be_a_replicated_one_with_the_same_keys(told: dict[str, Any]) -> None:
    local, replicated = tables(told[LOCAL]), tables(told[REPLICATED])
    assert len(replicated) > 8
    for name, (engine, sorted_by, parted_by, settings, _) in replicated.items():
        assert engine == f"Replicated{local[name][0]}"
        assert [sorted_by, parted_by] == local[name][1:3]
        path = "('/clickhouse/tables/{uuid}/{shard}', '{replica}'"
        unreplicated = settings.removeprefix("Replicated").replace(f"{path})", "", 1).replace(f"{path}, ", "(", 1)
        assert unreplicated == local[name][3], "the version, the TTL and the settings are the same"
    assert columns(told[REPLICATED]) == of_tables(columns(told[LOCAL]), {*replicated})


def test_what_is_over_all_shards_has_the_same_columns(told: dict[str, Any]) -> None:
    local, everywhere = tables(told[LOCAL]), tables(told[EVERYWHERE])
    assert {*everywhere} == {name for name, (engine, *_) in local.items() if engine != "MaterializedView"}
    assert {engine for engine, *_ in everywhere.values()} == {"Distributed", "View"}
    of_shards = of_tables(columns(told[LOCAL], stored=False), {*everywhere})
    assert columns(told[EVERYWHERE], stored=False) == of_shards
    for name, (engine, *_, created) in everywhere.items():
        if engine == "View":
            assert f"{LOCAL}." not in created
            assert created.replace(EVERYWHERE, LOCAL) == local[name][4]


def test_events_are_stored_and_seen_through_the_tables_over_all_shards(told: dict[str, Any]) -> None:
    assert told["history"] == 1, "a copy is none"
    assert told["touched"] == [["order-1", "OrderPlaced"], ["order-2", "X"]], "beside the events"
    assert told["viewed"] == [["order-1", "OrderPlaced"], ["order-2", "X"]]
    assert told["in_two_ways"] == [[1]]


def test_every_statement_is_for_all_servers_and_parsed_by_the_engine(told: dict[str, Any]) -> None:
    assert told["unparsed"] == []
    for statement in told["executed"]:
        assert " ON CLUSTER 'ours'" in statement
        assert not re.search(r"ENGINE = (?!Replicated|Distributed)", statement), statement


def test_a_statement_of_a_kind_that_is_not_known_is_refused() -> None:
    for name in FILES:
        for statement in statements((CLICKHOUSE / name).read_text()):
            on_cluster(statement.text, "ours")
    with pytest.raises(ValueError, match="OPTIMIZE TABLE events"):
        on_cluster("OPTIMIZE TABLE events", "ours")


def test_a_cluster_that_the_server_does_not_know_is_refused(clickhouse: ClickHouse) -> None:
    with pytest.raises(StoreRefused, match="no cluster elsewhere"):
        migrate_cluster(clickhouse, "elsewhere")


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_the_sharding_key_gives_each_shard_the_hashes_of_its_shares(clickhouse: ClickHouse, of: int) -> None:
    each = 2
    bounds = [hash for share in shares(of * each) for hash in (share.lowest, share.highest)]
    key = sharding_key(of, "x").replace("cityHash64(x)", "hash")
    rows = clickhouse.query(f"SELECT {key} FROM (SELECT arrayJoin({{all:Array(UInt64)}}) AS hash)", {"all": bounds})
    assert [shard for (shard,) in rows] == [number for number in range(of) for _ in range(2 * each)]
    assert [share for number in range(of) for share in shares_of(Shard(number + 1, of), of * each)] == [
        *shares(of * each)
    ]
