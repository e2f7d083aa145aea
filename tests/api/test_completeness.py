"""How all instances stand, from ClickHouse."""

from dataclasses import replace

from api.completeness import Count, Overall, Span, overall
from store.event import DAY, HOUR, MINUTE
from tests.api.shop import Shop, arrived_late, cancelled, orphan, running, unpaid, unshipped
from tests.conftest import NOON


def look(shop: Shop, span: Span = "24h") -> Overall:
    return overall(shop.clickhouse, span, NOON)


def test_counts_every_instance_as_it_stands_now(shop: Shop) -> None:
    shop.judge(running("a"), running("b"), unpaid("c"), cancelled("d"), orphan("e"))
    shop.judge(replace(running("b"), state="complete"))
    assert look(shop)["order-fulfilment"].ever.states == {
        "incomplete": 1,
        "orphan": 1,
        "running": 1,
        "complete": 1,
        "cancelled": 1,
    }


def test_an_instance_that_is_no_more_is_not_counted(shop: Shop) -> None:
    shop.judge(running("a"), running("b"))
    shop.judge(replace(running("a"), state=""))
    assert look(shop)["order-fulfilment"].ever.all == 1


def test_complete_are_so_many_of_those_that_are_decided(shop: Shop) -> None:
    shop.judge(running("a"), cancelled("b"), unpaid("c"), *(replace(running(it), state="complete") for it in "def"))
    assert look(shop)["order-fulfilment"].ever.completeness == 0.75


def test_nothing_is_said_of_what_is_undecided() -> None:
    assert Count({"running": 3, "cancelled": 1}).completeness is None


def test_what_has_something_late_is_counted_apart(shop: Shop) -> None:
    shop.judge(arrived_late("a"), running("b"))
    assert look(shop)["order-fulfilment"].ever.late == 1


def test_what_began_within_the_span_is_told_by_the_stretch_without_gaps(shop: Shop) -> None:
    shop.judge(running("a", start=NOON - 2 * HOUR), running("b", start=NOON - 5 * MINUTE), unshipped("c"))
    found = look(shop)["order-fulfilment"]
    assert [it.since for it in found.stretches] == [NOON - 23 * HOUR + it * HOUR for it in range(24)]
    assert [it.count.all for it in found.stretches] == [0] * 21 + [1, 1, 0]
    assert (found.recent.all, found.ever.all) == (2, 3)


def test_what_begins_in_the_future_by_its_clock_is_of_the_last_stretch(shop: Shop) -> None:
    shop.judge(running("a", start=NOON + 3 * HOUR))
    assert look(shop)["order-fulfilment"].stretches[-1].count.all == 1


def test_each_span_has_its_stretches(shop: Shop) -> None:
    shop.judge(running("a", start=NOON - 6 * DAY))
    lengths = {span: len(look(shop, span)["order-fulfilment"].stretches) for span in ("1h", "24h", "7d", "30d")}
    assert lengths == {"1h": 60, "24h": 24, "7d": 28, "30d": 30}
    assert look(shop, "7d")["order-fulfilment"].recent.all == 1
    assert look(shop)["order-fulfilment"].recent.all == 0
