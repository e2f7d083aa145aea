"""When a source that could not tell is asked again: ever less often, and never given up."""

from collections.abc import Callable

from store.event import DAY

LONGEST = DAY
JITTER = 0.2  # at most so much of a pause is added to it, so that what failed together does not come back together


def pause(every: int, attempts: int, retry_after: int | None, random: Callable[[], float]) -> int:
    """µs until the next attempt, after `attempts` of them: `every`, doubled with each, up to a day.

    A source that asks for longer gets it, up to that day. `random` gives numbers from 0 up to 1.
    """
    longest = max(every, LONGEST)
    doubled = every << min(attempts - 1, 40)
    wanted = min(longest, max(doubled, retry_after or 0))
    return wanted + round(wanted * JITTER * random())
