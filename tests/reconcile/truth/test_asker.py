"""Who is asked, when, and by whom: what surrounds a lookup."""

from pathlib import Path
from threading import Event, Thread

import pytest

from reconcile.outgoing.call import Caller
from reconcile.truth import lookups
from reconcile.truth.asker import Asker
from reconcile.truth.limits import Limits
from reconcile.truth.lookups import State
from reconcile.truth.source import Source
from store.clickhouse import ClickHouse
from store.clock import SystemClock
from store.database import Database
from store.event import DAY, HOUR, MINUTE, SECOND
from store.tables import audit
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, RULE, Office, office, rule
from tests.reconcile.provider import HANGS, Provider, Said
from tests.store.clock import ManualClock

UNSURE = Said(200, {"status": "pending"})


def requested(desk: Office, *orders: str) -> None:
    for order in orders:
        desk.happens(order, 0, "PaymentRequested", amount=10)


@pytest.mark.parametrize(
    ("said", "note"),
    [
        (Said(200, {"status": "pending"}), "HTTP 200, and the answer says neither"),
        (Said(404, {"status": "succeeded"}), None),
        (Said(200, b"<html>"), "HTTP 200, and the answer says neither"),
        (Said(302, headers={"location": "/elsewhere"}), "HTTP 302, and the answer says neither"),
        (Said(500, {"status": "failed"}), "HTTP 500"),
        (Said(503, {"status": "succeeded"}), "HTTP 503"),
        (Said(429), "HTTP 429"),
    ],
)
def test_what_does_not_tell_is_no_failure(desk: Office, bank: Provider, said: Said, note: str | None) -> None:
    requested(desk, "a")
    bank.says = lambda _: said
    desk.look(17 * MINUTE)
    if note is None:
        assert [word for word, *_ in desk.said()] == ["absent"], "the rule asks for code 200 and for success"
        return
    assert (desk.said(), desk.step("a"), desk.lookup()["outcome"]) == ([], "missing", "unknown")
    assert desk.lookup()["note"].startswith(note)


def test_an_answer_that_says_both_says_nothing(
    clickhouse: ClickHouse, database: Database, tmp_path: Path, bank: Provider
) -> None:
    bank.says = lambda _: Said(404, {"status": "succeeded"})
    both = rule(bank.url, RULE.replace("code == 200 && ", ""))
    with office(clickhouse, database, tmp_path, both) as desk:
        requested(desk, "a")
        desk.look(17 * MINUTE)
        assert "says both" in desk.lookup()["note"]
        assert desk.said() == []


def test_a_source_that_asks_for_patience_gets_it(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    bank.says = lambda _: Said(429, headers={"retry-after": "3600"})
    desk.look(17 * MINUTE)
    assert desk.lookup()["next_at"] == NOON + 17 * MINUTE + HOUR


def test_what_cannot_be_filled_in_is_said_and_tried_later(
    clickhouse: ClickHouse, database: Database, tmp_path: Path, bank: Provider
) -> None:
    by_charge = rule(bank.url, RULE.replace("{{correlation_id}}", "{{start.charge_id}}"))
    with office(clickhouse, database, tmp_path, by_charge) as desk:
        requested(desk, "a")
        desk.look(17 * MINUTE)
        assert desk.lookup()["note"] == "not asked: start.charge_id is not known"
        assert (bank.asked, desk.said()) == ([], [])


def test_nobody_is_asked_about_what_is_not_missing_any_more(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    bank.says = lambda _: UNSURE
    desk.look(17 * MINUTE)
    desk.happens("a", 18 * MINUTE, PAYMENT)
    desk.look(HOUR)
    assert (desk.lookup()["state"], len(bank.asked)) == (State.IDLE, 1)


def test_the_source_speaks_only_where_it_can_and_only_once(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    bank.charge("a")
    desk.look(17 * MINUTE)
    desk.look(2 * DAY)
    assert (len(bank.asked), desk.lookup()["state"]) == (1, State.ANSWERED)
    assert desk.said() == [("confirmed", 17 * MINUTE, "truth")], "it gave no time: as of when it was asked"
    assert desk.step("a") == "late"


def test_a_time_that_lies_ahead_is_now(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    bank.charge("a", created_at="2031-01-01T00:00:00Z")
    desk.look(17 * MINUTE)
    assert desk.said() == [("confirmed", 17 * MINUTE, "truth")], "or it would be heard in years only"


def test_a_lookup_whose_holder_died_is_made_again(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    desk.judge(17 * MINUTE)
    now = NOON + 17 * MINUTE
    desk.asker.find(now)
    assert lookups.claim(desk.database, now, MINUTE) is not None
    assert lookups.claim(desk.database, now, MINUTE) is None, "it is held"
    desk.look(18 * MINUTE)
    assert (len(bank.asked), desk.lookup()["state"]) == (1, State.ANSWERED)


def test_the_answer_of_one_who_was_too_slow_is_left(desk: Office, bank: Provider) -> None:
    requested(desk, "a")
    desk.judge(17 * MINUTE)
    now = NOON + 17 * MINUTE
    desk.asker.find(now)
    slow = lookups.claim(desk.database, now, MINUTE)
    assert slow is not None
    desk.look(18 * MINUTE)
    desk.asker._make(slow, now + 2 * MINUTE)
    assert desk.said() == [("absent", 18 * MINUTE, "truth")]
    assert [row["what"] for row in desk.rows(audit)].count("truth.absent") == 1


def test_asked_too_often_it_waits_its_turn_and_nothing_is_lost(desk: Office, bank: Provider) -> None:
    requested(desk, "a", "b", "c")
    desk.judge(17 * MINUTE)
    now = NOON + 17 * MINUTE
    asker = _with_limits(desk, Limits(rate=2, at_once=4))
    while asker.step(now):
        pass
    assert len(bank.asked) == 2
    while asker.step(now + SECOND):
        pass
    assert sorted(bank.asked) == ["a", "b", "c"]


def _with_limits(desk: Office, limits: Limits) -> Asker:
    source = Source(desk.clickhouse, desk.rulebook, Caller(allow_private=True), {"PAYMENTS_TOKEN": "x"}, limits)
    return Asker(desk.database, desk.rulebook, source, 4, lambda: 0.0)


def test_a_fault_of_ours_is_pushed_into_the_future_and_told(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    requested(desk, "a")
    desk.judge(17 * MINUTE)

    def broken(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.source, "ask", broken)
    with pytest.raises(ZeroDivisionError):
        desk.asker.step(NOON + 17 * MINUTE)
    assert desk.lookup()["note"] == "fault in Noshow: ZeroDivisionError"
    assert not desk.asker.step(NOON + 17 * MINUTE), "it does not stand in the way"


def test_a_source_that_hangs_delays_no_other(
    clickhouse: ClickHouse, database: Database, tmp_path: Path, bank: Provider
) -> None:
    """Sixteen lookups hang at one source; another is asked all the same, by the same loop."""
    text = RULE.replace("  ItemShipped:", _SECOND.replace("{other}", bank.url.replace("127.0.0.1", "localhost")))
    answered = Event()

    def says(order: str) -> Said | None:
        if order == "fine":
            answered.set()
            return None
        return HANGS

    bank.says = says
    with office(clickhouse, database, tmp_path, rule(bank.url, text)) as desk:
        requested(desk, *(f"hangs-{number}" for number in range(16)))
        desk.judge(17 * MINUTE)
        desk.asker.find(NOON + 17 * MINUTE)
        stop = Event()
        asker = _with_limits(desk, Limits(1000, 4))
        loop = Thread(target=asker.run, args=(SystemClock(stop), stop))
        loop.start()
        try:
            assert answered.wait(60)
        finally:
            stop.set()
            bank.released.set()
            loop.join()


_SECOND = """\
  Booked:
    within: 15m
    truth:
      get: {other}/bookings?order=fine
      confirmed: code == 200
      absent: code == 404
  ItemShipped:"""


def test_the_longer_it_takes_to_find_what_is_missing_the_less_often_that_is_looked_for(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, looks = ManualClock(NOON), list[int]()

    def slow(now: int) -> int:
        looks.append((now - NOON) // SECOND)
        clock.sleep(1)
        return 0

    monkeypatch.setattr(desk.asker, "find", slow)
    while clock.now() < NOON + MINUTE:
        desk.asker._dispatch(clock, Event())
        clock.sleep(1)
    assert looks == [0, 20, 40]
