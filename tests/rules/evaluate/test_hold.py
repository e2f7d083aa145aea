"""What holds judgement, for how long, and what is said when it no longer does."""

from dataclasses import replace

import pytest

from rules.evaluate.hold import Hold, Holds
from store import collectors
from store.collectors import BEHIND, Report
from store.database import Database
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.conftest import NOON

AT_MOST = 15 * MINUTE
ONE = Report("c-1", "here:1", NOON, waiting=0, refused=0)


def tell(database: Database, now: int, watermark: int, id: str = "c-1") -> None:
    with database.begin() as connection:
        collectors.report(connection, replace(ONE, id=id, watermark=watermark), now)


def look_on(holds: Holds, database: Database, since: int, until: int) -> Hold:
    """A look every ten seconds; what the last of them said."""
    for now in range(since, until, 10 * SECOND):
        holds.look(database, now)
    return holds.look(database, until)


def test_without_collectors_nothing_is_held(any_database: Database) -> None:
    assert Holds(AT_MOST).look(any_database, NOON) == Hold(NOON)


def test_judgement_goes_as_far_as_the_last_of_the_collectors(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    tell(any_database, NOON, NOON - MINUTE, "c-2")
    assert Holds(AT_MOST).look(any_database, NOON + SECOND) == Hold(NOON - MINUTE)
    assert Holds(AT_MOST).look(any_database, NOON - HOUR) == Hold(NOON - HOUR), "nor beyond the present"


def test_a_collector_that_left_holds_nothing(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    with any_database.begin() as connection:
        collectors.leave(connection, "c-1")
    assert Holds(AT_MOST).look(any_database, NOON + HOUR) == Hold(NOON + HOUR)


def test_a_collector_that_is_lost_is_waited_for_so_long_and_then_named(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    holds = Holds(AT_MOST)
    assert look_on(holds, any_database, NOON, NOON + AT_MOST - 10 * SECOND) == Hold(NOON)
    after = look_on(holds, any_database, NOON + AT_MOST, NOON + AT_MOST + MINUTE)
    assert after.as_of == NOON + AT_MOST + MINUTE
    [doubt] = after.doubts
    assert doubt.until == NOON
    assert doubt.reason == "collector c-1 (here:1) is lost: nothing was heard of it since 2025-11-20 12:00 UTC"


def test_one_that_is_there_and_cannot_store_is_waited_for_as_long(any_database: Database) -> None:
    holds = Holds(AT_MOST)
    for now in range(NOON, NOON + AT_MOST + MINUTE, 10 * SECOND):
        tell(any_database, now, NOON)
        held = holds.look(any_database, now)
    [doubt] = held.doubts
    assert held.as_of == doubt.until == now
    assert "does not get on: what it took in since 2025-11-20 12:00 UTC is not stored" in doubt.reason


def test_one_that_gets_on_is_waited_for_however_long_it_takes(any_database: Database) -> None:
    holds = Holds(AT_MOST)
    for minute in range(60):
        now, watermark = NOON + HOUR + minute * MINUTE, NOON + minute * SECOND
        tell(any_database, now, watermark)
        assert look_on(holds, any_database, now, now + 50 * SECOND) == Hold(watermark)


def test_time_in_which_nothing_could_be_judged_does_not_count(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    holds = Holds(AT_MOST)
    look_on(holds, any_database, NOON, NOON + 10 * MINUTE)
    holds.forget()  # ClickHouse is away for an hour
    now = NOON + 70 * MINUTE
    assert look_on(holds, any_database, now, now + 4 * MINUTE) == Hold(NOON)
    assert look_on(holds, any_database, now + 4 * MINUTE, now + 6 * MINUTE).doubts


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_uses_up_nothing(any_database: Database, jump: int) -> None:
    tell(any_database, NOON, NOON - HOUR - MINUTE)
    holds = Holds(AT_MOST)
    look_on(holds, any_database, NOON, NOON + MINUTE)
    assert not look_on(holds, any_database, NOON + MINUTE + jump, NOON + 10 * MINUTE + jump).doubts


def test_what_was_waited_outlives_the_evaluator(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    look_on(Holds(AT_MOST), any_database, NOON, NOON + 10 * MINUTE)
    assert look_on(Holds(AT_MOST), any_database, NOON + 10 * MINUTE, NOON + 16 * MINUTE).doubts


def test_one_that_comes_back_is_waited_for_again(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    holds = Holds(AT_MOST)
    assert look_on(holds, any_database, NOON, NOON + HOUR).doubts
    tell(any_database, NOON + HOUR, NOON + SECOND)
    assert holds.look(any_database, NOON + HOUR) == Hold(NOON + SECOND)


def test_one_that_is_lost_for_a_month_is_forgotten(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    holds = Holds(AT_MOST)
    assert look_on(holds, any_database, NOON, NOON + HOUR).doubts
    assert holds.look(any_database, NOON + 29 * DAY).doubts
    assert holds.look(any_database, NOON + 31 * DAY).doubts
    assert holds.look(any_database, NOON + 31 * DAY) == Hold(NOON + 31 * DAY)


def test_who_is_well_is_not_written_about(any_database: Database) -> None:
    tell(any_database, NOON, NOON)
    look_on(Holds(AT_MOST), any_database, NOON, NOON + BEHIND)
    with any_database.read() as connection:
        [known] = collectors.registered(connection)
    assert (known.waited, known.let_go_at) == (0, None)
