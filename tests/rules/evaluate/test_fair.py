"""Who takes which shares, whatever process asks, and until nothing moves any more."""

from collections.abc import Mapping

import pytest

from rules.evaluate.fair import due
from store.shares import Share, shares

Held = Mapping[Share, str | None]


def nobodys(of: int) -> Held:
    return dict.fromkeys(shares(of))


def settled(held: Held, peers: list[str]) -> tuple[Held, int]:
    """After all have taken turns until nothing changes, and how often something moved."""
    now, moves = dict(held), 0
    while True:
        before = dict(now)
        for me in peers:
            wanted = due(now, me, peers)
            for share, holder in now.items():
                if share in wanted and holder is None:
                    now[share] = me
                elif holder == me and share not in wanted:
                    now[share] = None
                    moves += 1
        if now == before:
            return now, moves


@pytest.mark.parametrize("of", [1, 2, 3, 6, 7, 12])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_all_shares_are_taken_and_nobody_has_two_more_than_another(of: int, count: int) -> None:
    peers = [f"p{number}" for number in range(count)]
    held, moves = settled(nobodys(of), peers)
    numbers = [list(held.values()).count(peer) for peer in peers]
    assert sum(numbers) == of
    assert max(numbers) - min(numbers) <= 1
    assert moves == 0


def test_only_as_much_moves_as_a_new_one_is_due() -> None:
    held, _ = settled(nobodys(6), ["a", "b"])
    held, moves = settled(held, ["a", "b", "c"])
    assert moves == 2
    assert settled(held, ["a", "b", "c"]) == (held, 0)


def test_what_one_held_that_is_gone_is_shared_out_and_nothing_else_moves() -> None:
    held, _ = settled(nobodys(6), ["a", "b", "c"])
    after, moves = settled({share: None if holder == "b" else holder for share, holder in held.items()}, ["a", "c"])
    assert moves == 0
    assert sorted(after.values(), key=str) == ["a"] * 3 + ["c"] * 3
    assert all(after[share] == holder for share, holder in held.items() if holder != "b")


def test_who_begin_at_the_same_time_do_not_reach_for_the_same() -> None:
    peers = ["a", "b", "c"]
    wanted = [due(nobodys(6), me, peers) for me in peers]
    assert frozenset[Share]().union(*wanted) == frozenset(shares(6))
