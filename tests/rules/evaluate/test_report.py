"""What evaluators write down of themselves."""

from sqlalchemy import select

from rules.evaluate.evaluator import Standing, Tick
from rules.evaluate.records import Written
from rules.evaluate.report import Reporter
from rules.evaluate.work import Work
from store.database import Database
from store.event import MINUTE, SECOND
from store.spending import Spent
from store.tables import evaluator_work, evaluators
from tests.conftest import NOON

STANDING = Standing(NOON - SECOND, 3, held=False)
JUDGED = Spent(took=2, rows=10, bytes=80)


def tick(*, waiting: int = 3) -> Tick:
    return Tick(NOON, 5, Written(), False, Standing(NOON, waiting, held=False), {Work.JUDGE: JUDGED})


def work(database: Database) -> list[tuple[object, ...]]:
    """Minute, work, times, looked at, longest, rows."""
    c = evaluator_work.c
    columns = (c.began_at, c.work, c.times, c.looked_at, c.longest, c.rows)
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(c.began_at, c.work))]


def test_ticks_are_added_up_by_the_minute(any_database: Database) -> None:
    reporter = Reporter(any_database, "one", SECOND)
    for second in (0, 10, 61):
        reporter.add(tick(), Spent(took=second, rows=11), NOON + second * SECOND)
    reporter.add(tick(), Spent(took=3, rows=11), NOON + 70 * SECOND)
    assert work(any_database) == [
        (NOON, "judge", 2, 0, 2, 20),
        (NOON, "tick", 2, 10, 10, 22),
        (NOON + MINUTE, "judge", 2, 0, 2, 20),
        (NOON + MINUTE, "tick", 2, 10, 61, 22),
    ]


def test_several_evaluators_have_rows_of_their_own_and_the_last_word_counts(any_database: Database) -> None:
    one, two = Reporter(any_database, "one", SECOND), Reporter(any_database, "two", SECOND)
    one.add(tick(waiting=9), JUDGED, NOON)
    one.add(tick(waiting=1), JUDGED, NOON + 6 * SECOND)
    two.add(tick(waiting=4), JUDGED, NOON)
    with any_database.read() as connection:
        rows = connection.execute(select(evaluators.c.id, evaluators.c.waiting).order_by(evaluators.c.id)).all()
    assert [tuple(row) for row in rows] == [("one", 1), ("two", 4)]


def test_it_is_not_written_at_every_tick(any_database: Database) -> None:
    reporter = Reporter(any_database, "one", SECOND)
    for number in range(4):
        reporter.add(tick(waiting=number), JUDGED, NOON + number * SECOND)
    with any_database.read() as connection:
        assert connection.execute(select(evaluators.c.waiting)).scalar_one() == 0


def test_what_a_tick_costs_is_taken_around_it_and_no_tick_is_none(any_database: Database) -> None:
    reporter = Reporter(any_database, "one", SECOND)
    assert reporter.ticking(lambda now: None)(NOON) is None
    assert work(any_database) == []
    assert reporter.ticking(lambda now: tick())(NOON) == tick()
    assert len(work(any_database)) == 2


def test_while_the_database_is_away_judging_goes_on(any_database: Database) -> None:
    reporter = Reporter(any_database, "one", SECOND)
    away = Reporter(Database.open("sqlite:////nowhere/at/all.sqlite"), "one", SECOND)
    away.add(tick(), JUDGED, NOON)
    reporter.add(tick(), JUDGED, NOON)
    assert len(work(any_database)) == 2
