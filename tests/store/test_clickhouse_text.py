"""Rows out of text that the engine reads: all of them or none."""

import pytest

from store.clickhouse import ClickHouse
from store.clickhouse_text import Reader
from store.errors import StoreRefused, StoreUnavailable

NUMBERS = Reader(
    table="numbers",
    format="JSONEachRow",
    structure="n Nullable(UInt64), word String",
    names={"twice": "2 * n"},
    columns={"n": "assumeNotNull(twice)", "word": "lower(word)"},
    condition="n < {most:UInt64}",
    settings={"input_format_skip_unknown_fields": 0},
)
MOST = {"most": 9}


@pytest.fixture
def numbers(any_clickhouse: ClickHouse) -> ClickHouse:
    any_clickhouse.command("CREATE TABLE numbers (n UInt64, word String) ENGINE = MergeTree ORDER BY n")
    return any_clickhouse


def stored(clickhouse: ClickHouse) -> list[tuple[object, ...]]:
    return clickhouse.query("SELECT n, word FROM numbers ORDER BY n")


def test_text_becomes_rows(numbers: ClickHouse) -> None:
    numbers.insert_text(NUMBERS, [b'{"n":1,"word":"O\'NE"}\n{"n":2,', '"word":"É"}'.encode()], 2, MOST)
    assert stored(numbers) == [(2, "o'ne"), (4, "É")]


@pytest.mark.parametrize("odd", [b'{"n":9}', b'{"n":null}', b'{"x":1}', b'{"n":"x"}', b"{", b"rubbish"])
def test_one_odd_row_refuses_all(numbers: ClickHouse, odd: bytes) -> None:
    good = b'{"n":1,"word":"x"}\n'
    for text in ([odd], [good, odd], [odd, b"\n", good], [good * 100_000, odd]):
        with pytest.raises(StoreRefused):
            numbers.insert_text(NUMBERS, text, 1, MOST)
    assert stored(numbers) == []


def test_many_rows_become_one_part(numbers: ClickHouse) -> None:
    numbers.insert_text(NUMBERS, [b'{"n":1}\n' * 200_000], 200_000, MOST)
    parts = "SELECT rows FROM system.parts WHERE active AND table = 'numbers' AND database = {database:String}"
    assert numbers.query(parts, {"database": numbers.database}) == [(200_000,)]


def test_a_server_that_stores_less_than_it_was_given_has_not_stored_it(server_clickhouse: ClickHouse) -> None:
    server_clickhouse.command("CREATE TABLE numbers (n UInt64, word String) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(StoreUnavailable, match="of 3 rows only 2 were stored"):
        server_clickhouse.insert_text(NUMBERS, [b'{"n":1}\n{"n":2}'], 3, MOST)
