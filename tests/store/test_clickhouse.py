"""The same behaviour of both engines: embedded, and a server by URL."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.clickhouse import ClickHouse
from store.errors import StoreRefused, StoreUnavailable
from tests.clickhouse_server import ClickHouseServer

AWKWARD = [
    "", " ", "it's", 'a "b"', "back\\slash", "\\'", "a\0b", "new\nline\ttab", "\r\n", "{sql:String}", "%s %(a)s", "--",
    ";", "\u2028", "naïve 🎉 日本", "\x7f\x01", "'; DROP TABLE events; --", "NULL", "\\N", "[]", "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", AWKWARD)
def test_a_bound_string_comes_back_as_it_was(any_clickhouse: ClickHouse, text: str) -> None:
    rows = any_clickhouse.query("SELECT {one:String}, {many:Array(String)}", {"one": text, "many": [text, text]})
    assert rows == [(text, [text, text])]


def test_parameters_of_other_types(any_clickhouse: ClickHouse) -> None:
    parameters: dict[str, object] = {"a": None, "b": -(2**63), "c": 1.5, "d": True, "e": [1, 2**64 - 1]}
    sql = "SELECT {a:Nullable(String)}, {b:Int64}, {c:Float64}, {d:Bool}, {e:Array(UInt64)}"
    assert any_clickhouse.query(sql, parameters) == [tuple(parameters.values())]


def test_a_list_longer_than_a_server_takes_in_one_parameter(any_clickhouse: ClickHouse) -> None:
    ids = [f"order-'{number:030}\n" for number in range(20_000)]
    any_clickhouse.command("CREATE TABLE t (id String) ENGINE = MergeTree ORDER BY id")
    any_clickhouse.insert("t", {"id": [ids[0], ids[9_999], ids[-1], "another"]})
    found = any_clickhouse.query("SELECT id FROM t WHERE id IN {ids:Array(String)} ORDER BY id", {"ids": ids})
    assert found == [(ids[0],), (ids[9_999],), (ids[-1],)]


def test_a_stream_gives_blocks_and_leaves_room_for_other_calls(any_clickhouse: ClickHouse) -> None:
    blocks = any_clickhouse.stream("SELECT number, toString(number) FROM numbers({n:UInt64})", {"n": 200_000})
    first = next(blocks)
    assert any_clickhouse.query("SELECT 1") == [(1,)]
    rest = list(blocks)
    assert len(rest) >= 1
    assert [row for block in [first, *rest] for row in block] == [(n, str(n)) for n in range(200_000)]


def test_a_stream_may_be_left_unread(any_clickhouse: ClickHouse) -> None:
    for _ in range(3):
        blocks = any_clickhouse.stream("SELECT number FROM numbers(10000000)")
        next(blocks)
        del blocks
    assert any_clickhouse.query("SELECT 1") == [(1,)]


def test_an_error_amid_a_stream_is_ours(any_clickhouse: ClickHouse) -> None:
    with pytest.raises(StoreRefused, match="FUNCTION_THROW_IF"):
        list(
            any_clickhouse.stream("SELECT throwIf(number = 300000) FROM numbers(400000) SETTINGS max_block_size = 1000")
        )
    assert any_clickhouse.query("SELECT 1") == [(1,)]


def test_values_of_every_kind_that_our_tables_have(any_clickhouse: ClickHouse) -> None:
    any_clickhouse.command(
        "CREATE TABLE t (n UInt32, at DateTime64(6, 'UTC'), due Nullable(DateTime64(6, 'UTC')), "
        "kind LowCardinality(String), open Bool, risk Nullable(Float64), labels Map(LowCardinality(String), String), "
        "`steps.name` Array(LowCardinality(String)), `steps.at` Array(Nullable(DateTime64(6, 'UTC')))) "
        "ENGINE = MergeTree ORDER BY n"
    )
    columns: dict[str, list[object]] = {
        "n": [1, 2, 3],
        "at": [0, 1_763_640_000_123_456, -1],
        "due": [None, 1_763_640_000_000_001, 1],
        "kind": ["late", "late", ""],
        "open": [True, False, True],
        "risk": [None, 0.1, -0.0],
        "labels": [{}, {"a'b": "c"}, {"": ""}],
        "steps.name": [[], ["a", "b"], ["c"]],
        "steps.at": [[], [None, 5], [1_763_640_000_123_456]],
    }
    any_clickhouse.insert("t", columns)
    rows = any_clickhouse.query(
        "SELECT n, toUnixTimestamp64Micro(at), toUnixTimestamp64Micro(due), kind, open, risk, labels, `steps.name`, "
        "arrayMap(x -> toUnixTimestamp64Micro(x), `steps.at`) FROM t ORDER BY n"
    )
    assert rows == list(zip(*columns.values(), strict=True))


def test_a_column_of_nothing_but_nulls(any_clickhouse: ClickHouse) -> None:
    any_clickhouse.command("CREATE TABLE t (due Nullable(DateTime64(6, 'UTC'))) ENGINE = MergeTree ORDER BY ()")
    any_clickhouse.insert("t", {"due": [None, None]})
    assert any_clickhouse.query("SELECT count(), count(due) FROM t") == [(2, 0)]


def test_an_insert_of_no_rows_does_nothing(any_clickhouse: ClickHouse) -> None:
    any_clickhouse.insert("events", {"id": []})
    any_clickhouse.insert("events", {})
    assert any_clickhouse.query("SELECT count() FROM events") == [(0,)]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("nowhere", {"n": [1]}),
        ("t", {"nothing": [1]}),
        ("t", {"n": [1, 2], "text": ["a"]}),
        ("t", {"n": [1, "two"], "text": ["a", "b"]}),
        ("t", {"n": [1, 2**40], "text": ["a", "b"]}),
        ("t", {"n": [1, None], "text": ["a", "b"]}),
        ("t", {"n": [1, 2], "text": ["a", None]}),
        ("t", {"n": [1, 2], "text": ["a", 5]}),
        ("t", {"n": [1, 2], "text": ["a", "half a pair: \ud800"]}),
        ("t", {"n": [1, 1_000], "text": ["a", "refused by the table itself"]}),
    ],
)
def test_what_does_not_fit_is_refused_as_a_whole(
    any_clickhouse: ClickHouse, table: str, columns: dict[str, list[object]]
) -> None:
    any_clickhouse.command(
        "CREATE TABLE t (n UInt32, text String, CONSTRAINT small CHECK n < 1000) ENGINE = MergeTree ORDER BY n"
    )
    with pytest.raises(StoreRefused):
        any_clickhouse.insert(table, columns)
    assert any_clickhouse.query("SELECT count() FROM t") == [(0,)]
    any_clickhouse.insert("t", {"n": [1], "text": ["good"]})
    assert any_clickhouse.query("SELECT n, text FROM t") == [(1, "good")]


def test_an_insert_is_one_part_however_large(any_clickhouse: ClickHouse) -> None:
    any_clickhouse.command("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n")
    any_clickhouse.insert("t", {"n": range(1_500_000)})
    parts = "SELECT rows, level FROM system.parts WHERE database = currentDatabase() AND table = 't'"
    assert any_clickhouse.query(parts) == [(1_500_000, 0)]


def test_a_column_added_after_the_first_insert(any_clickhouse: ClickHouse) -> None:
    any_clickhouse.command("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n")
    any_clickhouse.insert("t", {"n": [1]})
    any_clickhouse.command("ALTER TABLE t ADD COLUMN text String")
    any_clickhouse.insert("t", {"n": [2], "text": ["new"]})
    assert any_clickhouse.query("SELECT n, text FROM t ORDER BY n") == [(1, ""), (2, "new")]


def test_a_wrong_statement_is_refused(any_clickhouse: ClickHouse) -> None:
    for sql in ("SELEC 1 FROM", "SELECT * FROM nowhere", "SELECT 1 + 'a'"):
        with pytest.raises(StoreRefused):
            any_clickhouse.query(sql)
        with pytest.raises(StoreRefused):
            any_clickhouse.command(sql)


def test_a_query_that_takes_too_long_or_too_much_may_be_tried_again(any_clickhouse: ClickHouse) -> None:
    for limit in ("max_execution_time = 0.1", "max_memory_usage = 1000000"):
        with pytest.raises(StoreUnavailable):
            any_clickhouse.query(f"SELECT groupArray(number) FROM numbers(1000000000) SETTINGS {limit}")


def test_threads_do_not_disturb_each_other(any_clickhouse: ClickHouse) -> None:
    any_clickhouse.command("CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n")

    def work(n: int) -> tuple[object, ...]:
        any_clickhouse.insert("t", {"n": [n]})
        return any_clickhouse.query("SELECT {n:UInt32}, count() FROM t WHERE n = {n:UInt32}", {"n": n})[0]

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(work, range(64))) == [(n, 1) for n in range(64)]


def test_nothing_is_done_after_close(any_clickhouse: ClickHouse, clickhouse_server: ClickHouseServer) -> None:
    other = ClickHouse.server(clickhouse_server.url, any_clickhouse.database)
    other.query("SELECT 1")
    other.close()
    other.close()
    for call in (other.query, other.command):
        with pytest.raises(StoreRefused, match="closed"):
            call("SELECT 1")


def test_the_database_is_made_when_it_is_first_used(clickhouse: ClickHouse, server_clickhouse: ClickHouse) -> None:
    for engine in (clickhouse, server_clickhouse):
        assert engine.query("SELECT currentDatabase()") == [(engine.database,)]


class TestTimeLimit:
    """A view that takes its time makes an insert slow."""

    @pytest.fixture(params=["embedded", "server"])
    def hasty(self, request: pytest.FixtureRequest) -> ClickHouse:
        hasty: ClickHouse
        if request.param == "embedded":
            base = request.getfixturevalue("clickhouse")
            hasty = ClickHouse.embedded(request.getfixturevalue("engine_path"), base.database, insert_timeout=200_000)
        else:
            base = request.getfixturevalue("server_clickhouse")
            url = request.getfixturevalue("clickhouse_server").url
            hasty = ClickHouse.server(url, base.database, insert_timeout=200_000)
        hasty.command(
            "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10"
        )
        hasty.command("CREATE TABLE copy (n UInt32) ENGINE = MergeTree ORDER BY n")
        request.addfinalizer(hasty.close)
        return hasty

    def test_an_insert_that_takes_too_long_is_given_up_and_completed_by_its_token(self, hasty: ClickHouse) -> None:
        hasty.command("CREATE MATERIALIZED VIEW v TO copy AS SELECT n + sleepEachRow(0.01) AS n FROM t")
        with pytest.raises(StoreUnavailable):
            hasty.insert("t", {"n": range(250)}, token="batch")
        hasty.command("DROP VIEW v SYNC")
        hasty.command("CREATE MATERIALIZED VIEW v TO copy AS SELECT n FROM t")
        hasty.insert("t", {"n": range(250)}, token="batch")
        assert hasty.query("SELECT count() FROM t") == [(250,)]
        assert hasty.query("SELECT uniqExact(n) FROM copy") == [(250,)]
