"""What work costs, as both engines tell it."""

from threading import Thread

import pytest

from store.clickhouse import ClickHouse
from store.errors import StoreRefused
from store.spending import Spent, account, spend

ROWS = 100_000
EIGHT_BYTES = 8


@pytest.fixture
def numbers(any_clickhouse: ClickHouse) -> ClickHouse:
    """With a table `t` of 100,000 numbers of eight bytes, in granules of 1,000 rows."""
    engine = "MergeTree ORDER BY n SETTINGS index_granularity = 1000"
    any_clickhouse.command(f"CREATE TABLE t (n UInt64) ENGINE = {engine}")
    any_clickhouse.insert("t", {"n": list(range(ROWS))})
    return any_clickhouse


def test_a_query_costs_what_was_read_for_it_not_what_came_out(numbers: ClickHouse) -> None:
    with account() as opened:
        assert numbers.query("SELECT max(n) FROM t WHERE n % 7 = 0") == [(99_995,)]
    spent = opened.spent
    assert (spent.statements, spent.rows, spent.bytes) == (1, ROWS, ROWS * EIGHT_BYTES)


def test_what_the_sort_key_spares_is_not_read(numbers: ClickHouse) -> None:
    with account() as opened:
        numbers.query("SELECT n FROM t WHERE n = 5")
    assert opened.spent.rows == 1_000


def test_a_stream_costs_as_much(numbers: ClickHouse) -> None:
    with account() as opened:
        rows = [row for block in numbers.stream("SELECT n % 10 AS d, count() FROM t GROUP BY d") for row in block]
    assert len(rows) == 10
    assert (opened.spent.statements, opened.spent.rows) == (1, ROWS)


def test_commands_and_inserts_count(numbers: ClickHouse) -> None:
    with account() as opened:
        numbers.insert("t", {"n": [1, 2, 3]})
        numbers.command("INSERT INTO t SELECT n FROM t WHERE n >= 99500")
    assert (opened.spent.statements, opened.spent.inserted, opened.spent.rows) == (2, 3, 1_000)


def test_a_statement_that_is_refused_counts_too(numbers: ClickHouse) -> None:
    with account() as opened, pytest.raises(StoreRefused):
        numbers.query("SELECT nothing FROM t")
    assert opened.spent.statements == 1


def test_what_another_thread_does_is_not_counted(numbers: ClickHouse) -> None:
    with account() as opened:
        other = Thread(target=numbers.query, args=("SELECT sum(n) FROM t",))
        other.start()
        other.join()
    assert opened.spent.statements == 0


def test_an_account_within_another_is_written_down_in_both() -> None:
    with account() as outer:
        spend(Spent(statements=1, rows=5))
        with account() as inner:
            spend(Spent(statements=1, rows=2, bytes=9))
    spend(Spent(statements=100))
    assert (outer.spent.statements, outer.spent.rows, outer.spent.bytes) == (2, 7, 9)
    assert (inner.spent.statements, inner.spent.rows) == (1, 2)
    assert outer.spent.took >= inner.spent.took >= 0
