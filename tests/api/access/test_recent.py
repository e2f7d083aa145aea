"""What was verified lately: believed for a while, in bounded memory, without the secret itself."""

from api.access.recent import BELIEVED, Recent
from store.event import SECOND
from tests.conftest import NOON


def test_it_is_believed_for_five_seconds() -> None:
    recent = Recent[str]()
    assert BELIEVED == 5 * SECOND
    assert recent.get("a", NOON) is None
    recent.put("a", "anna", NOON)
    assert recent.get("a", NOON + BELIEVED - 1) == "anna"
    assert recent.get("a", NOON + BELIEVED) is None


def test_a_clock_that_goes_back_makes_nothing_last() -> None:
    recent = Recent[str]()
    recent.put("a", "anna", NOON)
    assert recent.get("a", NOON - 1) is None


def test_the_oldest_makes_room() -> None:
    recent = Recent[int](most=3)
    for number in range(3):
        recent.put(str(number), number, NOON)
    recent.put("0", 0, NOON)
    recent.put("3", 3, NOON)
    assert [recent.get(str(number), NOON) for number in range(4)] == [0, None, 2, 3]


def test_it_can_be_forgotten_and_holds_no_secret() -> None:
    recent = Recent[str]()
    recent.put("secret", "anna", NOON)
    assert "secret" not in repr(vars(recent))
    recent.forget("secret")
    recent.forget("never there")
    assert recent.get("secret", NOON) is None
