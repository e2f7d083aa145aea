"""What burns, from the queue."""

from dataclasses import replace

from api.burning import Fire, burning
from store.database import Database
from store.event import HOUR, MINUTE
from tests.api.shop import Flag, Shop, arrived_late, unpaid
from tests.conftest import NOON


def test_most_is_first_with_what_is_fresh_and_since_when(any_shop: Shop) -> None:
    any_shop.add(unpaid("a", since=NOON - 2 * HOUR), unpaid("b", since=NOON - MINUTE), arrived_late("c"))
    any_shop.add(replace(unpaid("d"), flags=[Flag("ItemShipped", "missing", NOON - HOUR)]))
    assert look(any_shop.database) == [
        Fire("order-fulfilment", "PaymentReceived", "missing", "payments", 2, 1, NOON - 2 * HOUR),
        Fire("order-fulfilment", "ItemShipped", "missing", "warehouse", 1, 1, NOON - HOUR),
    ]


def test_nothing_burns_in_an_empty_queue(any_shop: Shop) -> None:
    assert look(any_shop.database) == []


def look(database: Database) -> list[Fire]:
    with database.read() as connection:
        return list(burning(connection, NOON))
