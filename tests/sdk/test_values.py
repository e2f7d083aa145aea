"""What becomes of the attributes that a service gives."""

import math
from collections import UserDict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from pathlib import PurePosixPath
from uuid import UUID

import pytest

from noshow_sdk.values import DEEPEST, LONGEST, sendable


class Currency(StrEnum):
    EUR = "eur"


class Size(Enum):
    LARGE = 3


class Whole(int):
    pass


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, None),
        (True, True),
        ("Zürich", "Zürich"),
        (7, 7),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (12.5, 12.5),
        (Decimal("12.50"), 12.5),
        (Decimal("0.12345678901234567890"), "0.12345678901234567890"),
        (Fraction(1, 4), 0.25),
        (Whole(3), 3),
        (datetime(2026, 11, 20, 14, 5, tzinfo=UTC), "2026-11-20T14:05:00+00:00"),
        (date(2026, 11, 20), "2026-11-20"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (PurePosixPath("a/b"), "a/b"),
        (Currency.EUR, "eur"),
        (Size.LARGE, 3),
        (b"\x00\xff", "AP8="),
        (("a", 1), ["a", 1]),
        ({"a": {"b": [1, {2}]}, 5: None}, {"a": {"b": [1, [2]]}, "5": None}),
        (UserDict({"a": 1}), {"a": 1}),
    ],
)
def test_it_is_sent_as(given: object, sent: object) -> None:
    kept, left_out = sendable({"it": given})
    assert (kept, left_out) == ({"it": sent}, [])
    assert type(kept["it"]) is type(sent)


class Hostile(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        raise RuntimeError

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


def _endless() -> list[object]:
    endless: list[object] = []
    endless += [endless] * 20
    return endless


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (math.nan, "NaN"),
        (Decimal("NaN"), "NaN"),
        ([1, [math.inf]], "infinity"),
        (object(), "object can't be sent"),
        ("\ud800", "surrogate"),
        ("x" * LONGEST, "no room"),
        (Hostile(), "RuntimeError"),
        (_endless(), f"more than {DEEPEST} levels"),
        ([0] * LONGEST, "no room"),
    ],
)
def test_it_is_left_out_alone(given: object, reason: str) -> None:
    kept, [why] = sendable({"before": 1, "it": given, "after": 2})
    assert kept == {"before": 1, "after": 2}
    assert why.startswith("it: ")
    assert reason in why


def test_what_the_service_changes_later_is_sent_as_it_was() -> None:
    basket = ["shoes"]
    kept, _ = sendable({"basket": basket})
    basket.append("hat")
    assert kept == {"basket": ["shoes"]}
