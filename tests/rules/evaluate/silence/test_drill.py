"""The outage drill where only the silence can tell: senders are cut off from healthy collectors, in simulated time.

Orders are placed and paid all the while, each paid 30 s after it was placed. Then nothing comes for ten minutes, past
all deadlines; then everything comes that waited. A few were never paid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.ruleset import rules_of
from rules.spec import Step, Workflow
from store import incidents
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, MINUTE, SECOND, Event
from store.events import write
from store.incidents import Because, Incident
from store.settings_silence import SilenceSettings
from tests.rules.evaluate.test_evaluator import SETTINGS
from tests.rules.shop import named

BEGIN = 4_000_000_000 * SECOND // MINUTE * MINUTE  # in 2096, so that the store does not find it old
ORDERS, EVERY = 10_000, 50
PAY = Workflow("pay", named("Placed"), (Step("Paid", named("Paid"), within=MINUTE),), grace=SECOND, owner="payments")
FLAGGED = """
SELECT correlation_id, toUnixTimestamp64Micro(min(detected_at)), argMax(sentence, version), argMax(open, version)
FROM findings WHERE kind = 'missing' GROUP BY 1
"""


class Shop:
    """The stores, an evaluator, and time, in µs since the shop opened."""

    def __init__(self, clickhouse: ClickHouse, database: Database, hold_at_most: int = 15 * MINUTE) -> None:
        self.clickhouse, self.database = clickhouse, database
        self.settings = replace(SETTINGS, silence=SilenceSettings(learn=30 * MINUTE), hold_at_most=hold_at_most)
        self.evaluator = self.another("one")

    def another(self, holder: str) -> Evaluator:
        return Evaluator(self.clickhouse, self.database, rules_of((PAY,)), self.settings, holder)

    def send(self, name: str, orders: Sequence[object], at: int, arrives: int, but: int = 0) -> None:
        """One after another since `at`; every so many are left out."""
        step = MINUTE // max(120, len(orders))
        left_out = {number for number in orders if but and int(str(number)) % but == 0}
        numbered = ((it, at + place * step) for place, it in enumerate(orders) if it not in left_out)
        write(self.clickhouse, [_event(name, number, time, max(arrives, time)) for number, time in numbered])

    def open_for(self, minutes: int) -> None:
        """As it always was, up to now: two a second."""
        times = [(f"old-{it}", it * SECOND // 2) for it in range(120 * minutes)]
        write(self.clickhouse, [_event(name, it, at, at) for it, at in times for name in ("Placed", "Paid")])

    def tick(self, at: int, evaluator: Evaluator | None = None) -> None:
        while True:
            tick = (evaluator or self.evaluator).tick(BEGIN + at)
            if tick is not None and not tick.more:
                return

    def flagged(self) -> dict[str, int]:
        return {order: at - BEGIN for order, at, _, is_open in self.clickhouse.query(FLAGGED) if is_open}

    def incidents(self) -> list[Incident]:
        with self.database.read() as connection:
            return incidents.page(connection, None, 10, only_open=False)


def _event(name: str, number: object, time: int, arrives: int) -> Event:
    source = "payments" if name == "Paid" else "shop"
    return Event(f"{name}-{number}", f"o-{number}", name, BEGIN + time, source, "{}", received_at=BEGIN + arrives)


@pytest.fixture
def shop(clickhouse: ClickHouse, database: Database) -> Iterator[Shop]:
    yield Shop(clickhouse, database)


CUT = 40 * MINUTE
UNPAID = {f"o-{number}" for number in range(0, ORDERS, 1_000)}


@pytest.mark.parametrize("silent", ["payments", "everything"])
def test_senders_cut_off_past_ten_thousand_deadlines(shop: Shop, silent: str) -> None:
    shop.open_for(40)
    shop.send("Placed", range(ORDERS), CUT - MINUTE, 0)
    for second in range(-5, 1):
        shop.tick(CUT + second * SECOND)
    for second in range(10, 600, 10):
        if silent == "payments":
            shop.send("Placed", [f"new-{second}-{it}" for it in range(20)], CUT + (second - 10) * SECOND, 0)
        shop.tick(CUT + second * SECOND)
        assert shop.flagged() == {}
        if second == 180:
            [incident] = shop.incidents()
            assert incident.subject == silent
            assert CUT - SECOND <= incident.since - BEGIN <= CUT
    assert shop.incidents()[0].held >= ORDERS
    back = CUT + 10 * MINUTE
    for share in range(0, ORDERS, 2_500):  # the backlog takes four seconds
        shop.send("Paid", range(share, share + 2_500), CUT - MINUTE // 2, back + share * SECOND // 2_500, but=1_000)
        shop.send("Placed", [f"new-back-{share}"], back + share * SECOND // 2_500, 0)
        shop.tick(back + share * SECOND // 2_500)
        assert shop.flagged() == {}
    for second in range(4, 10):
        shop.tick(back + second * SECOND)
    assert {it for it in shop.flagged() if "new" not in it} == UNPAID
    assert all(at <= back + 9 * SECOND for at in shop.flagged().values())
    assert [it.because for it in shop.incidents()] == [Because.BACK]


def test_what_holds_for_as_long_as_it_may_is_let_go_of_and_said(shop: Shop) -> None:
    shop.open_for(40)
    shop.send("Placed", range(100), CUT - MINUTE, 0)
    for second in range(0, 20 * 60, 10):
        shop.tick(CUT + second * SECOND)
    [incident] = shop.incidents()
    assert (incident.because, incident.ended_at) == (Because.RAN_OUT, None)
    assert len(shop.flagged()) == 100
    assert all("silent since" in sentence for _, _, sentence, _ in shop.clickhouse.query(FLAGGED))


def test_a_person_ends_a_hold(shop: Shop) -> None:
    shop.open_for(40)
    shop.send("Placed", range(100), CUT - MINUTE, 0)
    for second in range(0, 180, 10):
        shop.tick(CUT + second * SECOND)
    assert shop.flagged() == {}
    with shop.database.begin() as connection:
        [incident] = shop.incidents()
        assert incidents.let_go(connection, incident.id, BEGIN + CUT + 3 * MINUTE, Because.DISMISSED, "anna", "known")
        assert not incidents.let_go(connection, incident.id, BEGIN + CUT, Because.DISMISSED, "bob", "again")
    shop.tick(CUT + 181 * SECOND)
    assert len(shop.flagged()) == 100


def test_another_evaluator_goes_on_holding_and_releases(shop: Shop) -> None:
    shop.open_for(40)
    shop.send("Placed", range(100), CUT - MINUTE, 0)
    for second in range(0, 300, 10):
        shop.tick(CUT + second * SECOND)
    other = shop.another("two")
    shop.evaluator.release()
    for second in range(330, 400, 10):
        shop.tick(CUT + second * SECOND, other)
    assert shop.flagged() == {}
    assert len(shop.incidents()) == 1
    shop.send("Paid", range(100), CUT - MINUTE // 2, CUT + 400 * SECOND, but=10)
    for second in range(400, 408):
        shop.tick(CUT + second * SECOND, other)
    assert len(shop.flagged()) == 10


def test_without_a_day_of_history_nothing_is_held(clickhouse: ClickHouse, database: Database) -> None:
    shop = Shop(clickhouse, database)
    shop.settings = replace(shop.settings, silence=SilenceSettings(learn=DAY))
    shop.evaluator = shop.another("one")
    shop.open_for(40)
    shop.send("Placed", range(10), CUT - MINUTE, 0)
    shop.tick(CUT + 10 * MINUTE)
    assert len(shop.flagged()) == 10
