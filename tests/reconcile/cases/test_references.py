"""References of others, from the attributes of an order's events."""

import pytest

from reconcile.cases.references import USUAL, References, gathered
from store import events
from store.clickhouse import ClickHouse
from store.event import Event
from tests.reconcile.desk import NOON


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (['{"charge_id": "ch-1", "amount": 3}'], {"charge_id": ("ch-1",)}),
        (['{"charge_id": "b"}', '{"charge_id": "a"}', '{"charge_id": "b"}'], {"charge_id": ("b", "a")}),
        (['{"parcel_id": 17, "a_id": true, "b_id": null, "c_id": 1.5, "d_id": ""}'], {"parcel_id": ("17",)}),
        (['{"card": {"token_id": "t"}, "parcels": [{"parcel_id": "p"}, {"parcel_id": "q"}]}'],
         {"parcel_id": ("p", "q"), "token_id": ("t",)}),
        (['{"refund_ids": ["r"], "id": "x"}'], {}),
        ([f'{{"long_id": "{"x" * 201}"}}', "no json", "[]"], {}),
        (['{"nul_id": "a\\u0000b"}'], {"nul_id": ("a\N{REPLACEMENT CHARACTER}b",)}),
    ],
)  # fmt: skip
def test_what_is_gathered(attributes: list[str], expected: dict[str, tuple[str, ...]]) -> None:
    assert gathered(attributes, USUAL) == expected


def test_the_names_are_a_setting_and_the_values_bounded() -> None:
    assert gathered(['{"order_ref": "o", "charge_id": "c"}'], ("*_ref", "iban")) == {"order_ref": ("o",)}
    assert len(gathered([f'{{"a_id": {number}}}' for number in range(50)], USUAL)["a_id"]) == 20


def test_they_come_in_order_of_time_for_many_orders_at_once(clickhouse: ClickHouse) -> None:
    def event(order: str, at: int, charge: str) -> Event:
        return Event(f"e-{charge}", order, "Charged", NOON + at, "payments", f'{{"charge_id": "{charge}"}}')

    events.write(clickhouse, [event("a", 2, "second"), event("a", 1, "first"), event("b", 1, "other")])
    references = References(clickhouse, USUAL)
    assert references.of_orders(["a", "b", "c"]) == {
        "a": {"charge_id": ("first", "second")},
        "b": {"charge_id": ("other",)},
    }
    assert references.told(["a"]) == {"a": {"charge_id": "first, second"}}


def test_the_trail_is_written_without_them_while_clickhouse_is_away() -> None:
    assert References(ClickHouse.server("http://127.0.0.1:9"), USUAL).told(["a"]) == {}
