"""What is told when: groups wait, gather, keep their distance and repeat. Both databases."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from reconcile.actor import Actor, ActorKind
from reconcile.cases.moves import Acknowledge, By
from reconcile.identity import case_id
from reconcile.notify import flush as flushing
from reconcile.notify import outbox
from reconcile.notify.item import Item
from reconcile.notify.message import Group, Message, compose
from store.database import Database
from store.event import HOUR, MINUTE, SECOND
from store.matcher import parse
from store.settings_notify import Route, Timing
from tests.reconcile.desk import ABOUT, NOON, closed, finding, late
from tests.reconcile.notify.newsroom import INTERVAL, REPEAT, WAIT, Newsroom, timed


@pytest.fixture
def room(any_database: Database) -> Newsroom:
    return Newsroom(any_database)


def test_the_first_message_waits_for_more_of_its_kind(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.opens("b", at=3 * SECOND)
    room.dispatch(3 * SECOND)
    room.dispatch(WAIT - 1)
    assert room.said() == []
    room.dispatch(WAIT)
    assert room.said() == [(10, "payments", "cases.changed", "a b")]


def test_one_case_by_itself_is_told_as_such(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    [message] = room.sent()
    assert (message["type"], message["data"]["correlation_id"], message["data"]["kind"]) == (
        "case.opened",
        "a",
        "missing",
    )
    assert message["data"]["group"] == {
        "id": message["group_id"],
        "number": 1,
        "route": "notify.route",
        "receiver": "payments",
        "labels": {"owner": "payments"},
    }


def test_the_next_message_keeps_its_distance(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.opens("b", at=WAIT + SECOND)
    room.dispatch(WAIT + SECOND)
    room.dispatch(WAIT + INTERVAL - 1)
    assert len(room.said()) == 1
    room.dispatch(WAIT + INTERVAL)
    assert room.said()[1:] == [(70, "payments", "case.opened", "b")]


def test_what_comes_long_after_waits_no_longer_than_the_first(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.opens("b", at=HOUR)
    room.dispatch(HOUR)
    room.dispatch(HOUR + WAIT)
    assert room.said()[1:] == [(3610, "payments", "case.opened", "b")]


def test_what_came_and_went_before_it_was_told_says_nothing(room: Newsroom) -> None:
    room.opens("a", "b")
    room.dispatch(0)
    room.settles("a", at=SECOND)
    room.dispatch(SECOND)
    room.dispatch(WAIT)
    room.dispatch(HOUR)
    assert room.said() == [(10, "payments", "case.opened", "b")]


def test_who_heard_that_it_is_open_hears_that_it_is_settled(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles("a", at=MINUTE)
    room.dispatch(MINUTE)
    room.dispatch(2 * MINUTE)
    assert [it[2] for it in room.said()] == ["case.opened", "case.resolved"]


def test_who_hears_of_it_later_than_others_hears_that_it_opened(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.happens(["a"], finding("ItemShipped", owner="shipping"), at=MINUTE)
    room.dispatch(MINUTE)
    room.dispatch(3 * MINUTE)
    assert room.said()[1:] == [(180, "payments", "case.updated", "a"), (180, "shipping", "case.opened", "a")]


def test_several_changes_of_a_case_are_one_and_say_what_differs_from_what_was_told(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.happens(["a"], finding("ItemShipped"), at=20 * SECOND)
    room.dispatch(20 * SECOND)
    room.happens(["a"], finding("Delivered"), at=30 * SECOND)
    room.dispatch(30 * SECOND)
    room.dispatch(2 * MINUTE)
    message = room.sent()[1]
    assert message["type"] == "case.updated"
    assert message["data"]["title"].startswith("order a: ItemShipped is missing")
    assert "Delivered is missing" in message["data"]["title"]


def test_what_settled_and_opened_again_in_between_is_an_update(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles("a", at=20 * SECOND)
    room.dispatch(20 * SECOND)
    room.happens(["a"], finding("ItemShipped"), at=30 * SECOND)
    room.dispatch(30 * SECOND)
    room.dispatch(2 * MINUTE)
    assert [it[2] for it in room.said()] == ["case.opened", "case.updated"]


def test_what_is_unresolved_is_repeated_and_what_is_settled_is_not(room: Newsroom) -> None:
    room.opens("a", "b")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles("b", at=HOUR)
    room.dispatch(HOUR)
    room.dispatch(HOUR + WAIT)
    told = HOUR + WAIT
    room.dispatch(told + REPEAT - 1)
    room.dispatch(told + REPEAT)
    room.dispatch(told + 2 * REPEAT)
    assert [it[2:] for it in room.said()] == [
        ("cases.changed", "a b"),
        ("case.resolved", "b"),
        ("case.reminder", "a"),
        ("case.reminder", "a"),
    ]


def test_a_busy_team_is_reminded_all_the_same(room: Newsroom) -> None:
    """Something new every hour does not put it off for ever."""
    for hour in range(9):
        room.opens(f"o-{hour}", at=hour * HOUR)
        room.dispatch(hour * HOUR)
        room.dispatch(hour * HOUR + WAIT)
    assert [(it[0] // 3600, it[3]) for it in room.said() if "reminder" in it[2]] == [
        (4, "o-0"),
        (8, "o-0 o-1 o-2 o-3 o-4"),
    ]
    assert len([it for it in room.said() if it[2] == "case.opened"]) == 9


def test_nobody_is_reminded_of_what_somebody_is_at(room: Newsroom) -> None:
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    maria = By(Actor(ActorKind.PERSON, "maria"))
    room.casebook.move({case_id("fulfilment", "a"): None}, Acknowledge(), maria, NOON + MINUTE)
    room.dispatch(WAIT + REPEAT)
    assert [it[2] for it in room.said()] == ["case.opened"]


def test_nothing_is_repeated_where_the_settings_say_never(any_database: Database) -> None:
    room = Newsroom(any_database, timed(repeat_interval=0))
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.dispatch(1000 * HOUR)
    assert len(room.said()) == 1


def test_a_case_that_changes_hands_stays_one_story_to_a_receiver_of_both(any_database: Database) -> None:
    """The default endpoint serves both owners: it hears of the case in two groups, and still in order."""
    room = Newsroom(any_database, receivers=["default"])
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.happens(["a"], closed(finding(), 2), finding("ItemShipped", owner="shipping"), at=MINUTE)
    room.dispatch(MINUTE)
    room.dispatch(2 * MINUTE)
    room.happens(["a"], closed(finding("ItemShipped", owner="shipping"), 3), at=HOUR)
    room.dispatch(HOUR)
    room.dispatch(2 * HOUR)
    assert [it[1:3] for it in room.said()] == [
        ("default", "case.opened"),
        ("default", "case.updated"),
        ("default", "case.resolved"),
    ]


def test_several_cases_in_one_message(room: Newsroom) -> None:
    room.opens("a", "b", about=replace(ABOUT, at_risk=10.0))
    room.opens("c", step="Refund", kind="failed", about=replace(ABOUT, at_risk=5.0, unit="USD"))
    room.dispatch(0)
    room.dispatch(WAIT)
    [message] = room.sent()
    data = message["data"]
    assert data["title"] == "3 orders flagged: PaymentReceived is missing and more"
    assert data["text"] == "2 x PaymentReceived is missing. 1 x Refund failed. At risk: 20 EUR, 5 USD."
    assert (data["count"], data["counts"], data["omitted"]) == (3, {"flagged": 3}, 0)
    assert (data["workflow"], data["step"], data["kind"]) == ("fulfilment", None, None)
    assert sorted(it["unit"] for it in data["at_risk"]) == ["EUR", "USD"]
    assert [(it["step"], it["kind"], it["count"]) for it in data["causes"]] == [
        ("PaymentReceived", "missing", 2),
        ("Refund", "failed", 1),
    ]
    assert [it["type"] for it in data["items"]] == ["case.opened"] * 3
    assert data["url"] == "https://noshow.example.org/?owner=payments&workflow=fulfilment"


def test_above_the_cap_it_is_one_summary(room: Newsroom) -> None:
    room.opens(*(f"o-{number:02}" for number in range(21)))
    room.dispatch(0)
    room.dispatch(WAIT)
    [message] = room.sent()
    data = message["data"]
    assert (message["type"], message["subjects"]) == ("cases.storm", 21)
    assert data["title"] == "21 orders flagged: PaymentReceived is missing"
    assert (data["count"], len(data["items"]), data["omitted"]) == (21, 5, 16)
    assert data["at_risk"] == [{"value": 21 * 120.5, "unit": "EUR"}]
    assert (data["step"], data["kind"]) == ("PaymentReceived", "missing")


def test_as_many_as_the_cap_are_told_one_by_one(room: Newsroom) -> None:
    room.opens(*(f"o-{number:02}" for number in range(20)))
    room.dispatch(0)
    room.dispatch(WAIT)
    [message] = room.sent()
    assert (message["type"], len(message["data"]["items"])) == ("cases.changed", 20)


def test_many_that_settle_at_once_are_a_summary_and_no_storm(room: Newsroom) -> None:
    orders = [f"o-{number:02}" for number in range(30)]
    room.opens(*orders)
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles(*orders, at=HOUR)
    room.dispatch(HOUR)
    room.dispatch(HOUR + WAIT)
    message = room.sent()[1]
    assert (message["type"], message["data"]["title"]) == (
        "cases.changed",
        "30 orders settled: PaymentReceived is missing",
    )
    assert message["data"]["at_risk"] == []


def test_a_case_that_only_came_late_is_not_news(room: Newsroom) -> None:
    room.happens(["a"], closed(finding(), 1), late())
    room.dispatch(0)
    room.dispatch(HOUR)
    assert room.said() == []


def test_routes_lead_apart_and_together(any_database: Database) -> None:
    route = Route(
        routes=(
            Route("r0", (parse("severity=critical"),), "pager", ("case",), Timing(group_wait=0), goes_on=True),
            Route("r1", (parse("labels.tier=gold"),), "gold"),
        )
    )
    room = Newsroom(any_database, route, ["pager", "gold", "payments"])
    room.opens("a", severity="critical")
    room.opens("b", severity="critical", about=replace(ABOUT, labels={}))
    room.opens("c", about=replace(ABOUT, labels={}))
    room.dispatch(0)
    room.dispatch(WAIT)
    assert sorted(room.said()) == [
        (0, "pager", "case.opened", "a"),
        (0, "pager", "case.opened", "b"),
        (10, "gold", "case.opened", "a"),
        (10, "payments", "case.opened", "c"),
    ]


def test_any_number_of_dispatchers_tell_everything_once(any_database: Database) -> None:
    room = Newsroom(any_database, timed(group_wait=0, group_interval=0))
    for number in range(60):
        room.opens(f"o-{number}")

    def work(_: int) -> None:
        dispatcher = room.another_dispatcher()
        for _ in range(40):
            dispatcher.step(NOON)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    room.dispatch(0)
    told: Counter[str] = Counter()
    for message in room.sent():
        told[message["receiver"]] += message["subjects"]
    assert told == {"payments": 60}


def test_a_group_whose_message_cannot_be_made_stands_in_nobodys_way(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisonous(group: Group, items: Sequence[Item], public_url: str, now: int) -> Message:
        if group.receiver == "payments":
            raise RecursionError("too deep")
        return compose(group, items, public_url, now)

    room.opens("a")
    room.opens("b", owner="shipping")
    room.dispatch(0)
    with monkeypatch.context() as patched:
        patched.setattr(flushing, "compose", poisonous)
        with pytest.raises(RecursionError):
            room.dispatch(WAIT)
        room.dispatch(WAIT)
    assert [it[1] for it in room.said()] == ["shipping"]
    room.dispatch(WAIT + MINUTE)
    assert sorted(it[1] for it in room.said()) == ["payments", "shipping"]


def test_a_message_waits_for_earlier_ones_about_any_of_its_cases(room: Newsroom, any_database: Database) -> None:
    room.opens("a", "b")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles("b", at=HOUR)
    room.opens("c", at=HOUR)
    room.dispatch(HOUR)
    room.dispatch(HOUR + WAIT)
    first = outbox.claim(any_database, NOON + HOUR + WAIT, 2 * HOUR)
    assert first is not None
    assert outbox.claim(any_database, NOON + HOUR + WAIT, HOUR) is None
    outbox.record(any_database, first, outbox.Outcome(outbox.State.DELIVERED, NOON, 204, ""), NOON + HOUR + WAIT)
    assert outbox.claim(any_database, NOON + HOUR + WAIT, HOUR) is not None


def test_while_it_pours_in_a_message_waits_but_not_for_ever(room: Newsroom) -> None:
    for second in range(60):
        room.opens(f"o-{second:02}", at=second * SECOND)
        room.dispatch(second * SECOND)
    [message] = room.sent()
    assert message["created_at"] == NOON + 3 * WAIT
    assert message["subjects"] == 31


def test_of_what_is_settled_and_what_is_not_the_title_names_what_is_not(any_database: Database) -> None:
    room = Newsroom(any_database)
    room.opens("a")
    room.dispatch(0)
    room.dispatch(WAIT)
    room.settles("a", at=WAIT)
    room.opens("b", at=WAIT, step="ItemShipped")
    room.dispatch(WAIT)
    room.dispatch(WAIT + INTERVAL)
    assert room.sent()[-1]["data"]["title"] == "1 order settled, 1 flagged: ItemShipped is missing"
