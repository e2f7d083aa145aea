"""What falls silent is told to the owners of what waits for it, and so is what becomes of it: each once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from reconcile.cases.case import News
from reconcile.notify.channels.slack import blocks
from reconcile.notify.silent_data import data
from reconcile.notify.unheard import Silent, Unheard
from reconcile.rulebook import Rulebook
from rules.spec import Severity, Step, Workflow
from store import incidents
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from store.incidents import Because, Fallen, Stream
from store.matcher import Matcher
from store.settings_notify import Route
from store.tables import news
from tests.reconcile.desk import NOON, PUBLIC
from tests.reconcile.notify.newsroom import AS_EVER, WAIT, Newsroom
from tests.rules.shop import named

RULE = Workflow(
    name="fulfilment",
    noun="order",
    owner="orders",
    start=named("OrderPlaced"),
    steps=(
        Step("Paid", named("Paid"), within=HOUR, owner="payments", severity=Severity.CRITICAL),
        Step("Shipped", named("Shipped"), within=HOUR, owner="shipping"),
        Step("Thanked", named("Thanked"), owner="marketing"),
    ),
    labels={"tier": "gold", "shop": "de"},
)
CLAIMS = Workflow(
    name="claims",
    noun="claim",
    owner="claims",
    start=named("Claimed"),
    steps=(Step("Paid", named("Paid"), within=HOUR),),
    labels={"tier": "gold"},
)


class Office:
    def __init__(self, database: Database, rules: Sequence[Workflow] = (RULE,), route: Route = AS_EVER) -> None:
        self.database = database
        self.room = Newsroom(database, route, receivers=("payments", "shipping", "claims", "pager", "default"))
        self.rulebook = Rulebook(lambda: rules)
        self.unheard = Unheard(database, self.rulebook)

    def silent(self, *names: str, subject: str = "psp", at: int = 0, percent: int = 0) -> str:
        """For a minute, and held for a quarter of an hour."""
        with self.database.begin() as connection:
            streams = tuple(Stream(name=name) for name in names)
            fallen = Fallen(subject, streams, names, NOON + at - MINUTE, "at least 42 a minute are usual", percent)
            return incidents.begin(connection, fallen, NOON + at, NOON + at + 15 * MINUTE).id

    def let_go(self, id: str, at: int, because: Because = Because.RAN_OUT, by: str = "", reason: str = "") -> None:
        with self.database.begin() as connection:
            incidents.count(connection, id, 4312)
            assert incidents.let_go(connection, id, NOON + at, because, by, reason)

    def back(self, id: str, at: int) -> None:
        with self.database.begin() as connection:
            assert incidents.end(connection, id, NOON + at)

    def dispatch(self, at: int) -> None:
        while self.unheard.step(NOON + at):
            pass
        self.room.dispatch(at)

    def told(self) -> list[tuple[str, str]]:
        """(receiver, type) of each message."""
        return [(it["receiver"], it["type"]) for it in self.room.sent()]


@pytest.fixture
def office(any_database: Database) -> Office:
    return Office(any_database)


def test_the_owner_of_what_waits_hears_that_it_is_silent_let_go_of_and_back(office: Office) -> None:
    id = office.silent("Paid")
    office.dispatch(0)
    office.dispatch(WAIT)
    office.let_go(id, 15 * MINUTE)
    office.dispatch(15 * MINUTE)
    office.dispatch(15 * MINUTE + WAIT)
    office.back(id, HOUR)
    office.dispatch(HOUR)
    office.dispatch(HOUR + WAIT)
    silent, gone, back = office.room.sent()
    assert [it["type"] for it in (silent, gone, back)] == ["source.silent", "source.let_go", "source.back"]
    assert {it["receiver"] for it in (silent, gone, back)} == {"payments"}
    assert silent["data"]["title"] == "psp silent since 2025-11-20 11:59:00 UTC"
    assert silent["data"]["text"] == (
        "At least 42 a minute are usual. "
        "Until 2025-11-20 12:15:00 UTC at most, nothing is missing for want of it: Paid of fulfilment."
    )
    assert gone["data"]["title"] == "psp silent since 2025-11-20 11:59:00 UTC: judging goes on without it"
    assert gone["data"]["text"] == (
        "It was waited for as long as it may be. What was held for it is judged, and flags say what is lacking. "
        "4,312 orders waited for it."
    )
    assert (back["data"]["title"], back["data"]["text"]) == (
        "psp heard again after 1 h 1 min",
        "4,312 orders waited for it.",
    )


def test_a_message_has_for_machines_what_it_says(office: Office) -> None:
    id = office.silent("Paid")
    office.let_go(id, MINUTE, Because.DISMISSED, "anna", "known outage.")
    office.dispatch(MINUTE)
    office.dispatch(MINUTE + WAIT)
    [message] = office.room.sent()
    data = message["data"]
    assert message["type"] == "source.let_go", "nobody had heard that it was silent"
    assert (data["incident"], data["kind"], data["subject"], data["names"]) == (id, "source_silent", "psp", ["Paid"])
    assert (data["since"], data["until"]) == ("2025-11-20T11:59:00Z", "2025-11-20T12:15:00Z")
    assert (data["let_go_at"], data["ended_at"]) == ("2025-11-20T12:01:00Z", None)
    assert (data["because"], data["by"], data["reason"]) == ("dismissed", "anna", "known outage.")
    assert (data["held"], data["steps"]) == (4312, {"fulfilment": ["Paid"]})
    assert (data["severity"], data["labels"]) == ("critical", {"tier": "gold", "shop": "de"})
    assert (data["url"], data["group"]["labels"]["case"]) == (f"{PUBLIC}/incidents", id)
    assert data["text"].startswith("anna ended the waiting: known outage. What was held")


def test_what_came_and_went_before_anybody_was_told_is_no_news(office: Office) -> None:
    office.back(office.silent("Paid"), SECOND)
    office.dispatch(MINUTE)
    office.dispatch(MINUTE + WAIT)
    unheard = office.silent("Paid", at=HOUR)
    office.dispatch(HOUR)
    office.back(unheard, HOUR + SECOND)
    office.dispatch(HOUR + 2 * SECOND)
    office.dispatch(HOUR + MINUTE)
    assert office.told() == []


def test_owners_of_several_steps_hear_of_it_once_each(any_database: Database) -> None:
    office = Office(any_database, (RULE, CLAIMS))
    office.silent("*", subject="everything")
    office.dispatch(0)
    office.dispatch(WAIT)
    assert sorted(office.told()) == [(who, "source.silent") for who in ("claims", "payments", "shipping")]
    data = office.room.sent()[0]["data"]
    assert data["steps"] == {"claims": ["Paid"], "fulfilment": ["Paid", "Shipped"]}
    assert data["labels"] == {"tier": "gold"}
    assert data["text"].endswith("for want of it: Paid of claims; Paid, Shipped of fulfilment.")


def test_what_came_only_in_part_is_told_as_that(office: Office) -> None:
    office.silent("Paid", percent=12)
    office.dispatch(0)
    office.dispatch(WAIT)
    [message] = office.room.sent()
    assert message["data"]["title"] == "psp at 12 % of the usual since 2025-11-20 11:59:00 UTC"
    assert message["data"]["percent"] == 12


def test_what_nothing_waits_for_goes_to_whoever_hears_what_nobody_else_does(office: Office) -> None:
    office.silent("Heartbeat")
    office.dispatch(0)
    office.dispatch(WAIT)
    [message] = office.room.sent()
    assert (message["receiver"], message["data"]["severity"]) == ("default", "warning")
    assert message["data"]["text"].endswith("No step in force waits for it.")


def test_it_is_a_message_of_its_own_whatever_the_route_groups(any_database: Database) -> None:
    route = replace(AS_EVER, group_by=())
    office = Office(any_database, route=route)
    office.room.opens("o-1", "o-2")
    office.silent("Paid")
    office.silent("Refunded", subject="refunds")
    office.dispatch(0)
    office.dispatch(WAIT)
    assert sorted(type_ for _, type_ in office.told()) == ["cases.changed", "source.silent", "source.silent"]


def test_routes_can_send_it_elsewhere(any_database: Database) -> None:
    branch = Route(receiver="pager", match=(Matcher("type", (r"source\..*",), expression=True),), goes_on=False)
    office = Office(any_database, route=replace(AS_EVER, routes=(branch,)))
    id = office.silent("Paid")
    office.dispatch(0)
    office.dispatch(WAIT)
    office.back(id, HOUR)
    office.dispatch(HOUR)
    office.dispatch(HOUR + WAIT)
    assert office.told() == [("pager", "source.silent"), ("pager", "source.back")]


def test_several_who_look_at_once_make_one_news_of_each_change(office: Office) -> None:
    ids = [office.silent("Paid", subject=f"psp-{number}") for number in range(20)]
    others = [Unheard(office.database, office.rulebook) for _ in range(4)]
    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(lambda it: it.step(NOON), others))
    for id in ids:
        office.back(id, MINUTE)
    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(lambda it: it.step(NOON + MINUTE), others))
    with office.database.read() as connection:
        found = connection.execute(select(news.c.subject, news.c.type)).all()
    assert sorted(map(tuple, found)) == sorted((id, type_) for id in ids for type_ in ("source.silent", "source.back"))


def test_news_and_its_mark_are_written_together_or_not_at_all(office: Office) -> None:
    office.silent("Paid")

    def ends() -> Sequence[Workflow]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # between the two
        Unheard(office.database, Rulebook(ends)).step(NOON)
    office.dispatch(0)
    office.dispatch(WAIT)
    assert office.told() == [("payments", "source.silent")]


def test_in_a_channel_it_is_green_when_it_is_back() -> None:
    data = {"title": "psp heard again", "text": "", "url": PUBLIC, "severity": "critical"}
    told = blocks({"type": "source.back", "data": data})
    assert str(told["text"]).startswith(":large_green_circle:")


@pytest.mark.parametrize(("held", "waited"), [(1, "1 instance"), (4_312, "4,312 instances")])
def test_what_has_several_names_is_called_instances(held: int, waited: str) -> None:
    named_differently = {"fulfilment": ["Paid"], "claims": ["Settled"]}
    it = Silent(
        *("i-1", "source", "psp", ("psp",), NOON, NOON + MINUTE, "at least 42 a minute are usual", "silent", 0, held),
        *(None, NOON + HOUR, "", "", "", named_differently, "", Severity.WARNING, {}),
    )
    assert (
        data(it, News.BACK, PUBLIC)["text"]
        == f"What was held for it is judged as soon as its backlog is in. {waited} waited for it."
    )
