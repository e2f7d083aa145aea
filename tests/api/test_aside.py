"""What stands beside what a page is about keeps no page waiting."""

from threading import Event

from api.aside import Aside
from api.kept import Kept
from store.errors import StoreUnavailable
from tests.store.clock import ManualClock

PATIENCE = 60.0


def test_it_is_there_with_the_first_page_and_follows(clock: ManualClock) -> None:
    numbers = iter((3, 4))
    aside = Aside(Kept(lambda: next(numbers), clock), 0, PATIENCE, PATIENCE)
    assert [aside.get(), aside.get()] == [3, 4]


def test_a_store_that_is_away_is_no_number(clock: ManualClock) -> None:
    def away() -> int:
        raise StoreUnavailable("away")

    assert Aside(Kept(away, clock), 0, PATIENCE).get() == 0


def test_while_it_is_looked_up_nobody_waits_for_it(clock: ManualClock) -> None:
    asked, answered = Event(), Event()

    def slow() -> int:
        asked.set()
        assert answered.wait(PATIENCE)
        return 7

    aside = Aside(Kept(slow, clock), 0, 0.0, 0.0)
    assert aside.get() == 0
    assert asked.wait(PATIENCE)
    assert aside.get() == 0, "the lookup goes on, and this one does not begin another"
    answered.set()
    while aside.get() != 7:
        pass


def test_what_is_known_is_shown_while_it_is_looked_up_again(clock: ManualClock) -> None:
    answered = Event()
    numbers = iter((7, 8))

    def slow() -> int:
        number = next(numbers)
        assert number == 7 or answered.wait(PATIENCE)
        return number

    aside = Aside(Kept(slow, clock), 0, PATIENCE, 0.0)
    assert [aside.get(), aside.get()] == [7, 7]
    answered.set()
