"""What is safe to do now, and why: from what is known of the steps, and of what was done so far."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconcile.actions.offers import Asked, Deed, Offer, Situation, offers
from reconcile.actions.outcome import KEY_HOLDS
from reconcile.actions.row import NEVER, Action, State
from store.event import SECOND
from tests.reconcile.actions.refunds import workflow
from tests.reconcile.desk import NOON

PAID = {"PaymentReceived": "on_time", "RoomBooked": "on_time", "LetterSent": "missing"}
CALLED_OFF = (("PaymentReceived", "not_undone"),)


def action(state: State, step: str = "PaymentReceived", name: str = "refund", **changes: object) -> Action:
    it = Action(
        id=f"act_{name}",
        case_id="case_1",
        step=step,
        name=name,
        round=1,
        workflow="fulfilment",
        correlation_id="a",
        label=f"The {name}",
        state=state,
        idempotent=True,
        automatic=False,
        request="{}",
        rule_hash="h",
        asked_by="anne",
        asked_at=NOON,
        reason="because",
        approved_by="",
        approved_at=None,
        attempts=1,
        next_at=NEVER,
        called_at=NOON,
        tried_at=NOON + 15 * SECOND,
        settled_at=NOON,
        status=None,
        note="no answer",
        customer=None,
    )
    return replace(it, **changes)  # type: ignore[arg-type]


def situation(
    states: dict[str, str] = PAID, actions: Sequence[Action] = (), findings: Sequence[tuple[str, str]] = CALLED_OFF
) -> Situation:
    return Situation("open", workflow(), findings, states, {}, {}, {}, actions)


def found(at: Situation, deed: Deed, name: str = "", step: str = "", now: int = NOON) -> Offer:
    [offer] = [it for it in offers(at, now) if it.deed is deed and name in ("", it.name) and step in ("", it.step)]
    return offer


def refund(at: Situation) -> tuple[bool, str]:
    offer = found(at, Deed.RUN, "refund")
    return offer.offered, offer.why


def test_what_was_not_attempted_is_offered() -> None:
    assert refund(situation()) == (True, "PaymentReceived was to be undone, and no event says that it is")
    assert found(situation(), Deed.RUN, "refund").label == "Refund the payment"


def test_what_was_done_is_not_offered_again() -> None:
    offered, why = refund(situation(actions=[action(State.SUCCEEDED)]))
    assert (offered, why) == (False, "it was done 2025-11-20T12:00:00Z, asked for by anne")


@pytest.mark.parametrize("state", [State.FAILED, State.WITHDRAWN])
def test_what_did_not_happen_is_offered_again(state: State) -> None:
    assert refund(situation(actions=[action(state)]))[0]


@pytest.mark.parametrize("state", [State.READY, State.CALLING, State.PROPOSED, State.UNKNOWN])
def test_while_one_is_open_neither_it_nor_another_of_its_step_is_offered(state: State) -> None:
    at = situation(actions=[action(state)])
    assert not refund(at)[0]
    voucher = found(at, Deed.RUN, "voucher")
    assert not voucher.offered and "comes first" in voucher.why
    assert found(at, Deed.RUN, "release").offered  # of another step


def test_of_what_may_have_happened_asking_comes_first() -> None:
    at = situation(actions=[action(State.UNKNOWN)])
    first, *_ = offers(at, NOON)
    assert (first.deed, first.step, first.offered) == (Deed.ASK, "PaymentReceived", True)
    assert "it is not known whether “The refund” happened" in first.why
    assert [it.deed for it in offers(at, NOON) if it.offered][:3] == [Deed.ASK, Deed.SETTLE, Deed.REPEAT]


def test_it_is_repeated_only_where_the_other_side_honours_its_key_and_still_knows_it() -> None:
    once = found(situation(actions=[action(State.UNKNOWN, idempotent=False)]), Deed.REPEAT)
    assert (once.offered, once.why) == (False, "it is not idempotent, so it could happen twice")
    at = situation(actions=[action(State.UNKNOWN)])
    assert found(at, Deed.REPEAT).offered
    assert not found(at, Deed.REPEAT, now=NOON + KEY_HOLDS).offered


def test_while_the_step_is_unknown_and_can_be_asked_nothing_is_done_about_it() -> None:
    at = situation({**PAID, "PaymentReceived": "missing"}, findings=[("PaymentReceived", "missing")])
    assert offers(at, NOON)[0].deed is Deed.ASK
    offered, why = refund(at)
    assert not offered and why == "it is not known whether PaymentReceived happened: ask the source first"


def test_what_the_source_said_is_told() -> None:
    at = situation({**PAID, "PaymentReceived": "missing"})
    at = replace(at, asked={"PaymentReceived": Asked("unknown", "HTTP 503", NOON)})
    assert "the source said 2025-11-20T12:00:00Z: unknown, HTTP 503" in refund(at)[1]


def test_an_unknown_step_without_a_source_is_not_undone_before_somebody_says_that_it_happened() -> None:
    at = situation({**PAID, "RoomBooked": "missing"})
    release = found(at, Deed.RUN, "release")
    assert not release.offered and "say whether it did first" in release.why


def test_an_unknown_step_that_nobody_can_be_asked_about_may_be_done_again_with_a_warning() -> None:
    resend = found(situation(), Deed.RUN, "resend")
    assert resend.offered and "find out first" in resend.why


@pytest.mark.parametrize("state", ["failed", "pending", "waiting", "skipped", "not_needed"])
def test_of_what_never_happened_nothing_is_undone(state: str) -> None:
    at = situation({**PAID, "PaymentReceived": state}, findings=[])
    assert refund(at) == (False, "PaymentReceived has not happened, so there is nothing to undo, and nothing is sent")


def test_what_came_after_the_end_has_happened_all_the_same() -> None:
    at = situation({**PAID, "PaymentReceived": "not_needed"}, findings=[("PaymentReceived", "after_end")])
    assert refund(at)[0]


def test_what_is_undone_is_not_undone_again() -> None:
    at = replace(situation(findings=[]), undone={"PaymentReceived": NOON})
    assert refund(at) == (False, "PaymentReceived is undone already")


@pytest.mark.parametrize(
    ("state", "kinds", "offered"),
    [
        ("failed", ["failed"], True),
        ("on_time", [], False),
        ("late", ["late"], False),
        ("on_time", ["mismatch"], True),
        ("pending", [], False),
        ("skipped", [], False),
    ],
)
def test_what_cannot_be_undone_is_done_again_where_it_failed_or_is_wrong(
    state: str, kinds: list[str], offered: bool
) -> None:
    at = situation({**PAID, "LetterSent": state}, findings=[("LetterSent", kind) for kind in kinds])
    assert found(at, Deed.RUN, "resend").offered is offered


def test_a_proposal_waits_for_its_second_person() -> None:
    at = situation(actions=[action(State.PROPOSED)])
    assert found(at, Deed.APPROVE).why == "anne proposed it: because"
    assert refund(at)[1] == "anne has proposed it, and it waits for a second person"


@pytest.mark.parametrize("state", ["open", "acknowledged", "snoozed", "resolved"])
def test_resolving_settling_by_hand_and_raising_are_always_possible_while_the_case_is_unresolved(state: str) -> None:
    at = replace(situation(), case_state=state)
    for deed in (Deed.RESOLVE, Deed.CREDIT, Deed.ESCALATE):
        assert found(at, deed).offered is (state != "resolved")
    assert refund(at)[0] is (state != "resolved")


def test_where_no_rule_judges_the_case_any_more_people_still_settle_it() -> None:
    at = replace(situation(actions=[action(State.UNKNOWN)]), workflow=None)
    assert {it.deed for it in offers(at, NOON)} == {Deed.SETTLE, Deed.REPEAT, Deed.RESOLVE, Deed.CREDIT, Deed.ESCALATE}
