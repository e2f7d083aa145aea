"""Percentiles of spans that are known."""

import random

import pytest

from api.latency import Leg, Took, by_workflow, latency, took, ways
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from tests.api.figure_rows import Found, put_found
from tests.conftest import NOON


def test_percentiles_are_spans_that_were_measured() -> None:
    spans = list(range(1, 101))
    random.shuffle(spans)
    assert took(spans) == Took(100, 50, 95, 99)
    assert took([7]) == Took(1, 7, 7, 7)
    assert took([1, 9]) == Took(2, 1, 9, 9)


def test_each_leg_and_the_whole_are_what_they_were(any_database: Database) -> None:
    put_found(any_database, [Found(NOON, SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND)])
    with any_database.read() as connection:
        told = by_workflow(ways(connection, NOON - HOUR))
    assert {leg: it.p99 for leg, it in told["orders"].legs.items()} == {
        Leg.FOUND: SECOND,
        Leg.ENTERED: 2 * SECOND,
        Leg.WORDED: 3 * SECOND,
        Leg.SENT: 4 * SECOND,
        Leg.WHOLE: 10 * SECOND,
    }
    assert told[""] == told["orders"]


def test_what_was_late_for_good_reason_is_counted_apart(any_database: Database) -> None:
    rows = [Found(NOON, found=SECOND), Found(NOON, found=HOUR, delayed_by="hold")]
    rows += [Found(NOON, found=HOUR, delayed_by="rule")] * 2
    put_found(any_database, rows)
    with any_database.read() as connection:
        told = latency(ways(connection, NOON - HOUR))
    assert told.legs[Leg.FOUND] == Took(1, SECOND, SECOND, SECOND)
    assert told.left_out == {"hold": 1, "rule": 2}


def test_what_nobody_is_told_of_has_no_such_leg(any_database: Database) -> None:
    put_found(any_database, [Found(NOON, told=False)])
    with any_database.read() as connection:
        assert set(latency(ways(connection, NOON)).legs) == {Leg.FOUND, Leg.ENTERED}


def test_only_what_was_entered_in_the_window_counts(any_database: Database) -> None:
    put_found(any_database, [Found(NOON), Found(NOON - MINUTE)])
    with any_database.read() as connection:
        assert len(ways(connection, NOON)) == 1


@pytest.mark.parametrize("found", [-SECOND, 0])
def test_clocks_that_differ_make_no_span_negative(any_database: Database, found: int) -> None:
    put_found(any_database, [Found(NOON, found=found)])
    with any_database.read() as connection:
        assert latency(ways(connection, NOON)).legs[Leg.FOUND].p50 == 0
