"""What nobody needs any more goes, and what a next message is told against stays."""

import pytest
from sqlalchemy import func, insert, select, update

from reconcile.tidier import ANSWERS, FIGURES, Tidier
from rules.evaluate.evaluator import Standing
from store.database import Database
from store.event import DAY, HOUR
from store.tables import (
    detections,
    evaluator_work,
    evaluators,
    message_attempts,
    message_subjects,
    messages,
    news,
    truth_answers,
)
from tests.api.figure_rows import Found, put_found, put_standing
from tests.reconcile.desk import NOON
from tests.reconcile.notify.newsroom import INTERVAL, WAIT, Newsroom

KEEP = 90 * DAY
LATER = NOON + KEEP + DAY


@pytest.fixture
def room(any_database: Database) -> Newsroom:
    """One case that was opened and settled, and one that is open; both were told."""
    room = Newsroom(any_database)
    room.opens("a", "b")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles("a", at=WAIT)
    room.dispatch(WAIT)
    room.dispatch(WAIT + INTERVAL)
    return room


def count(database: Database, table: object) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def delivered(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(update(messages).values(state="delivered"))
        rows = [{"message_id": id_} for id_ in connection.execute(select(messages.c.id)).scalars()]
        connection.execute(insert(message_attempts).values(number=1, at=NOON, took=1, status=204, error=""), rows)


def test_messages_that_are_done_with_go_with_all_that_hangs_on_them(room: Newsroom) -> None:
    delivered(room.database)
    tidier = Tidier(room.database, KEEP)
    assert not tidier.step(NOON + KEEP)
    assert count(room.database, messages) == 2
    assert not tidier.step(LATER)
    assert [count(room.database, table) for table in (messages, message_subjects, message_attempts)] == [0, 0, 0]


def test_what_is_still_to_be_sent_stays(room: Newsroom) -> None:
    Tidier(room.database, KEEP).step(LATER)
    assert count(room.database, messages) == 2


def test_what_was_told_last_stays_and_the_next_message_is_told_against_it(room: Newsroom) -> None:
    delivered(room.database)
    assert count(room.database, news) == 3
    Tidier(room.database, KEEP).step(LATER)
    assert count(room.database, news) == 2, "that a was opened is told and over"
    room.settles("b", at=KEEP + DAY)
    room.dispatch(KEEP + DAY)
    room.dispatch(KEEP + DAY + HOUR)
    [message] = room.sent()
    assert (message["type"], message["data"]["correlation_id"]) == ("case.resolved", "b")
    assert "PaymentReceived" in message["data"]["title"]


def test_news_that_nobody_has_looked_at_stays(any_database: Database) -> None:
    room = Newsroom(any_database)
    room.opens("a")
    Tidier(any_database, KEEP).step(LATER)
    assert count(any_database, news) == 1


def test_answers_are_kept_for_as_long_as_they_can_stand_in(any_database: Database) -> None:
    with any_database.begin() as connection:
        row = {"workflow": "w", "step": "s", "outcome": "confirmed"}
        old, new = NOON - ANSWERS - 1, NOON - ANSWERS
        connection.execute(insert(truth_answers).values(**row, correlation_id="old", asked_at=old))
        connection.execute(insert(truth_answers).values(**row, correlation_id="new", asked_at=new))
    Tidier(any_database, KEEP).step(NOON)
    with any_database.read() as connection:
        assert connection.execute(select(truth_answers.c.correlation_id)).scalars().all() == ["new"]


def test_a_great_deal_goes_in_several_steps(any_database: Database) -> None:
    with any_database.begin() as connection:
        row = {"workflow": "w", "step": "s", "outcome": "confirmed", "asked_at": 0}
        connection.execute(insert(truth_answers), [{**row, "correlation_id": str(n)} for n in range(1_200)])
    tidier = Tidier(any_database, KEEP)
    assert [tidier.step(NOON) for _ in range(3)] == [True, True, False]
    assert count(any_database, truth_answers) == 0


def test_figures_go_after_some_days(any_database: Database) -> None:
    old, new = NOON - FIGURES - HOUR, NOON
    put_found(any_database, [Found(old, told=False), Found(new, told=False)])
    put_standing(any_database, Standing(old, 0, held=False), old)
    tables = (detections, evaluators, evaluator_work)
    assert [count(any_database, table) for table in tables] == [2, 1, 4]
    Tidier(any_database, KEEP).step(NOON)
    assert [count(any_database, table) for table in tables] == [1, 0, 0]
