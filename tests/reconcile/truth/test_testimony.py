"""What is said is written down once, and whoever speaks last is the one who is heard."""

from dataclasses import replace

from sqlalchemy import select

from reconcile.actor import TRUTH, Actor, ActorKind
from reconcile.truth import testimony as words
from reconcile.truth.testimony import Word, last_words, say
from store.database import Database
from store.tables import testimony
from tests.conftest import NOON

EVE = Actor(ActorKind.PERSON, "eve")
ABSENT = words.Testimony("pay", "a", "Paid", Word.ABSENT, NOON, TRUTH, "HTTP 404", "truth/1")
CONFIRMED = replace(ABSENT, word=Word.CONFIRMED, time=NOON - 60, actor=EVE, reason="the bank has it", attempt="eve/1")


def test_said_twice_under_one_attempt_it_is_said_once(any_database: Database) -> None:
    with any_database.begin() as connection:
        assert say(connection, [ABSENT], "entry-1", NOON) == [ABSENT]
        assert say(connection, [ABSENT], "entry-2", NOON + 1) == []
        assert len(connection.execute(select(testimony)).all()) == 1


def test_the_later_word_counts_however_far_back_the_thing_itself_lies(any_database: Database) -> None:
    with any_database.begin() as connection:
        say(connection, [ABSENT], "entry-1", NOON)
        [dated] = say(connection, [CONFIRMED], "entry-2", NOON + 9)
        assert dated.time == NOON + 1, "behind the word that it takes back"
        said = last_words(connection, ["a", "b"])
    assert set(said) == {("pay", "a", "Paid")}
    last = said["pay", "a", "Paid"]
    assert (last.word, last.actor, last.at) == (Word.CONFIRMED, "eve", NOON + 9)


def test_words_on_other_steps_and_orders_do_not_date_each_other(any_database: Database) -> None:
    others = [
        replace(CONFIRMED, step="Shipped"),
        replace(CONFIRMED, correlation_id="b"),
        replace(CONFIRMED, workflow="x"),
    ]
    with any_database.begin() as connection:
        say(connection, [ABSENT], "entry-1", NOON)
        assert say(connection, others, "entry-2", NOON) == others
