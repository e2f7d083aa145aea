import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from store.database import Database
from store.errors import LeaseLost
from store.leases import Lease, acquire, advance, holders, release, take
from store.migrate import migrate_database
from tests.store.clock import ManualClock

TTL = 30_000_000


def taken(database: Database, holder: str, now: int) -> Lease:
    lease = acquire(database, "evaluator", holder, now, TTL)
    assert lease is not None
    return lease


def test_one_holds_it_until_it_runs_out(any_database: Database, clock: ManualClock) -> None:
    assert taken(any_database, "a", clock.now()) == Lease("evaluator", "a", epoch=1, tick=0, as_of=0)
    clock.sleep(29.999999)
    assert acquire(any_database, "evaluator", "b", clock.now(), TTL) is None
    clock.sleep(0.000001)
    assert taken(any_database, "b", clock.now()) == Lease("evaluator", "b", epoch=2, tick=0, as_of=0)
    assert acquire(any_database, "evaluator", "a", clock.now(), TTL) is None


def test_leases_of_other_names_are_no_concern(any_database: Database, clock: ManualClock) -> None:
    taken(any_database, "a", clock.now())
    assert acquire(any_database, "drainer", "b", clock.now(), TTL) is not None


def test_the_holder_renews_by_acquiring_again_and_by_advancing(any_database: Database, clock: ManualClock) -> None:
    lease = taken(any_database, "a", clock.now())
    clock.sleep(20)
    assert taken(any_database, "a", clock.now()) == lease
    clock.sleep(20)
    assert acquire(any_database, "evaluator", "b", clock.now(), TTL) is None
    lease = advance(any_database, lease, clock.now(), clock.now(), TTL)
    clock.sleep(20)
    assert acquire(any_database, "evaluator", "b", clock.now(), TTL) is None
    assert taken(any_database, "a", clock.now()) == lease


def test_every_advance_is_a_higher_version(any_database: Database, clock: ManualClock) -> None:
    versions = []
    for holder in ("a", "b", "b"):
        lease = taken(any_database, holder, clock.now())
        for _ in range(3):
            lease = advance(any_database, lease, clock.now(), clock.now(), TTL)
            versions.append(lease.version)
        clock.sleep(31)
    assert versions == sorted(set(versions))
    assert versions[0] == 1 << 32 | 1
    assert all(version < 2**63 for version in versions)


def test_as_of_never_goes_back(any_database: Database, clock: ManualClock) -> None:
    lease = advance(any_database, taken(any_database, "a", clock.now()), 1_000, clock.now(), TTL)
    lease = advance(any_database, lease, 900, clock.now(), TTL)
    assert lease.as_of == 1_000
    clock.sleep(31)
    lease = taken(any_database, "b", clock.now())
    assert lease.as_of == 1_000
    assert advance(any_database, lease, 10, clock.now(), TTL).as_of == 1_000


def test_what_somebody_else_makes_is_taken_only_once_it_is_there(any_database: Database, clock: ManualClock) -> None:
    assert take(any_database, "evaluator", "a", clock.now(), TTL) is None
    taken(any_database, "a", clock.now())
    assert take(any_database, "evaluator", "b", clock.now(), TTL) is None
    clock.sleep(31)
    assert take(any_database, "evaluator", "b", clock.now(), TTL) == Lease("evaluator", "b", epoch=2, tick=0, as_of=0)


def test_who_holds_what_is_known(any_database: Database, clock: ManualClock) -> None:
    taken(any_database, "a", clock.now())
    with any_database.read() as connection:
        assert holders(connection, ["evaluator", "drainer"], clock.now()) == {"evaluator": "a"}
        assert holders(connection, ["evaluator", "drainer"], clock.now() + TTL) == {}


def test_who_was_paused_too_long_can_not_go_on(any_database: Database, clock: ManualClock) -> None:
    paused = advance(any_database, taken(any_database, "a", clock.now()), 5, clock.now(), TTL)
    clock.sleep(31)
    other = taken(any_database, "b", clock.now())
    with pytest.raises(LeaseLost, match="a no longer holds the lease evaluator"):
        advance(any_database, paused, 6, clock.now(), TTL)
    release(any_database, paused)
    assert taken(any_database, "b", clock.now()) == other


def test_who_ran_out_and_was_not_replaced_goes_on(any_database: Database, clock: ManualClock) -> None:
    lease = taken(any_database, "a", clock.now())
    clock.sleep(31)
    lease = advance(any_database, lease, 5, clock.now(), TTL)
    assert acquire(any_database, "evaluator", "b", clock.now(), TTL) is None
    assert (lease.epoch, lease.tick) == (1, 1)


def test_a_copy_of_a_lease_is_good_for_one_advance(any_database: Database, clock: ManualClock) -> None:
    lease = taken(any_database, "a", clock.now())
    advance(any_database, lease, 5, clock.now(), TTL)
    for stale in (lease, replace(lease, tick=2), replace(lease, epoch=0, tick=1), replace(lease, holder="b", tick=1)):
        with pytest.raises(LeaseLost):
            advance(any_database, stale, 6, clock.now(), TTL)


def test_a_released_lease_is_free_at_once(any_database: Database, clock: ManualClock) -> None:
    lease = taken(any_database, "a", clock.now())
    release(any_database, advance(any_database, lease, 5, clock.now(), TTL))
    assert taken(any_database, "b", clock.now()) == Lease("evaluator", "b", epoch=2, tick=0, as_of=5)


def race(contenders: int, attempt: Callable[[int], object]) -> list[object]:
    """What each contender got; all start at the same time."""
    barrier = threading.Barrier(contenders)

    def run(number: int) -> object:
        barrier.wait()
        return attempt(number)

    with ThreadPoolExecutor(contenders) as threads:
        return list(threads.map(run, range(contenders)))


@pytest.fixture
def opened_many_times(any_database: Database) -> list[Database]:
    """As separate processes would have it: no connection is shared."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    return [Database.open(url) for _ in range(8)]


def test_of_many_that_want_it_at_once_one_gets_it(opened_many_times: list[Database], clock: ManualClock) -> None:
    for round_ in range(1, 11):  # first a lease that does not exist, then one that has run out
        got = race(8, lambda number: acquire(opened_many_times[number], "evaluator", str(number), clock.now(), TTL))
        winners = [lease for lease in got if isinstance(lease, Lease)]
        assert len(winners) == 1
        assert winners[0].epoch == round_
        clock.sleep(31)
    for database in opened_many_times:
        database.close()


def test_of_many_that_advance_one_copy_one_does(opened_many_times: list[Database], clock: ManualClock) -> None:
    def attempt(database: Database) -> object:
        try:
            return advance(database, lease, 5, clock.now(), TTL)
        except LeaseLost as lost:
            return lost

    lease = taken(opened_many_times[0], "a", clock.now())
    for tick in range(1, 11):
        got = race(8, lambda number: attempt(opened_many_times[number]))
        winners = [after for after in got if isinstance(after, Lease)]
        assert [winner.tick for winner in winners] == [tick]
        lease = winners[0]
    for database in opened_many_times:
        database.close()


CONTENDER = """
import sys
from store.database import Database
from store.leases import acquire
database = Database.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(acquire(database, "evaluator", sys.argv[2], 0, 1) is not None)
"""


@pytest.mark.processes
def test_of_many_processes_one_gets_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/noshow.sqlite"
    database = Database.open(url)
    migrate_database(database)
    database.close()
    command = [sys.executable, "-c", CONTENDER, url]
    processes = [
        subprocess.Popen([*command, holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for holder in ("a", "b", "c")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(process.communicate()[0] for process in processes) == ["False\n", "False\n", "True\n"]
