"""Live truth: the source is read through a short-lived cache, and when it is away that is said."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from reconcile.errors import NoTruth, TruthAway
from reconcile.outgoing.call import Caller
from reconcile.truth.limits import Limits
from reconcile.truth.live import Flights, LiveTruth
from reconcile.truth.source import Question, Source
from store.event import SECOND
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, WORKFLOW, Office
from tests.reconcile.provider import SILENCE, Provider, Said

PAID = Question(WORKFLOW, "a", PAYMENT)


@pytest.fixture
def live(desk: Office) -> LiveTruth:
    return LiveTruth(desk.database, desk.source)


def test_an_answer_is_good_for_as_long_as_the_rule_says(live: LiveTruth, bank: Provider) -> None:
    bank.charge("a", created_at="2025-11-20T11:00:00Z")
    first = live.read(PAID, NOON)
    assert (first.outcome, first.time, first.status, first.stale) == ("confirmed", NOON - 3_600 * SECOND, 200, "")
    assert live.read(PAID, NOON + 29 * SECOND) == first
    assert len(bank.asked) == 1
    bank.charges.clear()
    assert live.read(PAID, NOON + 30 * SECOND).outcome == "absent"


@pytest.mark.parametrize(("trouble", "why"), [(Said(503), "HTTP 503"), (SILENCE, "no answer")])
def test_when_the_source_is_away_the_last_answer_is_served_and_said_to_be_stale(
    live: LiveTruth, bank: Provider, trouble: Said, why: str
) -> None:
    bank.charge("a")
    live.read(PAID, NOON)
    bank.says = lambda _: trouble
    again = live.read(PAID, NOON + 60 * SECOND)
    assert (again.outcome, again.asked_at) == ("confirmed", NOON)
    assert again.stale.startswith(why)


def test_where_nothing_is_known_it_says_when_to_try_again(live: LiveTruth, bank: Provider) -> None:
    bank.says = lambda _: Said(429, headers={"retry-after": "7"})
    with pytest.raises(TruthAway, match="HTTP 429") as away:
        live.read(PAID, NOON)
    assert away.value.wait == 7 * SECOND


def test_an_answer_that_says_neither_is_an_answer_and_is_not_kept(live: LiveTruth, bank: Provider) -> None:
    bank.says = lambda _: Said(200, {"status": "pending"})
    assert live.read(PAID, NOON).outcome == "unknown"
    bank.says = lambda _: None
    assert live.read(PAID, NOON + 1).outcome == "absent"


def test_within_its_limits_or_stale(desk: Office, bank: Provider) -> None:
    limited = Source(
        desk.clickhouse, desk.rulebook, Caller(allow_private=True), {"PAYMENTS_TOKEN": "x"}, Limits(rate=1, at_once=1)
    )
    live = LiveTruth(desk.database, limited)
    live.read(PAID, NOON)
    with pytest.raises(TruthAway, match="as often as it may be") as away:
        live.read(Question(WORKFLOW, "b", PAYMENT), NOON)
    assert away.value.wait == SECOND


def test_nothing_follows_from_it(desk: Office, live: LiveTruth, bank: Provider) -> None:
    bank.charge("a")
    live.read(PAID, NOON)
    assert (desk.said(), desk.trail()) == ([], [])


def test_what_has_no_source_has_no_truth(live: LiveTruth) -> None:
    with pytest.raises(NoTruth):
        live.read(Question(WORKFLOW, "a", "ItemShipped"), NOON)


def test_those_who_ask_the_same_at_once_share_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, waited = Event(), Event()

    class Watched(Future[int]):
        def result(self, timeout: float | None = None) -> int:
            waited.set()
            return super().result(timeout)

    def work() -> int:
        begun.set()
        waited.wait()  # until the other one waits for this
        return 7

    monkeypatch.setattr("reconcile.truth.live.Future", Watched)
    flights = Flights[int]()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.share, "a", work)
        begun.wait()
        second = pool.submit(flights.share, "a", lambda: pytest.fail("asked twice"))
        assert (first.result(), second.result()) == (7, 7)


def test_what_goes_wrong_goes_wrong_for_all_and_is_forgotten() -> None:
    flights = Flights[int]()

    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flights.share("a", broken)
    assert flights.share("a", lambda: 1) == 1
