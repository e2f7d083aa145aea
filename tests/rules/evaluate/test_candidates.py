"""Blocks of `touched`: each is looked at when it is first seen, and once more when the overlap has passed."""

import pytest

from rules.evaluate import candidates
from rules.evaluate.candidates import Blocks, Look
from store.clickhouse import ClickHouse
from store.event import HOUR, MINUTE

NO_WAKES = (0, 0)


def touch(clickhouse: ClickHouse, ago: int, *correlation_ids: str) -> None:
    """As an insert that began `ago` µs before now would have left it."""
    [(now,)] = clickhouse.query("SELECT toUnixTimestamp64Micro(now64(6, 'UTC'))")
    clickhouse.insert(
        "touched", {"seen_at": [now - ago] * len(correlation_ids), "correlation_id": list(correlation_ids)}
    )


def look(clickhouse: ClickHouse, blocks: Blocks, cursor: int, overlap: int) -> Look:
    look = blocks.look(clickhouse, cursor, NO_WAKES, overlap)
    blocks.done(look)
    return look


def test_once_on_sight_and_once_when_the_overlap_has_passed(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    touch(clickhouse, MINUTE, "a", "b")
    first = look(clickhouse, blocks, cursor=0, overlap=HOUR)
    assert first.size == 2
    within = look(clickhouse, blocks, first.cursor, overlap=HOUR)
    assert within.size == 0
    passed = look(clickhouse, blocks, within.cursor, overlap=0)
    assert passed.size == 2
    assert look(clickhouse, blocks, passed.cursor, overlap=0).size == 0


def test_a_block_that_became_visible_late_is_still_above_the_cursor(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    touch(clickhouse, MINUTE, "a")
    cursor = look(clickhouse, blocks, cursor=0, overlap=HOUR).cursor
    touch(clickhouse, 2 * MINUTE, "b")
    assert look(clickhouse, blocks, cursor, overlap=HOUR).size == 1


def test_a_restart_looks_at_what_is_above_the_cursor_once_more(clickhouse: ClickHouse) -> None:
    touch(clickhouse, MINUTE, "a")
    cursor = look(clickhouse, Blocks(), cursor=0, overlap=HOUR).cursor
    assert look(clickhouse, Blocks(), cursor, overlap=HOUR).size == 1


def test_blocks_seen_already_do_not_hide_those_behind_them(
    clickhouse: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_BLOCKS_AT_ONCE", 2)
    blocks = Blocks()
    for minutes in range(5, 0, -1):
        touch(clickhouse, minutes * MINUTE, "a")
    looks = [look(clickhouse, blocks, cursor=0, overlap=HOUR) for _ in range(4)]
    assert [(it.size, it.complete) for it in looks] == [(2, False), (2, False), (1, True), (0, True)]


def test_the_cursor_never_goes_back(clickhouse: ClickHouse) -> None:
    touch(clickhouse, MINUTE, "a")
    passed = look(clickhouse, Blocks(), cursor=0, overlap=0)
    assert look(clickhouse, Blocks(), passed.cursor, overlap=HOUR).cursor == passed.cursor
