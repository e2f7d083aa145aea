"""A source is asked so often and no more, whoever asks."""

import pytest

from reconcile.errors import Busy
from reconcile.truth.limits import Limits
from store.event import SECOND
from tests.conftest import NOON


def ask(limits: Limits, host: str, now: int) -> None:
    with limits.place(host, now):
        pass


def test_so_many_a_second_and_the_next_as_soon_as_there_is_room() -> None:
    limits = Limits(rate=2, at_once=9)
    ask(limits, "bank", NOON)
    ask(limits, "bank", NOON)
    with pytest.raises(Busy) as busy:
        ask(limits, "bank", NOON)
    assert busy.value.until == NOON + SECOND // 2
    ask(limits, "bank", busy.value.until)


def test_a_second_of_rest_is_saved_up_and_no_more() -> None:
    limits = Limits(rate=2, at_once=9)
    ask(limits, "bank", NOON)
    later = NOON + 60 * SECOND
    ask(limits, "bank", later)
    ask(limits, "bank", later)
    with pytest.raises(Busy):
        ask(limits, "bank", later)


def test_one_host_does_not_use_up_what_is_anothers() -> None:
    limits = Limits(rate=1, at_once=1)
    with limits.place("bank", NOON):
        ask(limits, "carrier", NOON)
        with pytest.raises(Busy):
            ask(limits, "bank", NOON + 5 * SECOND)
    ask(limits, "bank", NOON + 5 * SECOND)


def test_a_request_that_fails_gives_its_place_back() -> None:
    limits = Limits(rate=9, at_once=1)
    with pytest.raises(ZeroDivisionError), limits.place("bank", NOON):
        raise ZeroDivisionError
    ask(limits, "bank", NOON)
