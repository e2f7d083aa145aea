"""How much at once, and when again."""

from noshow_sdk.pace import Pace


def waits(pace: Pace, times: int, retry_after: float = 0.0) -> list[float]:
    found = []
    for _ in range(times):
        pace.later(100.0, retry_after)
        found.append(pace.due - 100.0)
    return found


def test_each_failure_waits_about_twice_as_long_as_the_last_up_to_a_minute() -> None:
    for wait, expected in zip(waits(Pace(10), 20), [0.5, 1, 2, 4, 8, 16, 32] + [60] * 13, strict=True):
        assert 0.8 * expected <= wait <= 1.2 * expected


def test_the_server_may_ask_for_longer_but_not_for_hours() -> None:
    assert waits(Pace(10), 1, retry_after=7) == [7]
    assert waits(Pace(10), 1, retry_after=36_000) == [600]


def test_success_starts_anew() -> None:
    pace = Pace(10)
    waits(pace, 5)
    pace.taken()
    assert waits(pace, 1)[0] <= 0.6


def test_a_refusal_halves_until_one_is_found_and_success_doubles() -> None:
    pace = Pace(10)
    assert not pace.refused(10)
    assert pace.batch == 5
    assert not pace.refused(5)
    assert not pace.refused(2)
    assert (pace.batch, pace.refused(1)) == (1, True)
    sizes = []
    for _ in range(5):
        pace.taken()
        sizes.append(pace.batch)
    assert sizes == [2, 4, 8, 10, 10]


def test_who_waits_need_not_wait_for_the_backoff() -> None:
    pace = Pace(10)
    pace.later(100.0)
    pace.hurry()
    assert pace.due <= 100.0
