"""W3C Baggage, as its standard has it."""

import pytest

from collector.errors import Refused
from collector.mapping.baggage import CORRELATION_ID, member


@pytest.mark.parametrize(
    ("baggage", "value"),
    [
        ("correlation.id=o-1", "o-1"),
        ("user=7, correlation.id = o-1 ;ttl=3;secret", "o-1"),
        ("correlation.id=a%20b%2Cc%3D%C3%A9", "a b,c=é"),
        ("correlation.id=a+b=c", "a+b=c"),
        ("correlation.id=first,correlation.id=second", "first"),
        ("correlation.id=", ""),
        ("Correlation.Id=o-1", None),
        ("correlation.id", None),
        ("user=7", None),
        ("", None),
    ],
)
def test_the_value_of_a_key(baggage: str, value: str | None) -> None:
    assert member(baggage, CORRELATION_ID) == value


@pytest.mark.parametrize("value", ["%ff", "%", "%4", "%zz"])
def test_what_is_no_text_is_refused(value: str) -> None:
    with pytest.raises(Refused, match=r"^correlation_id: correlation\.id in the baggage is not percent-encoded UTF-8"):
        member(f"correlation.id={value}", CORRELATION_ID)


def test_the_limits_of_the_standard() -> None:
    full = ",".join(["a=1"] * 63 + ["correlation.id=o-1"])
    assert member(full, CORRELATION_ID) == "o-1"
    longest = "correlation.id=o-1,a=".ljust(8192, "x")
    assert member(longest, CORRELATION_ID) == "o-1"
    for beyond in (f"{full},b=2", f"{longest}x"):
        with pytest.raises(Refused, match="more than 8,192 bytes or 64 members"):
            member(beyond, CORRELATION_ID)
