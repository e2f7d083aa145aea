"""What is said of a step in a few words."""

import pytest

from api.lane import Lane, note
from store.event import HOUR, MINUTE
from tests.conftest import NOON

DUE = NOON + 20 * MINUTE


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        (Lane("A", "failed", None, DUE, failed_at=NOON - HOUR), "failed 1 h ago"),
        (Lane("A", "pending", None, DUE, warned=NOON - MINUTE), "due soon, in 20 min"),
        (Lane("A", "pending", None, NOON - MINUTE, warned=NOON - HOUR), "due 1 min ago"),
        (Lane("A", "pending", None, DUE, count=1, needed=3), "due in 20 min, 1 of 3"),
        (Lane("A", "missing", None, NOON - HOUR, count=0, needed=2), "missing for 1 h, 0 of 2"),
        (Lane("A", "waiting", None, None, count=2, needed=None), "waiting, 2 so far"),
        (Lane("A", "on_time", NOON, DUE, count=3, needed=3), "on time, 20 min to spare"),
        (Lane("A", "on_time", NOON, DUE, ("mismatch",)), "does not fit"),
        (Lane("A", "on_time", NOON, DUE, ("duplicate", "mismatch", "not_undone")), "too many, does not fit, …"),
        (Lane("A", "missing", None, NOON - HOUR, ("duplicate",)), "missing for 1 h, too many"),
    ],
)
def test_what_matters_comes_first(lane: Lane, expected: str) -> None:
    assert note(lane, NOON) == expected
