"""People have actions run, on real stores: from the events of an order to the request that goes out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from reconcile.actions import people
from reconcile.actions.ask import PROPOSAL_HOLDS
from reconcile.actions.desk import ActionDesk, Person, Place
from reconcile.actions.offers import Deed
from reconcile.actions.row import Action, State
from reconcile.actions.situation import subject
from reconcile.errors import NoSuchAction, NoSuchCase, NotOffered, NotYours, Unfilled
from reconcile.teams import Teams
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from store.tables import actions
from tests.reconcile.actions.refunds import ANNE, BERT, TAKEN, Provider, entries, stored, worker, workflow
from tests.reconcile.desk import NOON
from tests.reconcile.office import Office, office

TWO = "idempotent: true\napprove: 2"
A, B = Person(ANNE), Person(BERT)
LATER = NOON + 4 * DAY


def of_charge(more: str = TWO) -> str:
    return more + '\nbody: {charge: "{PaymentReceived.charge}", amount: "{start.amount}"}'


@pytest.fixture
def shop(clickhouse: ClickHouse, any_database: Database, tmp_path: Path) -> Iterator[Office]:
    rule = workflow(of_charge())
    with office(clickhouse, any_database, tmp_path, rule) as shop:
        yield shop


@pytest.fixture
def desk(shop: Office) -> ActionDesk:
    return ActionDesk(shop.clickhouse, shop.database, shop.rulebook)


def called_off(shop: Office, order: str = "a", **payment: object) -> Place:
    """Paid and booked, then called off, and the payment not refunded in time."""
    shop.happens(order, 0, "OrderPlaced", amount=12.5)
    shop.happens(order, MINUTE, "PaymentReceived", **(payment or {"charge": "ch_1"}))
    shop.happens(order, MINUTE, "RoomBooked")
    shop.happens(order, HOUR, "OrderCancelled")
    shop.judge(3 * DAY)
    return Place(shop.case(order)["id"], "PaymentReceived", "refund")


def test_what_is_previewed_is_what_is_sent(shop: Office, desk: ActionDesk) -> None:
    place = called_off(shop)
    offer, request = desk.preview(place, LATER)
    assert (offer.offered, offer.people) == (True, 2)
    assert request.shown["body"] == {"charge": "ch_1", "amount": 12.5}
    assert entries(shop.database) == []
    desk.approve(desk.run(place, A, LATER).id, B, LATER + 1)
    shop.happens("a", 30 * MINUTE, "PaymentReceived", charge="ch_2")
    provider = Provider([TAKEN])
    worker(shop.database, provider).step(LATER + 2)
    assert [body for *_, body in provider.calls] == [b'{"amount":12.5,"charge":"ch_1"}']


def test_a_refund_takes_two_people(shop: Office, desk: ActionDesk) -> None:
    action = desk.run(called_off(shop), A, LATER)
    provider = Provider([TAKEN])
    assert action.state is State.PROPOSED
    assert not worker(shop.database, provider).step(LATER + 1)
    with pytest.raises(NotOffered, match="takes a second person: anne has proposed it"):
        desk.approve(action.id, A, LATER + 2)
    desk.approve(action.id, B, LATER + 3)
    with pytest.raises(NotOffered, match="is ready"):
        desk.approve(action.id, B, LATER + 4)
    worker(shop.database, provider).step(LATER + 5)
    assert (len(provider.calls), stored(shop.database, action).approved_by) == (1, "bert")
    told = [(what, who) for what, who in entries(shop.database, "actor") if who != "noshow"]
    assert told == [("action.proposed", "anne"), ("action.approved", "bert")]


def test_it_is_looked_at_once_more_when_it_is_approved(shop: Office, desk: ActionDesk) -> None:
    """The refund came by itself in between."""
    action = desk.run(called_off(shop), A, LATER)
    shop.happens("a", 4 * DAY + HOUR, "PaymentRefunded")
    shop.judge(4 * DAY + 2 * HOUR)
    with pytest.raises(
        NotOffered, match=r"not safe any more: (PaymentReceived is undone already|the case is resolved)"
    ):
        desk.approve(action.id, B, LATER + 3 * HOUR)


def test_a_proposal_is_withdrawn_by_a_person_or_by_time(shop: Office, desk: ActionDesk) -> None:
    place = called_off(shop)
    action = desk.run(place, A, LATER)
    desk.decide(action.id, B, lambda connection: people.withdraw(connection, action.id, BERT, LATER + 1))
    again = desk.run(place, A, LATER + 2)
    assert again.round == 2
    with pytest.raises(NotOffered, match="more than a day ago"):
        desk.approve(again.id, B, LATER + 2 + PROPOSAL_HOLDS)
    assert worker(shop.database, Provider([TAKEN])).step(LATER + 2 + PROPOSAL_HOLDS)
    assert stored(shop.database, again).state is State.WITHDRAWN


def test_without_what_it_is_filled_in_with_it_is_not_asked_for(shop: Office, desk: ActionDesk) -> None:
    place = called_off(shop, other="thing")
    for attempt in (lambda: desk.preview(place, LATER), lambda: desk.run(place, A, LATER)):
        with pytest.raises(Unfilled, match=r"PaymentReceived\.charge is not known"):
            attempt()


def test_of_a_payment_that_never_came_nothing_is_refunded(shop: Office, desk: ActionDesk) -> None:
    """Compensation of what is absent is a clean no-op: nothing is sent, and it says so."""
    shop.happens("a", 0, "OrderPlaced", amount=1)
    shop.judge(HOUR)
    place = Place(shop.case("a")["id"], "PaymentReceived", "refund")
    offer, *_ = [it for it in desk.offers(place.case_id, NOON + HOUR)[0] if it.name == "refund"]
    assert (offer.deed, offer.offered) == (Deed.RUN, False)
    with pytest.raises(NotOffered, match="ask the source first"):
        desk.run(place, A, NOON + HOUR)


def test_another_teams_case_is_left_alone(shop: Office, desk: ActionDesk) -> None:
    place = called_off(shop)
    with pytest.raises(NotYours):
        desk.run(place, Person(ANNE, Teams.of("warehouse")), LATER)
    assert desk.run(place, Person(ANNE, Teams.of("orders")), LATER).state is State.PROPOSED


def test_what_there_is_not_is_said(shop: Office, desk: ActionDesk) -> None:
    place = called_off(shop)
    with pytest.raises(NoSuchCase):
        desk.offers("case_x", LATER)
    with pytest.raises(NoSuchAction, match="no action resend on PaymentReceived"):
        desk.run(Place(place.case_id, "PaymentReceived", "resend"), A, LATER)
    with pytest.raises(NoSuchAction, match="no action act_x"):
        desk.approve("act_x", A, LATER)


def test_who_withdraws_and_who_approves_wait_for_the_case_first_and_never_for_each_other(
    shop: Office, desk: ActionDesk
) -> None:
    """Action before case here, and case before action there, would be a deadlock."""
    if shop.database.dialect == "sqlite":
        pytest.skip("SQLite has one lock for everything")
    action = desk.run(called_off(shop), A, LATER)

    def withdraw(connection: Connection) -> Action:
        return people.withdraw(connection, action.id, BERT, LATER + 1)

    with ThreadPoolExecutor(1) as pool:
        with shop.database.begin() as connection:
            subject(connection, action.case_id, lock=True)
            other = pool.submit(desk.decide, action.id, B, withdraw)
            while not _somebody_waits(connection):
                assert not other.done()
            chosen = select(actions.c.id).where(actions.c.id == action.id)
            assert connection.execute(chosen.with_for_update(nowait=True)).one()
        assert other.result().state is State.WITHDRAWN


def _somebody_waits(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())
