"""How fast each sender may send: who is counted together, and over time never more than the rate."""

import pytest

from collector.errors import TooFast
from collector.limits.limiter import Limiter
from collector.sender import Sender
from store.bucket import BURST
from store.event import SECOND
from store.settings import Rate
from tests.conftest import NOON

SHOP = Sender(token="shop-svc", peer="10.0.0.1")
PAYMENTS = Sender(token="payments-svc", source="payments", peer="10.0.0.2")
BUSY = Rate(events=100)


def refused(limiter: Limiter, sender: Sender, now: int = NOON) -> int:
    """In how many seconds the sender may try again; 0 where it may send."""
    try:
        limiter.check(sender, now)
    except TooFast as error:
        assert error.status == 429
        return error.retry_after
    return 0


@pytest.mark.parametrize("cost", [(BURST * 100 + 1, 0), (0, BURST * 1_000 + 1)], ids=["events", "bytes"])
def test_who_has_used_up_its_rate_waits_and_nobody_else_does(cost: tuple[int, int]) -> None:
    limiter = Limiter(Rate(events=100, bytes=1_000), {})
    limiter.charge(SHOP, *cost, NOON)
    assert refused(limiter, SHOP) == 1
    assert refused(limiter, PAYMENTS) == 0
    assert refused(limiter, SHOP, NOON + SECOND) == 0


def test_without_a_rate_nobody_is_counted() -> None:
    limiter = Limiter(Rate(), {"payments-svc": BUSY})
    for _ in range(3):
        limiter.charge(SHOP, 10**9, 10**12, NOON)
    assert refused(limiter, SHOP) == 0


@pytest.mark.parametrize("name", ["payments-svc", "payments"])
def test_a_rate_of_its_own_goes_by_token_or_by_source(name: str) -> None:
    limiter = Limiter(BUSY, {name: Rate(events=10_000)})
    for sender in (SHOP, PAYMENTS):
        limiter.charge(sender, 2_000, 0, NOON)
    assert (refused(limiter, SHOP), refused(limiter, PAYMENTS)) == (10, 0)


def test_without_a_token_an_address_is_a_sender() -> None:
    limiter = Limiter(BUSY, {})
    limiter.charge(Sender(peer="10.0.0.1"), 2_000, 0, NOON)
    assert refused(limiter, Sender(peer="10.0.0.1")) == 10
    assert refused(limiter, Sender(peer="10.0.0.2")) == 0


def test_of_requests_side_by_side_only_one_goes_into_debt() -> None:
    limiter = Limiter(BUSY, {})
    for _ in range(2):
        limiter.check(SHOP, NOON)  # both were let in before either was counted
    limiter.charge(SHOP, 50_000, 0, NOON)
    with pytest.raises(TooFast, match="shop-svc may send 100 events a second; try again in 490 s"):
        limiter.charge(SHOP, 50_000, 0, NOON)
    assert refused(limiter, SHOP, NOON + 490 * SECOND) == 0, "what was refused was not charged"


def test_over_time_the_rate_holds() -> None:
    limiter = Limiter(BUSY, {})
    taken = 0
    for tenth in range(10 * 600):
        now = NOON + tenth * SECOND // 10
        if not refused(limiter, SHOP, now):
            limiter.charge(SHOP, 37, 0, now)
            taken += 37
    assert 600 * 100 <= taken <= (600 + BURST) * 100 + 37


def test_how_many_are_remembered_is_bounded_and_the_oldest_is_forgotten() -> None:
    limiter = Limiter(BUSY, {}, most=2)
    senders = [Sender(peer=f"10.0.0.{n}") for n in range(3)]
    for sender in senders:
        limiter.charge(sender, 2_000, 0, NOON)
    assert [refused(limiter, sender) for sender in reversed(senders)] == [10, 10, 0]
