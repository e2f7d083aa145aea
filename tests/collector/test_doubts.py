"""Whose lines are decoded here: those of who had odd ones, for a while."""

from collector.doubts import LONG, Doubts
from tests.conftest import NOON


def test_a_doubt_lasts_a_while_and_is_of_one_sender() -> None:
    doubts = Doubts()
    assert not doubts.about("shop", NOON)
    doubts.add("shop", NOON)
    assert doubts.about("shop", NOON + LONG - 1)
    assert not doubts.about("bank", NOON)
    assert not doubts.about("shop", NOON + LONG)


def test_of_very_many_senders_the_last_ones_are_remembered() -> None:
    doubts = Doubts()
    for number in range(2_000):
        doubts.add(f"token-{number}", NOON)
    assert [doubts.about(f"token-{number}", NOON) for number in (0, 1_999)] == [False, True]
