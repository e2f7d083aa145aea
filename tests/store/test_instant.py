"""Instants as people and programs write them."""

import pytest

from store.instant import parse_instant, rfc3339
from tests.conftest import NOON


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-20T12:00:00Z",
        "2025-11-20t12:00:00.000z",
        "2025-11-20 12:00",
        "2025-11-20T13:00:00+01:00",
        "2025-11-20T13:00:00,000000123+0100",
        "1763640000",
        "1763640000.0",
    ],
)
def test_what_means_noon(text: str) -> None:
    assert parse_instant(text) == NOON


def test_a_date_is_its_midnight() -> None:
    assert rfc3339(parse_instant("2025-11-20")) == "2025-11-20T00:00:00Z"


@pytest.mark.parametrize(
    "text", ["", "noon", "2025-13-01", "20.11.2025", "2025-W47-4", "-5", "1763640000000", "1e9", "٢٠٢٥"]
)
def test_what_means_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="expected an instant such as"):
        parse_instant(text)
