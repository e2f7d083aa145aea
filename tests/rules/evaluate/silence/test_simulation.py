"""How often silence is told where there is none, and how soon where there is: bounds, on what docs/trust.md states."""

import pytest

from tests.rules.evaluate.silence.simulation import false_alarms, outages
from tests.rules.evaluate.silence.traffic import KINDS, steady


def test_in_a_week_of_streams_of_all_kinds_hardly_anything_is_told() -> None:
    told = {title: len(false_alarms(kind, names=1, weeks=1)) for title, kind in KINDS.items()}
    assert sum(told.values()) <= 1, told


@pytest.mark.parametrize("rate", [60, 600])
def test_that_nothing_comes_is_told_within_three_minutes(rate: int) -> None:
    found = outages(steady(rate), left=0.0, number=5)
    assert (found.missed, max(found.delays) < 3) == (0, True)


def test_of_slower_streams_it_takes_longer() -> None:
    found = outages(steady(5), left=0.0, number=5)
    assert (found.missed, max(found.delays) < 15) == (0, True)


def test_that_a_third_comes_is_told_within_a_quarter_of_an_hour() -> None:
    found = outages(steady(60), left=1 / 3, number=5)
    assert (found.missed, max(found.delays) < 15) == (0, True)


def test_what_comes_three_times_an_hour_is_not_judged() -> None:
    assert outages(KINDS["1 in 20 minutes"], left=0.0, number=3).missed == 3
