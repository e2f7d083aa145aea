"""Failed sign-ins: an address waits, others do not, and memory is bounded."""

import pytest

from api.access.failures import ALLOWED, WITHIN, Failures
from tests.conftest import NOON


def test_an_address_waits_after_so_many_until_the_time_is_over() -> None:
    failures = Failures()
    for number in range(ALLOWED):
        assert failures.wait("203.0.113.7", NOON + number) == 0
        failures.add("203.0.113.7", NOON + number)
    assert failures.wait("203.0.113.7", NOON + ALLOWED) == WITHIN - ALLOWED
    assert failures.wait("203.0.113.7", NOON + WITHIN - 1) == 1
    assert failures.wait("203.0.113.7", NOON + WITHIN) == 0
    failures.add("203.0.113.7", NOON + WITHIN)
    assert failures.wait("203.0.113.7", NOON + WITHIN) == 0, "counted anew"


def test_nobody_else_waits() -> None:
    failures = Failures(allowed=1)
    failures.add("203.0.113.7", NOON)
    assert failures.wait("203.0.113.8", NOON) == 0


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("", "", True),
        ("no address", "another", False),
    ],
)
def test_a_network_of_ipv6_is_one_guesser(one: str, other: str, together: bool) -> None:
    failures = Failures(allowed=1)
    failures.add(one, NOON)
    assert (failures.wait(other, NOON) > 0) == together


def test_the_one_that_failed_first_makes_room() -> None:
    failures = Failures(allowed=1, most=2)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        failures.add(address, NOON)
    assert [failures.wait(f"192.0.2.{last}", NOON) > 0 for last in (1, 2, 3)] == [False, True, True]
