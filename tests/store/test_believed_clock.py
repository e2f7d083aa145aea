"""What time is believed to be, of clocks that are set, wrong, or can't be asked."""

import logging
from collections.abc import Callable

import pytest

from store.believed_clock import BelievedClock
from store.clickhouse import ClickHouse
from store.clock import SystemClock
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, MINUTE, SECOND
from tests.conftest import NOON

DOUBT = 15 * MINUTE


class World:
    """True time, in µs after noon, and by how much each clock is wrong; `None`: it can't be asked."""

    def __init__(self, servers: int = 2) -> None:
        self.time = 0
        self.host = 0
        self.servers: list[int | None] = [0] * servers
        self.clock = BelievedClock(self, [self.ask(it) for it in range(servers)], DOUBT, lambda: self.time)

    def now(self) -> int:
        return NOON + self.time + self.host

    def sleep(self, _: float) -> None: ...

    def ask(self, number: int) -> Callable[[], int]:
        def asked() -> int:
            wrong = self.servers[number]
            if wrong is None:
                raise StoreUnavailable("away")
            return NOON + self.time + wrong

        return asked

    def error(self, passed: int = 5 * SECOND) -> int:
        """By how much the believed clock is wrong after that."""
        self.time += passed
        self.clock.step()
        return self.clock.now() - NOON - self.time


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, 5 * MINUTE, -5 * MINUTE])
def test_of_three_clocks_one_that_is_wrong_makes_no_difference(wrong: int) -> None:
    world = World()
    world.host = wrong
    assert (world.error(), world.error(MINUTE)) == (0, 0)
    world.host, world.servers = 0, [wrong, 0]
    assert (world.error(), world.error(HOUR)) == (0, 0)
    world.servers = [0, wrong]
    assert (world.error(), world.error(HOUR)) == (0, 0)


def test_one_that_is_wrong_from_the_beginning_makes_no_difference_either() -> None:
    world = World()
    world.host = HOUR
    again = BelievedClock(world, [world.ask(0), world.ask(1)], DOUBT, lambda: world.time)
    assert again.now() == NOON


def test_a_host_alone_that_jumps_ahead_is_not_believed_and_when_it_goes_back_nothing_has_happened() -> None:
    world = World(servers=0)
    world.host = HOUR
    assert all(world.error() == 0 for _ in range(100))
    world.host = 0
    assert (world.error(), world.error(HOUR)) == (0, 0)


def test_a_jump_ahead_that_stays_is_believed_after_a_while() -> None:
    world = World(servers=0)
    world.host = HOUR
    assert (world.error(), world.error(DOUBT - SECOND), world.error(SECOND)) == (0, 0, HOUR)
    assert world.error() == HOUR


def test_a_second_jump_is_doubted_anew() -> None:
    world = World(servers=0)
    for wrong in (HOUR, 0, HOUR):
        world.host = wrong
        assert (world.error(), world.error(DOUBT - SECOND)) == (0, 0)


def test_small_corrections_and_those_backwards_are_believed_at_once() -> None:
    world = World(servers=0)
    for wrong in (SECOND, 8 * SECOND, -SECOND, -HOUR):
        world.host = wrong
        assert world.error() == wrong


def test_while_servers_are_away_time_passes_steadily_whatever_the_host_says() -> None:
    world = World()
    world.servers, world.host = [None, 0], HOUR
    assert (world.error(), world.error(HOUR)) == (0, 0)
    world.servers, world.host = [None, None], -HOUR
    assert (world.error(), world.error(HOUR)) == (0, 0)
    world.servers = [0, 0]
    assert world.error() == 0


def test_who_began_without_the_servers_believes_them_at_once() -> None:
    world = World()
    world.servers, world.host = [None, None], -HOUR
    begun = world.clock = BelievedClock(world, [world.ask(0), world.ask(1)], DOUBT, lambda: world.time)
    assert begun.now() == NOON - HOUR
    world.servers = [0, 0]
    assert world.error() == 0


def test_what_happens_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World(servers=0)
    with caplog.at_level(logging.WARNING):
        world.host = HOUR
        for _ in range(5):
            world.error()
        world.host = 0
        world.error()
        world.error()
    assert [record.message for record in caplog.records] == [
        "clocks: they are suddenly 1 h ahead, which is not believed at once",
        "clocks: they have gone back to where they were",
    ]


def test_the_stores_say_what_time_it_is(any_clickhouse: ClickHouse, any_database: Database) -> None:
    clock = BelievedClock(SystemClock(), [any_clickhouse.now, any_database.now], DOUBT)
    before = SystemClock().now()
    for told in (any_clickhouse.now(), any_database.now(), clock.now()):
        assert abs(told - before) < HOUR, "all of them run on this machine"
