"""An operator's own word: it counts as testimony, once, and nobody speaks over a real event."""

import pytest

from reconcile.actor import Actor, ActorKind
from reconcile.errors import NoSuchCase, NoSuchStep, WordRefused
from reconcile.truth.testimony import Word
from reconcile.truth.witness import Statement, Witness
from store.event import HOUR, MINUTE
from store.tables import audit, testimony
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, Office

EVE = Actor(ActorKind.PERSON, "eve")
SEEN = Statement(Word.CONFIRMED, "it is in the ledger", NOON + 5 * MINUTE)
NOW = NOON + 20 * MINUTE


@pytest.fixture
def witness(desk: Office) -> Witness:
    desk.happens("a", 0, "PaymentRequested", amount=10, customer="c-9")
    desk.judge(17 * MINUTE)
    return Witness(desk.clickhouse, desk.database)


def case(desk: Office) -> str:
    return str(desk.case("a")["id"])


def test_their_word_settles_the_step_as_of_when_they_say(desk: Office, witness: Witness) -> None:
    witness.testify(case(desk), PAYMENT, SEEN, EVE, NOW)
    desk.judge(20 * MINUTE)
    assert (desk.step("a"), desk.case("a")["state"]) == ("on_time", "resolved")
    assert desk.said() == [("confirmed", 5 * MINUTE, "eve")]
    entry = next(row for row in desk.rows(audit) if row["what"] == "truth.confirmed")
    assert (entry["actor_kind"], entry["actor"], entry["why"]) == ("person", "eve", "it is in the ledger")
    assert (entry["customer"], entry["step"]) == ("c-9", PAYMENT)
    [row] = desk.rows(testimony)
    assert row["causation_id"] == entry["id"], "the event leads back to who decided"


def test_who_says_the_same_again_is_told_who_was_quicker(desk: Office, witness: Witness) -> None:
    witness.testify(case(desk), PAYMENT, SEEN, EVE, NOW)
    with pytest.raises(WordRefused, match="eve said so already, 2025-11-20T12:20:00Z"):
        witness.testify(case(desk), PAYMENT, SEEN, Actor(ActorKind.PERSON, "bob"), NOW + 1)
    assert len(desk.said()) == 1


def test_a_word_can_be_taken_back(desk: Office, witness: Witness) -> None:
    witness.testify(case(desk), PAYMENT, SEEN, EVE, NOW)
    witness.testify(case(desk), PAYMENT, Statement(Word.ABSENT, "it was another order's"), EVE, NOW + MINUTE)
    desk.judge(21 * MINUTE)
    assert desk.step("a") == "failed"
    witness.testify(case(desk), PAYMENT, SEEN, EVE, NOW + HOUR)
    desk.judge(81 * MINUTE)
    assert desk.step("a") == "late", "it is dated behind the word that it takes back"


def test_nobody_speaks_over_a_real_event(desk: Office, witness: Witness) -> None:
    desk.happens("a", MINUTE, PAYMENT)
    desk.judge(20 * MINUTE)
    with pytest.raises(WordRefused, match="has been fulfilled by an event, so no word on it counts"):
        witness.testify(case(desk), PAYMENT, Statement(Word.ABSENT, "no"), EVE, NOW)


def test_what_is_not_complete_is_refused_and_nothing_is_written(desk: Office, witness: Witness) -> None:
    with pytest.raises(WordRefused, match="reason: expected a few words"):
        witness.testify(case(desk), PAYMENT, Statement(Word.CONFIRMED, "  "), EVE, NOW)
    with pytest.raises(WordRefused, match="is not past"):
        witness.testify(case(desk), PAYMENT, Statement(Word.CONFIRMED, "x", NOW + 1), EVE, NOW)
    with pytest.raises(NoSuchStep, match="has no step Paymnt"):
        witness.testify(case(desk), "Paymnt", SEEN, EVE, NOW)
    with pytest.raises(NoSuchCase):
        witness.testify("case_x", PAYMENT, SEEN, EVE, NOW)
    assert (desk.said(), desk.trail()) == ([], [])
