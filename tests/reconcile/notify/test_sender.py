"""The sender: what the outbox holds arrives, once under each id, whatever happens on the way."""

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from fastapi import Response
from standardwebhooks import Webhook

from reconcile.notify.delivery import Answer, Post
from reconcile.notify.sender import SLOTS, Deliver, Sender
from store.database import Database
from store.errors import StoreUnavailable
from store.event import HOUR, MINUTE, SECOND
from store.settings_notify import Endpoint
from tests.reconcile.desk import NOON, SECRET, endpoint, enter, notices
from tests.reconcile.receiver import Received, receiver
from tests.store.clock import ManualClock

OPEN = Post(allow_private=True)
PATIENCE = 30.0  # seconds until a test that hangs fails


class Killed(BaseException):
    """As if the process had been killed: nothing that follows is done."""


class StandingClock:
    """Time stands still; whoever sleeps lets the others go on."""

    def now(self) -> int:
        return NOON

    def sleep(self, seconds: float) -> None:
        os.sched_yield()


def sender(database: Database, deliver: Deliver = OPEN, **urls: str) -> Sender:
    """One that knows an endpoint for each of these owners, without jitter."""
    return Sender(database, {owner: endpoint(owner, url) for owner, url in urls.items()}, deliver, lambda: 0.0)


def only(database: Database) -> Mapping[str, object]:
    (row,) = notices(database)
    return row


def test_what_is_due_arrives_signed(any_database: Database) -> None:
    now = time.time_ns() // 1_000  # the reference library accepts only what is of the present
    enter(any_database, "a", now=now)
    with receiver() as there:
        sending = sender(any_database, payments=there.url)
        assert sending.step(now) is True
        assert sending.step(now) is False
    (request,) = there.received
    assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(request.body)
    row = only(any_database)
    assert (request.headers["webhook-id"], request.body) == (row["id"], row["payload"])
    assert (row["state"], row["attempts"], row["delivered_at"], row["last_status"]) == ("delivered", 1, now, 204)


def test_it_is_tried_again_under_the_same_id_until_it_arrives(database: Database) -> None:
    enter(database, "a")
    clock = ManualClock(NOON)
    with receiver(lambda request: Response(status_code=503 if request.number < 3 else 200)) as there:
        sending = sender(database, payments=there.url)
        tried = []
        while only(database)["state"] == "pending":
            if sending.step(clock.now()):
                tried.append(clock.now() - NOON)
            clock.sleep(1)
    assert tried == [0, 5 * SECOND, 5 * SECOND + 5 * MINUTE]
    assert len({request.headers["webhook-id"] for request in there.received}) == 1
    assert (only(database)["attempts"], only(database)["last_error"]) == (3, "")


def test_retry_after_is_honoured(database: Database) -> None:
    enter(database, "a")
    with receiver(lambda _: Response(status_code=429, headers={"retry-after": "3600"})) as there:
        sender(database, payments=there.url).step(NOON)
    assert only(database)["next_attempt_at"] == NOON + HOUR


def test_an_endpoint_that_is_gone_gets_no_second_attempt(database: Database) -> None:
    enter(database, "a")
    with receiver(lambda _: Response("moved away", 410)) as there:
        sender(database, payments=there.url).step(NOON)
    row = only(database)
    assert (row["state"], row["last_error"]) == ("failed", "HTTP 410: moved away (the endpoint is gone: given up)")


def test_after_the_last_attempt_the_next_message_of_the_case_goes(database: Database) -> None:
    enter(database, "a")
    enter(database, "a", resolved=True)
    clock = ManualClock(NOON)
    with receiver(lambda request: Response(status_code=500 if "case.opened" in request.body else 200)) as there:
        sending = sender(database, payments=there.url)
        while notices(database)[1]["state"] == "pending":
            sending.step(clock.now())
            clock.sleep(600)
    assert [json.loads(request.body)["type"] for request in there.received] == ["case.opened"] * 10 + ["case.resolved"]
    assert notices(database)[0]["last_error"] == "HTTP 500 (given up after 10 attempts)"


def test_what_was_being_sent_when_the_sender_died_is_sent_again_under_the_same_id(any_database: Database) -> None:
    sent: list[str] = []

    def die(_: Endpoint, id: str, payload: str, now: int) -> Answer:
        sent.append(id)
        raise Killed

    enter(any_database, "a")
    with pytest.raises(Killed):
        sender(any_database, die, payments="http://payments").step(NOON)
    with receiver() as there:
        sending = sender(any_database, payments=there.url)
        assert sending.step(NOON + MINUTE) is False
        assert sending.step(NOON + 2 * MINUTE) is True
    assert [request.headers["webhook-id"] for request in there.received] == sent


def test_a_poisonous_notice_is_pushed_away_before_it_raises(database: Database) -> None:
    def deliver(_: Endpoint, id: str, payload: str, now: int) -> Answer:
        if '"correlation_id":"bad"' in payload:
            raise RecursionError("too deep")
        return Answer(204, "")

    enter(database, "bad")
    enter(database, "good", now=NOON + 1)
    sending = sender(database, deliver, payments="http://payments")
    with pytest.raises(RecursionError):
        sending.step(NOON + 1)
    assert sending.step(NOON + 1) is True
    assert sending.step(NOON + 1) is False
    rows = {json.loads(row["payload"])["data"]["correlation_id"]: row for row in notices(database)}
    assert rows["good"]["state"] == "delivered"
    assert (rows["bad"]["state"], rows["bad"]["next_attempt_at"]) == ("pending", NOON + 1 + 5 * SECOND)
    assert rows["bad"]["last_error"] == "fault in the sender: RecursionError"


def test_an_owner_whose_endpoint_left_the_settings_is_tried_again_later(database: Database) -> None:
    enter(database, "a")
    assert sender(database).step(NOON) is True
    row = only(database)
    assert (row["state"], row["next_attempt_at"]) == ("pending", NOON + 5 * SECOND)
    assert row["last_error"] == "the settings name no such receiver any more"


def test_neither_log_nor_row_shows_a_secret(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    enter(database, "a")
    with receiver(lambda request: Response(f"{request.path} {SECRET}", 500)) as there, caplog.at_level("DEBUG"):
        sender(database, payments=there.url).step(NOON)
    assert "attempt 1: HTTP 500" in caplog.text
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("reconcile"))
    for text in (ours, str(only(database))):
        assert "a1b2c3" not in text
    assert SECRET not in caplog.text + str(only(database))


# Many endpoints at once


def running(sending: Sender, until: Callable[[], bool], finish: Callable[[], None] = lambda: None) -> None:
    """Run it until that holds; then `finish`, and wait for its end."""
    stop = Event()
    thread = Thread(target=sending.run, args=(StandingClock(), stop))
    thread.start()
    try:
        give_up = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < give_up, "it never came to pass"
    finally:
        stop.set()
        finish()
        thread.join()


def test_an_endpoint_that_hangs_holds_only_its_own_slots(any_database: Database) -> None:
    released = Event()
    begun: Counter[str] = Counter()
    lock = Lock()

    def deliver(to: Endpoint, id: str, payload: str, now: int) -> Answer:
        with lock:
            begun[to.name] += 1
        if to.name == "slow":
            released.wait(PATIENCE)
        return Answer(204, "")

    def delivered() -> Counter[str]:
        return Counter(row["receiver"] for row in notices(any_database) if row["state"] == "delivered")

    enter(any_database, *(f"o-{number}" for number in range(12)), owners=("slow", "quick"))
    sending = sender(any_database, deliver, slow="http://slow", quick="http://quick")
    at_the_time: list[Counter[str]] = []

    def all_that_can_be() -> bool:
        return delivered()["quick"] == 12 and begun["slow"] == SLOTS

    def finish() -> None:
        at_the_time.append(delivered())
        released.set()

    running(sending, all_that_can_be, finish)
    assert at_the_time == [Counter(quick=12)]
    assert begun == Counter(quick=12, slow=SLOTS)
    assert delivered() == Counter(quick=12, slow=SLOTS)


def test_a_case_is_told_in_order_while_many_are_sent_at_once(any_database: Database) -> None:
    orders = [f"o-{number}" for number in range(10)]
    for number in range(2):
        enter(any_database, *orders, resolved=number == 1)
    with receiver() as there:
        running(
            sender(any_database, payments=there.url),
            lambda: all(row["state"] == "delivered" for row in notices(any_database)),
        )
    heard: defaultdict[str, list[str]] = defaultdict(list)
    for request in there.received:
        heard[json.loads(request.body)["data"]["correlation_id"]].append(json.loads(request.body)["type"])
    assert heard == {order: ["case.opened", "case.resolved"] for order in orders}


def test_it_goes_on_after_faults(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    faults = iter([StoreUnavailable("SQL database: gone"), RuntimeError("unforeseen")])

    def deliver(_: Endpoint, id: str, payload: str, now: int) -> Answer:
        for fault in faults:
            raise fault
        return Answer(204, "")

    enter(database, "a", "b", "c")
    sending = sender(database, deliver, payments="http://payments")
    running(sending, lambda: Counter(row["state"] for row in notices(database))["delivered"] == 1)
    assert "sender: SQL database: gone" in caplog.text
    assert "sender: a message failed and is tried again later" in caplog.text


def test_it_goes_on_when_the_outbox_cannot_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stop = Event()

    class Clock(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.now() > NOON + 5 * SECOND:
                stop.set()

    broken = Database.open(f"sqlite:///{tmp_path}/no/such/folder/noshow.sqlite")
    sender(broken, payments="http://payments").run(Clock(NOON), stop)
    assert [record.getMessage() for record in caplog.records] == [
        "sender: SQL database: unable to open database file"
    ] * 2


def test_a_receiver_can_tell_a_repeat_by_its_id(database: Database) -> None:
    """Delivered, but the answer was lost: the endpoint sees the same id twice."""

    def lose_the_answer(to: Endpoint, id: str, payload: str, now: int) -> Answer:
        OPEN(to, id, payload, now)
        raise Killed

    enter(database, "a")
    with receiver() as there:
        with pytest.raises(Killed):
            sender(database, lose_the_answer, payments=there.url).step(NOON)
        sender(database, payments=there.url).step(NOON + HOUR)

    def key(request: Received) -> tuple[str, str]:
        return request.headers["webhook-id"], request.body

    first, second = map(key, there.received)
    assert first == second
