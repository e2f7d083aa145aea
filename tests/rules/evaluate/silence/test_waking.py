"""What is held is looked at again when its hold ends, in whichever way: in one share, and in several."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.evaluate.evaluators import Evaluators
from rules.ruleset import rules_of
from rules.spec import Step
from store import incidents
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE, SECOND
from store.incidents import Because, Incident
from tests.rules.evaluate.silence.test_drill import BEGIN, CUT, PAY, Shop
from tests.rules.shop import named

ORDERS = [f"o-{number}" for number in range(60)]
WAKING = """
SELECT correlation_id, toUnixTimestamp64Micro(max(wake_at)) FROM deadlines
WHERE startsWith(correlation_id, 'o-') AND NOT startsWith(correlation_id, 'o-old') GROUP BY correlation_id
"""
COUNTS = "SELECT count(), uniqExact(correlation_id) FROM findings WHERE kind = 'missing' AND open"


class Shares(Shop):
    """A shop that is judged in so many shares by one process."""

    def __init__(self, clickhouse: ClickHouse, database: Database, shares: int) -> None:
        super().__init__(clickhouse, database)
        settings = replace(self.settings, shares=shares)
        self.evaluators = Evaluators(clickhouse, database, rules_of((PAY,)), settings, "one")

    def tick(self, at: int, evaluator: Evaluator | None = None) -> None:
        self.evaluators.turn(BEGIN + at)
        for it in self.evaluators.all:
            super().tick(at, it)

    def fall_silent(self) -> Incident:
        """Three minutes after the last payment; sixty orders wait for it."""
        self.open_for(40)
        self.send("Placed", range(len(ORDERS)), CUT - MINUTE, 0)
        for second in range(-20, 181, 20):
            self.send("Placed", [f"old-{second + 20}"], CUT + second * SECOND, 0)
            self.tick(CUT + second * SECOND)
        [incident] = self.incidents()
        return incident

    def waking(self) -> dict[str, int]:
        return dict(self.clickhouse.query(WAKING))


def comes_back(shop: Shares, _: Incident) -> int:
    shop.send("Paid", ["old-paid"], CUT + 180 * SECOND, 0)
    return CUT + 190 * SECOND


def runs_out(_: Shares, incident: Incident) -> int:
    return incident.until - BEGIN


def is_dismissed(shop: Shares, incident: Incident) -> int:
    with shop.database.begin() as connection:
        incidents.let_go(connection, incident.id, BEGIN + CUT + 3 * MINUTE, Because.DISMISSED, "anna", "known")
    return CUT + 181 * SECOND


@pytest.fixture(params=[1, 3])
def shop(request: pytest.FixtureRequest, clickhouse: ClickHouse, database: Database) -> Iterator[Shares]:
    shop = Shares(clickhouse, database, request.param)
    yield shop
    shop.evaluators.close(BEGIN)


def test_what_is_held_is_to_be_looked_at_again_when_the_hold_ends(shop: Shares) -> None:
    incident = shop.fall_silent()
    assert (shop.flagged(), shop.waking()) == ({}, dict.fromkeys(ORDERS, incident.until))
    for second in range(185, 200, 5):
        shop.tick(CUT + second * SECOND)
    assert shop.incidents()[0].held == len(ORDERS), "those that wait, and nothing that is not due yet"


@pytest.mark.parametrize("ends", [comes_back, runs_out, is_dismissed])
def test_it_is_judged_once_when_the_hold_ends(shop: Shares, ends: Callable[[Shares, Incident], int]) -> None:
    at = ends(shop, shop.fall_silent())
    for second in range(5):
        shop.tick(at + second * SECOND)
    assert {it for it in shop.flagged() if "old" not in it} == set(ORDERS)
    [(written, flagged)] = shop.clickhouse.query(COUNTS)
    assert written == flagged


def test_what_has_a_finding_already_is_looked_at_again_as_well(shop: Shares) -> None:
    checked = Step("Checked", named("Checked"), within=SECOND)
    shop.evaluators.use(rules_of((replace(PAY, steps=(*PAY.steps, checked)),)))
    incident = shop.fall_silent()
    assert set(ORDERS) <= shop.flagged().keys()
    assert shop.waking() == dict.fromkeys(ORDERS, incident.until)
