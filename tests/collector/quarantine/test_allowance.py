"""A sender that is wholly broken gets so much and no more, and takes nothing from the others."""

from collector.quarantine.allowance import SAVED, SOURCES, TOGETHER, Allowance
from store.event import MINUTE
from tests.conftest import NOON


def test_an_hours_worth_can_come_at_once_and_then_a_trickle() -> None:
    allowance = Allowance(100)
    assert sum(allowance.take("shop", 50, NOON) for _ in range(1_000)) == 2 * SAVED
    assert not allowance.take("shop", 50, NOON + MINUTE // 4)
    assert allowance.take("shop", 50, NOON + MINUTE)
    assert not allowance.take("shop", 60, NOON + MINUTE)


def test_what_is_not_used_is_saved_up_to_an_hour() -> None:
    allowance = Allowance(100)
    while allowance.take("shop", 100, NOON):
        pass
    later = NOON + 1_000 * MINUTE
    assert sum(allowance.take("shop", 100, later) for _ in range(1_000)) == SAVED


def test_each_source_has_its_own() -> None:
    allowance = Allowance(100)
    while allowance.take("shop", 100, NOON):
        pass
    assert allowance.take("bank", 100, NOON)


def test_names_that_are_made_up_get_no_more_together() -> None:
    allowance = Allowance(100)
    taken = sum(allowance.take(f"s-{number}", 100, NOON) for number in range(10 * SOURCES))
    assert taken == TOGETHER * SAVED


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    allowance = Allowance(100)
    while allowance.take("shop", 100, NOON):
        pass
    assert not allowance.take("shop", 1, NOON - 5 * MINUTE)
    assert not allowance.take("shop", 1, NOON)
