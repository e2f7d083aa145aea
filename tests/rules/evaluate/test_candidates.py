"""Blocks of `touched`: each is looked at when it is first seen; when the overlap has passed, those are compared whose
events were not all there then."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rules.evaluate import candidates
from rules.evaluate.candidates import Blocks, Look, Settled
from rules.evaluate.part import Span
from rules.judge import judge
from rules.ruleset import rules_of
from store.clickhouse import ClickHouse
from store.event import DAY, HOUR, MINUTE, SECOND, Event
from store.events import write
from tests.rules.evaluate.test_evaluator import SETTINGS
from tests.rules.shop import FULFILMENT, NOON, event, named, paid, placed

NO_WAKES = (0, 0)
RULES = rules_of([FULFILMENT, replace(FULFILMENT, name="refund", start=named("RefundAsked"))])


def touch(
    clickhouse: ClickHouse, ago: int, *correlation_ids: str, name: str = "OrderPlaced", event_count: int = 1
) -> int:
    """As an insert that began `ago` µs before now would have left it, without its events; gives its instant."""
    [(now,)] = clickhouse.query("SELECT toUnixTimestamp64Micro(now64(6, 'UTC'))")
    columns = {"seen_at": now - ago, "name": name, "event_count": event_count}
    rows = {column: [value] * len(correlation_ids) for column, value in columns.items()}
    clickhouse.insert("touched", {**rows, "correlation_id": list(correlation_ids)})
    return int(now - ago)


def store(clickhouse: ClickHouse, *events: Event) -> int:
    """In an insert of their own; gives its instant."""
    write(clickhouse, events)
    [(seen_at,)] = clickhouse.query("SELECT toUnixTimestamp64Micro(max(seen_at)) FROM touched")
    return int(seen_at)


def compared(clickhouse: ClickHouse, blocks: Blocks) -> Sequence[int]:
    """The blocks that are to be, when all that came until now has settled."""
    blocks.settled_at = 0  # to be asked again
    found = settled(clickhouse, blocks, clickhouse.now() - HOUR, 0)
    assert found is not None and bool(found.parts) == bool(found.blocks)
    return found.blocks


def look(clickhouse: ClickHouse, blocks: Blocks, cursor: int = 0, batch: int = 1_000) -> Look:
    look = blocks.look(clickhouse, RULES, cursor, NO_WAKES, batch)
    blocks.done(look)
    return look


def settled(clickhouse: ClickHouse, blocks: Blocks, cursor: int, overlap: int, batch: int = 1_000) -> Settled | None:
    return blocks.settled(clickhouse, RULES, cursor, replace(SETTINGS, overlap=overlap, batch=batch))


def test_a_block_is_looked_at_once(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    touch(clickhouse, MINUTE, "a", "b")
    assert [look(clickhouse, blocks).size for _ in range(2)] == [2, 0]


def test_and_compared_when_the_overlap_has_passed(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    cursor = touch(clickhouse, MINUTE, "a", "b") - SECOND
    look(clickhouse, blocks, cursor)
    assert settled(clickhouse, blocks, cursor, HOUR) is None
    found = settled(clickhouse, blocks, cursor, SECOND)
    assert found is not None
    [part] = found.parts
    assert (part.size, found.span.after) == (2, cursor)
    assert found.span.until >= cursor + MINUTE - SECOND
    blocks.compared(found.span)
    assert blocks.seen == {}


def test_what_was_looked_at_with_all_its_events_is_not_compared(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    store(clickhouse, placed("a"), paid("a", MINUTE), event("b", "Unheard", 0))
    store(clickhouse, placed("c"))
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == ()


def test_but_what_was_looked_at_before_its_events_were_there(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    store(clickhouse, placed("a"))
    early = touch(clickhouse, SECOND, "b")
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == (early,)


def test_and_what_was_never_looked_at(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == ()
    late = store(clickhouse, placed("a"))
    assert compared(clickhouse, blocks) == (late,)


def test_and_what_has_grown_since(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    grown = store(clickhouse, placed("a"))
    look(clickhouse, blocks)
    clickhouse.command(
        "INSERT INTO touched SELECT fromUnixTimestamp64Micro({at:Int64}, 'UTC'), 'b', 'OrderPlaced', 1", {"at": grown}
    )
    assert grown in compared(clickhouse, blocks)


def test_and_what_could_not_be_judged_but_not_what_comes_after_it(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    refused = store(clickhouse, placed("a"))
    blocks.doubt()
    look(clickhouse, blocks)
    store(clickhouse, placed("b"))
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == (refused,)


def test_and_what_is_older_than_the_count_of_events(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    old = touch(clickhouse, SECOND, "a", event_count=-1)
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == (old,)


def test_and_what_has_lost_a_copy_meanwhile(clickhouse: ClickHouse) -> None:
    """A merge keeps the copy that came last."""
    blocks = Blocks()
    first = store(clickhouse, placed("a"), placed("b"))
    store(clickhouse, placed("a"), placed("c"))
    clickhouse.command("OPTIMIZE TABLE events FINAL")
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == (first,)


def test_what_no_rule_asks_for_is_not_compared(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    touch(clickhouse, SECOND, "a", name="Unheard")
    look(clickhouse, blocks)
    assert compared(clickhouse, blocks) == ()


def test_what_is_many_is_compared_in_parts(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    instants = [touch(clickhouse, minutes * MINUTE, "a", "b") for minutes in (5, 4, 3)]
    cursor = instants[0] - SECOND
    look(clickhouse, blocks, cursor)
    found = settled(clickhouse, blocks, cursor, SECOND, batch=3)
    assert found is not None
    assert (found.span, [part.shares for part in found.parts]) == (Span(cursor, instants[1]), [2, 2])


def test_what_has_not_been_looked_at_is_not_compared(clickhouse: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_BLOCKS_AT_ONCE", 2)
    blocks = Blocks()
    instants = [touch(clickhouse, minutes * MINUTE, "a") for minutes in (5, 4, 3)]
    assert not look(clickhouse, blocks).complete
    found = settled(clickhouse, blocks, instants[0] - MINUTE, SECOND)
    assert found is not None and found.span.until == instants[1]


def test_a_block_that_became_visible_late_is_looked_at(clickhouse: ClickHouse) -> None:
    blocks = Blocks()
    touch(clickhouse, MINUTE, "a")
    look(clickhouse, blocks)
    touch(clickhouse, 2 * MINUTE, "b")
    assert look(clickhouse, blocks).size == 1


def test_a_restart_looks_at_what_is_above_the_cursor_once_more(clickhouse: ClickHouse) -> None:
    instant = touch(clickhouse, MINUTE, "a")
    look(clickhouse, Blocks())
    assert look(clickhouse, Blocks(), instant - 1).size == 1
    assert look(clickhouse, Blocks(), instant).size == 0


def test_blocks_seen_already_do_not_hide_those_behind_them(
    clickhouse: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_BLOCKS_AT_ONCE", 2)
    blocks = Blocks()
    for minutes in range(5, 0, -1):
        touch(clickhouse, minutes * MINUTE, "a")
    looks = [look(clickhouse, blocks) for _ in range(4)]
    assert [(it.size, it.complete) for it in looks] == [(2, False), (2, False), (1, True), (0, True)]


def test_neighbours_make_a_part_and_a_big_block_many(clickhouse: ClickHouse) -> None:
    for minutes in (9, 8, 7):
        touch(clickhouse, minutes * MINUTE, "a", "b")
    touch(clickhouse, MINUTE, *"abcdefghij")
    parts = look(clickhouse, Blocks(), batch=4).parts
    assert [(it.size, it.shares) for it in parts] == [(4, 1), (2, 1), (10, 3), (10, 3), (10, 3)]


def test_only_rules_that_ask_for_a_name_are_asked(clickhouse: ClickHouse) -> None:
    for name in ("RefundAsked", "Unheard", "PaymentReceived", ""):
        touch(clickhouse, MINUTE, "a", name=name)
    parts = look(clickhouse, Blocks(), batch=1).parts
    asked = [[rule.workflow.name for rule in part.rules] for part in parts]
    assert sorted(asked) == [["order-fulfilment", "refund"], ["order-fulfilment", "refund"], ["refund"]]


def test_a_part_is_judged_by_what_its_rule_asks_for(clickhouse: ClickHouse) -> None:
    """And not by more: in one block may be much that concerns others."""
    write(clickhouse, [placed("a"), event("b", "RefundAsked", 0)])
    [part] = look(clickhouse, Blocks()).parts
    judged = {
        rule.workflow.name: [it.correlation_id for it in judge(clickhouse, rule.workflow, NOON, part.among([rule]))]
        for rule in part.rules
    }
    assert judged == {"order-fulfilment": ["a"], "refund": ["b"]}


def test_what_falls_due_is_of_a_workflow_and_comes_first(clickhouse: ClickHouse) -> None:
    touch(clickhouse, MINUTE, "z")
    of = ["order-fulfilment", "refund", "removed", ""]
    rows: dict[str, Sequence[object]] = {"wake_at": [NOON] * 4, "correlation_id": list("abcd"), "workflow": of}
    clickhouse.insert("deadlines", rows)
    parts = Blocks().look(clickhouse, RULES, 0, (NOON - DAY, NOON), 1_000).parts
    asked = [[rule.workflow.name for rule in part.rules] for part in parts]
    assert asked == [["order-fulfilment", "refund"], ["order-fulfilment"], ["refund"], ["order-fulfilment"]]
