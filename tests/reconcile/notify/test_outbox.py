"""The outbox: who may send what, and when."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from reconcile.cases.case import News
from reconcile.notify import outbox
from reconcile.notify.outbox import About, Claim, Letter, Outcome, State
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from tests.reconcile.desk import NOON, enter, notices, told

HOLD = MINUTE
DONE = Outcome(State.DELIVERED, NOON, 204, "")


def claim(database: Database, now: int = NOON, endpoint: str | None = None) -> Claim | None:
    return outbox.claim(database, now, HOLD, endpoint)


def claimed(database: Database, now: int = NOON, endpoint: str | None = None) -> Claim:
    found = claim(database, now, endpoint)
    assert found is not None
    return found


def test_a_claimed_notice_is_nobody_elses_until_the_hold_is_over(any_database: Database) -> None:
    enter(any_database, "a")
    first = claimed(any_database)
    assert (first.endpoint, first.attempts, first.until) == ("payments", 1, NOON + HOLD)
    assert claim(any_database, NOON + HOLD - 1) is None
    again = claimed(any_database, NOON + HOLD)
    assert (again.id, again.attempts) == (first.id, 2)


def test_who_held_it_for_too_long_can_no_longer_say_what_became_of_it(any_database: Database) -> None:
    enter(any_database, "a")
    slow = claimed(any_database)
    quick = claimed(any_database, NOON + HOLD)
    assert not outbox.record(any_database, slow, Outcome(State.FAILED, NOON, None, "gone"), NOON)
    assert outbox.record(any_database, quick, DONE, NOON + HOLD)
    (row,) = notices(any_database)
    assert (row["state"], row["delivered_at"], row["last_status"]) == ("delivered", NOON + HOLD, 204)


def test_what_failed_comes_back_when_it_is_due(any_database: Database) -> None:
    enter(any_database, "a")
    held = claimed(any_database)
    assert outbox.record(any_database, held, Outcome(State.PENDING, NOON + HOUR, 500, "HTTP 500"), NOON)
    assert claim(any_database, NOON + HOUR - 1) is None
    assert claimed(any_database, NOON + HOUR).attempts == 2
    (row,) = notices(any_database)
    assert (row["state"], row["last_status"], row["last_error"]) == ("pending", 500, "HTTP 500")


def test_the_longest_due_goes_first(any_database: Database) -> None:
    enter(any_database, "late", now=NOON + SECOND)
    enter(any_database, "early")
    expected = [row["id"] for row in sorted(notices(any_database), key=lambda row: row["created_at"])]
    assert [claimed(any_database, NOON + SECOND).id for _ in range(2)] == expected


@pytest.mark.parametrize("state", [State.DELIVERED, State.FAILED])
def test_a_case_is_told_in_order_to_each_endpoint(any_database: Database, state: State) -> None:
    enter(any_database, "a", owners=("payments", "shipping"))
    enter(any_database, "a", owners=("payments", "shipping"), resolved=True)
    opened = claimed(any_database, endpoint="payments")
    assert told(any_database, opened) == (News.OPENED, "payments")
    assert claim(any_database, endpoint="payments") is None
    outbox.record(any_database, opened, Outcome(State.PENDING, NOON + HOUR, 500, "HTTP 500"), NOON)
    assert claim(any_database, NOON + MINUTE, "payments") is None

    other = claimed(any_database, endpoint="shipping")
    assert told(any_database, other) == (News.OPENED, "shipping")

    opened = claimed(any_database, NOON + HOUR, "payments")
    outbox.record(any_database, opened, Outcome(state, NOON, 410, ""), NOON + HOUR)
    assert told(any_database, claimed(any_database, NOON + HOUR, "payments")) == (News.RESOLVED, "payments")


def test_one_case_does_not_wait_for_another(any_database: Database) -> None:
    enter(any_database, "a")
    enter(any_database, "b")
    assert claimed(any_database).id != claimed(any_database).id


def test_only_endpoints_with_something_due_are_waiting(any_database: Database) -> None:
    enter(any_database, "a", owners=("payments", "shipping"))
    enter(any_database, "a", owners=("payments", "shipping"), resolved=True)
    assert sorted(outbox.waiting(any_database, NOON)) == ["payments", "shipping"]
    assert outbox.waiting(any_database, NOON - 1) == []
    claimed(any_database, endpoint="payments")
    assert outbox.waiting(any_database, NOON) == ["shipping"]


def test_no_message_and_none_of_its_subjects_is_there_twice(any_database: Database) -> None:
    enter(any_database, "a")
    (row,) = notices(any_database)
    about = [About(row["subject"], 1, ordinal=1)]
    letter = Letter(row["id"], row["group_id"], 1, "payments", News.OPENED, "{}", about)
    for twin in (letter, replace(letter, id="msg_other"), replace(letter, id="msg_other", number=2)):
        with pytest.raises(IntegrityError), any_database.begin() as connection:
            outbox.add(connection, [twin], NOON)
    assert notices(any_database) == [row]


def test_senders_that_race_take_each_notice_once(any_database: Database) -> None:
    enter(any_database, *(f"o-{number}" for number in range(60)))

    def drain() -> list[str]:
        ids = []
        misses = 0
        while misses < 3:
            if found := claim(any_database):
                ids.append(found.id)
            else:
                misses += 1
        return ids

    with ThreadPoolExecutor(4) as pool:
        taken = Counter(id for ids in pool.map(lambda _: drain(), range(4)) for id in ids)
    assert taken == Counter(row["id"] for row in notices(any_database))
    assert len(taken) == 60
