"""What settles an action of unknown outcome: only what came after the call, and is certain."""

from dataclasses import replace

import pytest

from reconcile.actions.evidence import AT_WORK, evidence
from reconcile.actions.offers import Asked, Situation
from reconcile.actions.row import Action, State
from store.event import HOUR, SECOND
from tests.reconcile.actions.test_offers import PAID, action, situation
from tests.reconcile.desk import NOON

REFUND = action(State.UNKNOWN)
RESEND = action(State.UNKNOWN, "LetterSent", "resend")
OVER = NOON + 15 * SECOND + AT_WORK  # what the last call may still have done is done
REPEATED = action(State.UNKNOWN, "LetterSent", "resend", attempts=2, tried_at=NOON + HOUR)
AT = situation(findings=[])
SENT, NOT_SENT = {**PAID, "LetterSent": "late"}, {**PAID, "LetterSent": "failed"}


def asked(outcome: str, at: int) -> dict[str, Asked]:
    return {"LetterSent": Asked(outcome, "HTTP 404", at)}


def test_the_event_that_undoes_the_step() -> None:
    found = evidence(replace(AT, undone={"PaymentReceived": NOON + 1}), REFUND)
    assert found is not None and found.happened


def test_the_event_of_the_step() -> None:
    found = evidence(replace(AT, states=SENT, came={"LetterSent": NOON + 1}), RESEND)
    assert found is not None and found.happened


def test_the_word_of_the_source() -> None:
    found = evidence(replace(AT, states=NOT_SENT, asked=asked("absent", OVER + 1)), RESEND)
    assert found is not None and not found.happened


@pytest.mark.parametrize(
    ("at", "it"),
    [
        (AT, REFUND),
        (replace(AT, undone={"PaymentReceived": NOON}), REFUND),
        (replace(AT, undone={"RoomBooked": NOON + 1}), REFUND),
        (replace(AT, states=SENT, came={"LetterSent": NOON - 1}), RESEND),
        (replace(AT, states=NOT_SENT, asked=asked("absent", NOON - 1)), RESEND),
        (replace(AT, states=NOT_SENT, asked=asked("absent", OVER)), RESEND),
        (replace(AT, states=NOT_SENT, asked=asked("absent", OVER + 1)), REPEATED),
        (replace(AT, states=NOT_SENT, asked=asked("unknown", OVER + 1)), RESEND),
        (replace(AT, states=NOT_SENT), RESEND),
        (replace(AT, workflow=None, undone={"PaymentReceived": NOON + 1}), REFUND),
    ],
)
def test_nothing_else(at: Situation, it: Action) -> None:
    assert evidence(at, it) is None
