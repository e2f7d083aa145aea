"""From how often one event came before another to a graph that says no more than was seen."""

from rules.suggest.graph import chains, graph, in_order
from rules.suggest.log import Pair

A, B, C, D = 2, 3, 4, 5
EVERY = 100

Orders = dict[tuple[int, int], tuple[int, int, int]]


def pairs(counts: dict[int, int], orders: Orders) -> dict[tuple[int, int], Pair]:
    """`orders`: (both, before, same) of one place and another; the other way round comes by itself."""
    found = {(place, place): Pair(count, 0, count) for place, count in counts.items()}
    for (one, other), (both, before, same) in orders.items():
        found[one, other] = Pair(both, before, same)
        found[other, one] = Pair(both, both - before - same, same)
    return found


def always(*places: int) -> dict[tuple[int, int], Pair]:
    """All in this order, in every instance."""
    orders = {(a, b): (EVERY, EVERY, 0) for i, a in enumerate(places) for b in places[i + 1 :]}
    return pairs(dict.fromkeys(places, EVERY), orders)


def test_a_chain_is_a_chain() -> None:
    assert graph([A, B, C], always(B, A, C), []) == {A: (B,), B: (), C: (A,)}


def test_either_order_is_no_order() -> None:
    seen = pairs({A: EVERY, B: EVERY}, {(A, B): (EVERY, 60, 0)})
    assert graph([A, B], seen, []) == {A: (), B: ()}


def test_a_few_out_of_order_do_not_hide_the_order() -> None:
    seen = pairs({A: EVERY, B: EVERY}, {(A, B): (EVERY, 96, 0)})
    assert graph([A, B], seen, []) == {A: (), B: (A,)}


def test_always_at_one_time_is_no_order() -> None:
    seen = pairs({A: EVERY, B: EVERY}, {(A, B): (EVERY, 0, EVERY)})
    assert graph([A, B], seen, []) == {A: (), B: ()}


def test_what_is_often_absent_is_not_waited_for() -> None:
    seen = pairs({A: 50, B: EVERY}, {(A, B): (50, 50, 0)})
    assert graph([A, B], seen, []) == {A: (), B: ()}


def test_what_is_absent_on_a_condition_is_waited_for() -> None:
    seen = pairs({A: 50, B: EVERY}, {(A, B): (50, 50, 0)})
    assert graph([A, B], seen, [A]) == {A: (), B: (A,)}


def test_orders_that_contradict_each_other_make_no_cycle() -> None:
    seen = pairs(
        {A: EVERY, B: EVERY, C: EVERY}, {(A, B): (EVERY, 4, 96), (B, C): (EVERY, 3, 97), (C, A): (EVERY, 2, 98)}
    )
    found = graph([A, B, C], seen, [])
    assert found == {A: (), B: (A,), C: (B,)}


def test_a_deadline_behind_a_conditional_step_counts_from_what_that_comes_after() -> None:
    after = {A: (), B: (A,), C: (B,), D: (B, C)}
    assert chains(C, after, [B]) == [[B, A]]
    assert chains(D, after, [B, A]) == [[B, A, 1], [C]]
    assert chains(A, after, []) == [[1]]


def test_branches_are_told_one_after_the_other() -> None:
    after = {A: (), B: (), C: (A,), D: (B,)}
    assert in_order(after, always(A, B, C, D)) == [A, C, B, D]
