import pytest
from clickhouse_connect.driver.binding import bind_query

from store.clickhouse_parameters import FIELD, fitting
from tests.clickhouse_server import MAX_FIELD


@pytest.mark.parametrize("value", ["text", 5, None, [], ["a", "b"], [1] * FIELD, ("a",)])
def test_what_fits_is_left_alone(value: object) -> None:
    sql = "SELECT {a:Array(String)}"
    assert fitting(sql, {"a": value}) == (sql, {"a": value})


def test_a_long_list_is_cut_wherever_it_is_used() -> None:
    ids = [f"{number:036}" for number in range(2_000)]
    sql, parameters = fitting(
        "x IN {ids:Array(String)} AND y IN { ids : Array(String) } AND {n:UInt8}", {"ids": ids, "n": 1}
    )
    names = [name for name in parameters if name != "n"]
    assert names == ["ids__0", "ids__1", "ids__2"]
    joined = "arrayConcat(" + ", ".join(f"{{{name}:Array(String)}}" for name in names) + ")"
    assert sql == f"x IN {joined} AND y IN {joined} AND {{n:UInt8}}"
    assert [text for name in names for text in parameters[name]] == ids  # type: ignore[attr-defined]  # they are lists


@pytest.mark.parametrize("character", ["'", "\\", "\n", "🎉", "a"])
def test_every_part_fits_whatever_it_is_made_of(character: str) -> None:
    ids = [character * length for length in range(600)]
    _, parameters = fitting("{ids:Array(String)}", {"ids": ids})
    assert len(parameters) > 1
    for part in parameters.values():
        _, bound = bind_query("{ids:Array(String)}", {"ids": part})
        assert len(bound["param_ids"].encode()) <= MAX_FIELD


def test_one_value_longer_than_that_stands_alone() -> None:
    ids = ["a", "b" * FIELD, "c"]
    _, parameters = fitting("{ids:Array(String)}", {"ids": ids})
    assert list(parameters.values()) == [["a"], ["b" * FIELD], ["c"]]
