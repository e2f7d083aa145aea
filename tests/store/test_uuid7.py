from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from store.uuid7 import uuid7
from tests.conftest import NOON

MICROS = st.integers(0, 10_000_000_000_000_000)


@given(MICROS)
def test_it_is_what_the_rfc_says(at: int) -> None:
    made = uuid7(at)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == at // 1_000
    assert made != uuid7(at)


@given(MICROS, MICROS)
def test_identifiers_sort_by_time(one: int, other: int) -> None:
    if one < other:
        assert str(uuid7(one)) < str(uuid7(other))


def test_the_example_of_the_rfc_has_its_instant() -> None:
    assert str(uuid7(1_645_557_742_000_000)).startswith("017f22e2-79b0-7000-")
    assert UUID(str(uuid7(NOON)))
