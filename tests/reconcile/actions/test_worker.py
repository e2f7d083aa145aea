"""Guard, call, outcome: what becomes of an action by every kind of answer, and when nobody is left to answer for it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from reconcile.actions import claims
from reconcile.actions.outcome import KEY_HOLDS, MOST, PAUSES
from reconcile.actions.people import READY_HOLDS, settle
from reconcile.actions.row import NEVER, State
from reconcile.actions.worker import HOLD
from reconcile.errors import NotOffered
from reconcile.outgoing.call import NoReply, Reply
from store.database import Database
from store.event import HOUR, SECOND
from tests.reconcile.actions.refunds import (
    ANNE,
    BERT,
    SILENT,
    TAKEN,
    UNSENT,
    Provider,
    asked,
    declared,
    entries,
    stored,
    wanted,
    worker,
)
from tests.reconcile.desk import NOON, enter

ONCE_ONLY = wanted(declared("idempotent: false"))


@pytest.fixture(autouse=True)
def _case(any_database: Database) -> None:
    enter(any_database, "a")


def test_what_is_asked_for_is_called_once_with_its_key_and_its_secret(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([TAKEN])
    assert worker(any_database, provider).step(NOON)
    assert not worker(any_database, provider).step(NOON + HOUR)
    [(method, url, headers, body)] = provider.calls
    assert (method, url, body) == ("POST", "https://pay.example/refunds/a", b'{"order":"a"}')
    assert (headers["Authorization"], headers["idempotency-key"]) == ("Bearer pay-secret-1", action.id)
    done = stored(any_database, action)
    assert (done.state, done.status, done.attempts, done.settled_at) == (State.SUCCEEDED, 201, 1, NOON + 1)
    assert entries(any_database) == ["action.asked", "action.called", "action.succeeded"]


def test_that_it_is_called_is_written_down_before_it_is(any_database: Database) -> None:
    action = asked(any_database)
    seen: list[object] = []
    provider = Provider([TAKEN], meanwhile=lambda: seen.append(stored(any_database, action).state))
    worker(any_database, provider).step(NOON)
    assert seen == [State.CALLING]


def test_the_secret_is_nowhere_in_the_database_even_if_the_other_side_repeats_it(any_database: Database) -> None:
    action = asked(any_database)
    provider = Provider([Reply(401, {}, b"bad token: Bearer pay-secret-1\n\x00 ...")])
    worker(any_database, provider).step(NOON)
    done = stored(any_database, action)
    assert done.note == "HTTP 401: bad token: Bearer *** ..."
    assert "pay-secret" not in repr(done) + repr(entries(any_database, "why", "detail"))


@pytest.mark.parametrize("more", ["idempotent: true", "idempotent: false"])
def test_what_is_refused_has_failed_and_a_further_round_has_a_key_of_its_own(any_database: Database, more: str) -> None:
    action, provider = asked(any_database, wanted(declared(more))), Provider([Reply(402, {}, b"no funds"), TAKEN])
    worker(any_database, provider).step(NOON)
    assert stored(any_database, action).state is State.FAILED
    again = asked(any_database, wanted(declared(more)), now=NOON + 1)
    assert again.round == 2
    worker(any_database, provider).step(NOON + 1)
    assert provider.keys == [action.id, again.id]


@pytest.mark.parametrize(
    "answer", [SILENT, Reply(500, {}, b""), Reply(303, {}, b""), Reply(408, {}, b""), Reply(409, {}, b"")]
)
def test_a_time_out_is_not_a_failure(any_database: Database, answer: Reply | NoReply) -> None:
    action, provider = asked(any_database, ONCE_ONLY), Provider([answer, TAKEN])
    worker(any_database, provider).step(NOON)
    done = stored(any_database, action)
    assert (done.state, done.next_at) == (State.UNKNOWN, NEVER)
    assert not worker(any_database, provider).step(NOON + HOUR)
    assert len(provider.calls) == 1
    with pytest.raises(NotOffered, match="unknown already"):
        asked(any_database, ONCE_ONLY)


def test_what_is_idempotent_is_repeated_with_its_key_until_it_is_certain(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([SILENT, Reply(503, {}, b""), TAKEN])
    at = NOON
    for pause in (0, *PAUSES[:2]):
        assert not pause or not worker(any_database, provider).step(at + pause)
        at += pause + 1
        assert worker(any_database, provider).step(at)
    assert provider.keys == [action.id] * 3
    assert stored(any_database, action).state is State.SUCCEEDED


def test_it_is_repeated_only_so_often(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([SILENT])
    at = NOON
    for pause in (0, *PAUSES):
        at += pause + 1
        assert worker(any_database, provider).step(at)
    done = stored(any_database, action)
    assert (done.state, done.attempts, done.next_at) == (State.UNKNOWN, MOST, NEVER)


def test_a_refusal_does_not_tell_what_became_of_the_attempt_before(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([SILENT, Reply(401, {}, b"expired token")])
    worker(any_database, provider).step(NOON)
    worker(any_database, provider).step(NOON + PAUSES[0] + 1)
    assert provider.keys == [action.id] * 2
    assert stored(any_database, action).state is State.UNKNOWN


def test_what_never_left_is_tried_again_also_where_it_is_not_idempotent(any_database: Database) -> None:
    action, provider = asked(any_database, ONCE_ONLY), Provider([UNSENT, Reply(429, {}, b""), TAKEN])
    worker(any_database, provider).step(NOON)
    assert stored(any_database, action).state is State.READY
    worker(any_database, provider).step(NOON + PAUSES[0] + 1)
    worker(any_database, provider).step(NOON + PAUSES[0] + PAUSES[1] + 2)
    assert stored(any_database, action).state is State.SUCCEEDED


def test_what_never_left_however_often_has_failed(any_database: Database) -> None:
    action, provider = asked(any_database, ONCE_ONLY), Provider([UNSENT])
    at = NOON
    for pause in (0, *PAUSES):
        at += pause + 1
        worker(any_database, provider).step(at)
    assert stored(any_database, action).state is State.FAILED
    assert "never acted on" in stored(any_database, action).note


def test_an_address_that_is_refused_has_failed_at_once(any_database: Database) -> None:
    action = asked(any_database)
    worker(any_database, Provider([NoReply("refused: not public", sent=False, refused=True)])).step(NOON)
    assert stored(any_database, action).state is State.FAILED


def test_without_its_secret_nothing_is_sent(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([TAKEN])
    worker(any_database, provider, {}).step(NOON)
    assert (provider.calls, stored(any_database, action).state) == ([], State.READY)
    assert "PAY_TOKEN" in stored(any_database, action).note


def test_of_a_worker_that_died_in_the_call_an_idempotent_action_is_repeated(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([TAKEN])
    assert claims.claim(any_database, NOON, HOLD)
    assert not worker(any_database, provider).step(NOON + HOLD - 1)
    assert worker(any_database, provider).step(NOON + HOLD)
    assert provider.keys == [action.id]
    assert (stored(any_database, action).state, stored(any_database, action).attempts) == (State.SUCCEEDED, 2)


def test_of_a_worker_that_died_in_the_call_any_other_is_unknown(any_database: Database) -> None:
    action, provider = asked(any_database, ONCE_ONLY), Provider([TAKEN])
    assert claims.claim(any_database, NOON, HOLD)
    assert worker(any_database, provider).step(NOON + HOLD)
    assert not worker(any_database, provider).step(NOON + HOUR)
    done = stored(any_database, action)
    assert (provider.calls, done.state) == ([], State.UNKNOWN)
    assert entries(any_database)[-1] == "action.unknown"


def test_a_key_is_not_used_again_when_the_other_side_may_have_forgotten_it(any_database: Database) -> None:
    """Every worker was away for a day: a repetition could be a second refund."""
    action, provider = asked(any_database), Provider([SILENT, TAKEN])
    worker(any_database, provider).step(NOON)
    assert worker(any_database, provider).step(NOON + KEY_HOLDS)
    assert not worker(any_database, provider).step(NOON + KEY_HOLDS)
    done = stored(any_database, action)
    assert (len(provider.calls), done.state, done.next_at) == (1, State.UNKNOWN, NEVER)


def test_so_it_is_where_a_worker_died_so_long_ago(any_database: Database) -> None:
    action, provider = asked(any_database), Provider([TAKEN])
    assert claims.claim(any_database, NOON, HOLD)
    assert worker(any_database, provider).step(NOON + KEY_HOLDS)
    assert (provider.calls, stored(any_database, action).state) == ([], State.UNKNOWN)


def test_when_it_was_tried_last_is_known_however_it_ended(any_database: Database) -> None:
    """What the source says of it from before then proves nothing."""
    action, provider = asked(any_database), Provider([SILENT])
    worker(any_database, provider).step(NOON)
    first = stored(any_database, action)
    assert first.tried_at is not None and NOON < first.tried_at < first.next_at
    worker(any_database, provider).step(first.next_at)
    assert (stored(any_database, action).tried_at or 0) > first.next_at
    lost = asked(any_database, replace(ONCE_ONLY, step="RoomBooked"))
    assert claims.claim(any_database, NOON, HOLD)
    while worker(any_database, provider).step(NOON + HOLD):
        pass
    assert stored(any_database, lost).tried_at == NOON + HOLD


def test_an_answer_that_comes_when_the_hold_has_run_out_still_counts(any_database: Database) -> None:
    action = asked(any_database, ONCE_ONLY)
    other = worker(any_database, Provider([TAKEN]))
    provider = Provider([TAKEN], meanwhile=lambda: other.step(NOON + HOLD))
    worker(any_database, provider).step(NOON)
    assert {"action.unknown", "action.succeeded"} <= set(entries(any_database))
    assert stored(any_database, action).state is State.SUCCEEDED


def test_an_answer_that_a_person_did_not_wait_for_is_written_down(any_database: Database) -> None:
    action = asked(any_database, ONCE_ONLY)

    def meanwhile() -> None:
        worker(any_database, Provider([TAKEN])).step(NOON + HOLD)
        with any_database.begin() as connection:
            settle(connection, action.id, False, BERT, NOON + HOLD)

    worker(any_database, Provider([TAKEN], meanwhile=meanwhile)).step(NOON)
    assert stored(any_database, action).state is State.FAILED
    assert "action.answered_late" in entries(any_database)


def test_of_two_who_ask_at_once_one_wins_and_the_other_is_told_who(any_database: Database) -> None:
    def one(decision: object) -> str:
        try:
            asked(any_database, decision=decision)  # type: ignore[arg-type]
        except NotOffered as refused:
            return str(refused)
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(one, (ANNE, BERT)))
    winner = "anne" if not told[0] else "bert"
    assert sorted(map(bool, told)) == [False, True]
    assert any(winner in words for words in told)
    assert entries(any_database) == ["action.asked"]


def test_two_workers_call_each_action_once(any_database: Database) -> None:
    orders = [f"o{number}" for number in range(12)]
    enter(any_database, *orders)
    for order in orders:
        asked(any_database, replace(wanted(order=order)))
    provider = Provider([TAKEN])

    def work(_: int) -> None:
        mine = worker(any_database, provider)
        while mine.step(NOON):
            pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(set(provider.keys)) == len(provider.keys) == 12


def test_what_nobody_could_call_for_hours_is_not_called_any_more(any_database: Database) -> None:
    """The workers were away, or stopped; somebody may have done it by hand since."""
    action, provider = asked(any_database, now=NOON), Provider([TAKEN])
    assert worker(any_database, provider).step(NOON + READY_HOLDS)
    assert not worker(any_database, provider).step(NOON + READY_HOLDS)
    assert (provider.calls, stored(any_database, action).state) == ([], State.WITHDRAWN)
    assert entries(any_database, "why")[-1] == ("action.withdrawn", "nobody called it for six hours")


def test_another_customers_trouble_is_nobody_elses(any_database: Database) -> None:
    """One that waits for its next attempt does not stand in the way of the rest."""
    enter(any_database, "b")
    asked(any_database)
    asked(any_database, wanted(order="b"), now=NOON + SECOND)
    provider = Provider([SILENT, TAKEN])
    assert worker(any_database, provider).step(NOON + SECOND)
    assert worker(any_database, provider).step(NOON + SECOND)
    assert len(set(provider.keys)) == 2
