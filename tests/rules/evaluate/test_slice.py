"""Slices of a share: of about equal size, and every correlation ID in one of them."""

from collections import Counter

import pytest

from rules.compile.sql import Column, Query, Select, render
from rules.evaluate.slice import IN_SLICE, Slice, cut
from store.clickhouse import ClickHouse
from store.events import write
from store.shares import ALL, Share
from tests.rules.shop import placed


def inside(clickhouse: ClickHouse, slice: Slice) -> list[str]:
    ids = Select({"correlation_id": Column("correlation_id")}, source="events", where=slice.condition)
    asked = render(Query({"ids": ids}))
    return sorted(id for (id,) in clickhouse.query(asked.text, asked.parameters))


def told(clickhouse: ClickHouse, slice: Slice) -> list[str]:
    rows = clickhouse.query(f"SELECT correlation_id FROM events WHERE {IN_SLICE}", slice.parameters)
    return sorted(id for (id,) in rows)


@pytest.mark.parametrize("share", [ALL, Share(3, 1)])
def test_every_id_is_in_one_and_they_are_of_equal_size(clickhouse: ClickHouse, share: Share) -> None:
    write(clickhouse, [placed(f"order-{number:03}") for number in range(120)])
    slices = cut(clickhouse, 4, share)
    found = [inside(clickhouse, it) for it in slices]
    assert found == [told(clickhouse, it) for it in slices], "the condition is the same in text"
    assert set(Counter(id for ids in found for id in ids).values()) == {1}
    if share is ALL:
        assert [len(ids) for ids in found] == [30, 30, 30, 30]


def test_an_id_that_comes_later_is_in_one_as_well(clickhouse: ClickHouse) -> None:
    write(clickhouse, [placed(f"order-{number}") for number in range(8)])
    slices = cut(clickhouse, 3, ALL)
    write(clickhouse, [placed(id) for id in ("", "a", "order-3x", "z", "é", "😀") if id])
    found = [id for it in slices for id in inside(clickhouse, it)]
    assert sorted(found) == sorted({*found}) and len(found) == 13


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_are_in_fewer(clickhouse: ClickHouse, count: int) -> None:
    write(clickhouse, [placed(f"order-{number}") for number in range(count)])
    slices = cut(clickhouse, 5, ALL)
    assert len(slices) == max(1, count)
    assert sum(len(inside(clickhouse, it)) for it in slices) == count
