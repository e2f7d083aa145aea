"""How the work is divided, and divided anew: nothing may be lost, and nobody may go on with an old share."""

from functools import partial
from itertools import pairwise

import pytest

from store import cursors, leases
from store.database import Database
from store.errors import LeaseLost
from store.event import SECOND
from store.leases import Lease
from store.shares import ALL, NEITHER, Share, agree, judged_until, present, shares
from tests.store.clock import ManualClock

TTL = 15 * SECOND


def taken(database: Database, share: Share, now: int, holder: str = "a") -> Lease:
    assert agree(database, share.of, now)
    lease = leases.take(database, share.lease, holder, now, TTL)
    assert lease is not None
    return lease


def judged(database: Database, share: Share, as_of: int, now: int) -> Lease:
    return leases.advance(database, taken(database, share, now), as_of, now, TTL)


def move(database: Database, share: Share, **positions: int) -> None:
    with database.begin() as connection:
        for of_what, position in positions.items():
            cursors.move(connection, share.cursor(of_what), position)


@pytest.mark.parametrize("of", [1, 2, 3, 7, 12])
def test_shares_cover_all_hashes_without_a_gap_or_a_seam(of: int) -> None:
    ranges = [(share.lowest, share.highest) for share in shares(of)]
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 2**64 - 1
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))
    sizes = [highest - lowest for lowest, highest in ranges]
    assert max(sizes) - min(sizes) <= 1


def test_what_was_there_before_there_were_shares_is_the_only_one(any_database: Database, clock: ManualClock) -> None:
    before = leases.acquire(any_database, "evaluator", "a", clock.now(), TTL)
    assert before is not None
    assert taken(any_database, ALL, clock.now()) == before


def test_they_are_divided_anew_only_while_nobody_holds_one(any_database: Database, clock: ManualClock) -> None:
    assert agree(any_database, 3, clock.now())
    taken(any_database, Share(3, 1), clock.now())
    assert not agree(any_database, 2, clock.now())
    with any_database.read() as connection:
        assert present(connection) == shares(3)
    clock.sleep(15)
    assert agree(any_database, 2, clock.now())
    with any_database.read() as connection:
        assert present(connection) == shares(2)


def test_new_shares_begin_where_the_last_of_the_old_ones_was(any_database: Database, clock: ManualClock) -> None:
    old = shares(2)
    assert agree(any_database, 2, clock.now())
    for share, positions in zip(old, [{"touched": 5, "woken": 70}, {"touched": 9, "woken": 60}], strict=True):
        move(any_database, share, **positions)
    assert agree(any_database, 3, clock.now())
    with any_database.read() as connection:
        for share in shares(3):
            assert cursors.read(connection, share.cursor("touched")) == 5
            assert cursors.read(connection, share.cursor("woken")) == 60
        assert all(cursors.read(connection, share.cursor("touched")) is None for share in old)


def test_a_share_that_never_began_counts_as_the_last(any_database: Database, clock: ManualClock) -> None:
    assert agree(any_database, 2, clock.now())
    move(any_database, Share(2, 0), touched=5, woken=5)
    assert agree(any_database, 1, clock.now())
    with any_database.read() as connection:
        assert (cursors.read(connection, ALL.cursor("touched")), cursors.read(connection, ALL.cursor("woken"))) == (
            0,
            0,
        )


def test_what_is_written_for_new_shares_is_newer_and_never_judged_earlier(
    any_database: Database, clock: ManualClock
) -> None:
    old = [judged(any_database, Share(2, 0), 100, clock.now()), judged(any_database, Share(2, 1), 300, clock.now())]
    clock.sleep(15)
    for share in shares(3):
        lease = leases.advance(any_database, taken(any_database, share, clock.now()), 0, clock.now(), TTL)
        assert lease.version > max(it.version for it in old)
        assert lease.as_of == 300


def test_who_held_an_old_share_can_neither_go_on_nor_take_it_again(any_database: Database, clock: ManualClock) -> None:
    paused = judged(any_database, ALL, 100, clock.now())
    clock.sleep(15)
    assert agree(any_database, 2, clock.now())
    with pytest.raises(LeaseLost):
        leases.advance(any_database, paused, 200, clock.now(), TTL)
    leases.release(any_database, paused)
    assert leases.take(any_database, ALL.lease, "a", clock.now(), TTL) is None


def test_a_rule_counts_as_applied_where_it_was_to_all_old_shares(any_database: Database, clock: ManualClock) -> None:
    assert agree(any_database, 2, clock.now())
    with any_database.begin() as connection:
        for which, applied in enumerate([{"same": 7, "other": 7, "here": 7}, {"same": 7, "other": 8}]):
            for workflow, fingerprint in applied.items():
                cursors.move(connection, Share(2, which).rules + workflow, fingerprint)
    assert agree(any_database, 1, clock.now())
    with any_database.read() as connection:
        found = cursors.named(connection, ALL.rules)
    assert found == {"rule.same": 7, "rule.other": NEITHER, "rule.here": NEITHER}


def test_what_was_judged_is_what_every_share_was(any_database: Database, clock: ManualClock) -> None:
    def told() -> int | None:
        with any_database.read() as connection:
            return judged_until(connection)

    assert told() is None
    judge = partial(judged, any_database, now=clock.now())
    judge(Share(2, 0), 900)
    assert told() is None
    judge(Share(2, 1), 500)
    assert told() == 500
    judge(Share(2, 1), 1_000)
    assert told() == 900
