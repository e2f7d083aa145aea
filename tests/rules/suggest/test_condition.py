"""Which attribute decides whether a step comes, and when none does."""

import pytest

from rules.suggest.attribute import Value
from rules.suggest.condition import Condition, condition

STEP = 2


def values(**shares: tuple[int, int]) -> list[Value]:
    """By value: how many instances have it, and how many of these have the step."""
    return [Value(f'"{name}"', instances, {STEP: seen}) for name, (instances, seen) in shares.items()]


def decided(*by_key: list[Value]) -> Condition | None:
    found = {f"key{number}": each for number, each in enumerate(by_key)}
    [first, *_] = by_key
    instances, seen = (sum(each) for each in zip(*((it.instances, it.seen[STEP]) for it in first), strict=True))
    return condition(STEP, seen, instances, found)


@pytest.mark.parametrize(
    ("shares", "sign", "named"),
    [
        ({"a": (100, 100), "b": (200, 0)}, "==", ('"a"',)),
        ({"a": (100, 100), "b": (100, 97), "c": (200, 0)}, "!=", ('"c"',)),
        ({"a": (100, 100), "b": (100, 97), "c": (200, 0), "d": (100, 0)}, "in", ('"a"', '"b"')),
    ],
)
def test_it_is_written_the_short_way(shares: dict[str, tuple[int, int]], sign: str, named: tuple[str, ...]) -> None:
    found = decided(values(**shares))
    assert found is not None
    assert (found.sign, found.values) == (sign, named)


@pytest.mark.parametrize(
    "shares",
    [
        {"a": (100, 50), "b": (100, 50)},  # no difference
        {"a": (100, 80), "b": (100, 0)},  # too often without the step where it is expected
        {"a": (100, 100), "b": (100, 4)},  # too often with it elsewhere
        {"a": (100, 100), "b": (5, 0)},  # too few that could speak against it
        {"a": (1000, 1000), "b": (15, 0)},  # too small a part
    ],
)
def test_what_does_not_decide_is_no_condition(shares: dict[str, tuple[int, int]]) -> None:
    assert decided(values(**shares)) is None


def test_what_decides_better_is_taken() -> None:
    good, better = values(a=(100, 97), b=(103, 3)), values(x=(100, 100), y=(103, 0))
    found = decided(good, better)
    assert found is not None
    assert found.key == "key1"


def test_an_attribute_that_many_lack_decides_nothing() -> None:
    assert condition(STEP, 100, 400, {"key": values(a=(100, 100), b=(200, 0))}) is None


@pytest.mark.parametrize("odd", ["null", "[1]", "{}", '"\\u0007"', "123456789012345678"])
def test_what_nobody_would_write_decides_nothing(odd: str) -> None:
    assert decided([Value(odd, 100, {STEP: 100}), Value('"b"', 100, {STEP: 0})]) is None
