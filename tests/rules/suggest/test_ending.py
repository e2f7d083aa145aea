"""An event ends an instance on strong evidence only."""

import pytest

from rules.suggest.ending import Endings, endings, failing
from rules.suggest.log import Ending

NAMES = ("OrderPlaced", "ItemShipped", "OrderCancelled", "PaymentDeclined", "CollectedInShop")
EVERY = Ending(1000, 120, 60)
CLEAR = Ending(40, 40, 40)


def test_the_name_tells_how_it_ends() -> None:
    seen = {0: EVERY, 2: Ending(900, 20, 890), 3: CLEAR, 4: CLEAR, 5: CLEAR}
    assert endings(NAMES, seen, [2]) == Endings(cancel=(3,), failures=(4,), ends_on=(5,))


@pytest.mark.parametrize(
    "event",
    [
        Ending(40, 40, 37),  # something comes behind it
        Ending(40, 35, 40),  # nothing is lacking: it is just the last step
        Ending(19, 19, 19),  # too few
    ],
)
def test_weak_evidence_is_none(event: Ending) -> None:
    assert endings(NAMES, {0: EVERY, 3: event}, [2]) == Endings()


def test_where_much_is_lacking_anyway_it_means_nothing() -> None:
    assert endings(NAMES, {0: Ending(1000, 600, 60), 3: CLEAR}, [2]) == Endings()


def test_a_failure_is_one_of_the_step_that_is_called_most_alike() -> None:
    steps = {2: "ItemShipped", 3: "PaymentAuthorized", 4: "PaymentCaptureDone"}
    assert failing("PaymentCaptureFailed", steps) == 4
    assert failing("PaymentDeclined", steps) == 3
    assert failing("CheckFailed", steps) is None
