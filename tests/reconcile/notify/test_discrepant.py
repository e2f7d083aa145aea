"""What a sweep has found is told to the owner of the step, once, with what was done about it."""

from collections.abc import Sequence

import pytest

from reconcile.notify.discrepant import Discrepant
from reconcile.rulebook import Rulebook
from reconcile.truth.sweep.compare import Kind
from reconcile.truth.sweep.discrepancies import Discrepancy, close, correct, put
from rules.spec import Match, Matcher, Severity, Step, Workflow
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from tests.reconcile.desk import NOON, PUBLIC
from tests.reconcile.notify.newsroom import INTERVAL, WAIT, Newsroom

RULE = Workflow(
    name="fulfilment",
    noun="order",
    owner="orders",
    start=Matcher((Match("OrderPlaced"),)),
    steps=(Step("Paid", Matcher((Match("Paid"),)), within=HOUR, owner="payments", severity=Severity.CRITICAL),),
    labels={"tier": "gold"},
)


def found(order: str, kind: Kind = Kind.THEIRS_ONLY) -> Discrepancy:
    return Discrepancy(
        "psp", kind, "fulfilment", order, "Paid", {"id": f"ch_{order}", "amount": "12.50"}, {"events": 0}
    )


class Office:
    def __init__(self, database: Database, rules: Sequence[Workflow] = (RULE,)) -> None:
        self.database = database
        self.room = Newsroom(database, receivers=("payments", "default"))
        self.discrepant = Discrepant(database, Rulebook(lambda: rules))

    def finds(self, *discrepancies: Discrepancy, at: int = 0, correction: str = "") -> None:
        with self.database.begin() as connection:
            put(connection, discrepancies, NOON + at)
            if correction:
                correct(connection, [it.id for it in discrepancies], correction, NOON + at)

    def dispatch(self, at: int) -> None:
        while self.discrepant.step(NOON + at):
            pass
        self.room.dispatch(at)


@pytest.fixture
def office(any_database: Database) -> Office:
    return Office(any_database)


def test_the_owner_hears_what_differs_and_what_was_done(office: Office) -> None:
    office.finds(found("a"), correction="confirmed")
    office.dispatch(0)
    office.dispatch(WAIT)
    [message] = office.room.sent()
    data = message["data"]
    assert (message["type"], message["receiver"]) == ("discrepancy.found", "payments")
    assert data["title"] == "order a: Paid happened at the source, and no event of it came"
    assert (data["kind"], data["correction"], data["source"]) == ("theirs_only", "confirmed", "psp")
    assert data["theirs"] == {"id": "ch_a", "amount": "12.50"}
    assert (data["severity"], data["labels"]) == ("critical", {"tier": "gold"})
    assert data["url"] == f"{PUBLIC}/orders/fulfilment/a"


def test_it_is_told_once_until_something_is_done_about_it(office: Office) -> None:
    office.finds(found("a", Kind.AMOUNT))
    for at in (0, WAIT, WAIT + INTERVAL, 5 * HOUR):
        office.finds(found("a", Kind.AMOUNT), at=at)
        office.dispatch(at)
    assert [it[2] for it in office.room.said()] == ["discrepancy.found"]
    office.finds(found("a", Kind.AMOUNT), at=6 * HOUR, correction="confirmed")
    office.dispatch(6 * HOUR)
    office.dispatch(6 * HOUR + WAIT)
    assert [it["data"]["correction"] for it in office.room.sent()] == [None, "confirmed"]


def test_what_differs_no_longer_before_anybody_was_told_is_no_news(office: Office) -> None:
    office.finds(found("a"))
    with office.database.begin() as connection:
        close(connection, [found("a").id], NOON + SECOND)
    office.dispatch(MINUTE)
    assert office.room.sent() == []


def test_many_are_one_message_with_their_common_cause(office: Office) -> None:
    office.finds(*(found(f"o-{number}") for number in range(1_200)), correction="confirmed")
    office.dispatch(0)
    office.dispatch(WAIT)
    [message] = office.room.sent()
    data = message["data"]
    assert message["type"] == "cases.storm"
    assert (data["count"], data["step"], data["kind"]) == (1_200, "Paid", "theirs_only")
    assert data["title"].startswith("1,200 orders differing from the source: Paid happened at the source")


def test_without_a_rule_it_goes_to_whoever_hears_what_nobody_else_does(any_database: Database) -> None:
    office = Office(any_database, rules=())
    office.finds(found("a", Kind.UNKNOWN_ORDER))
    office.dispatch(0)
    office.dispatch(WAIT)
    [message] = office.room.sent()
    assert (message["receiver"], message["data"]["noun"]) == ("default", "instance")
