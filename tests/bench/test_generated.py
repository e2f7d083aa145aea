"""The orders that the bars are measured with are the same always, and what is found of them is the truth."""

import hashlib
from pathlib import Path

from rules.judge import judge
from store.clickhouse import ClickHouse
from tests.bench.generated import END, found, store_orders, truth, workflow, write_orders

ORDERS = 3_000
AS_EVER = "e19c5d333a8fba5705d0849c9a700daf627dc52994cf948c723092935225e128"


def test_the_same_number_gives_the_same_bytes(clickhouse: ClickHouse, tmp_path: Path) -> None:
    write_orders(clickhouse, tmp_path / "events.ndjson", ORDERS)
    assert hashlib.sha256((tmp_path / "events.ndjson").read_bytes()).hexdigest() == AS_EVER


def test_what_is_found_is_the_truth(clickhouse: ClickHouse) -> None:
    expected = truth(clickhouse, ORDERS)
    assert store_orders(clickhouse, ORDERS) == 11_864
    assert len(expected) == 6 and expected["payment", "missing"] == 36
    assert found(judge(clickhouse, workflow(), END)) == expected
