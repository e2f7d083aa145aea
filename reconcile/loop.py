"""The loop of whatever works step by step."""

import logging
from collections.abc import Callable
from threading import Event

from reconcile.errors import Raced
from store.clock import Clock
from store.errors import StoreUnavailable

logger = logging.getLogger(__name__)

IDLE = 0.5  # seconds between looks while nothing happens
SOON = 0.2  # the same on the way from a finding to the owner's webhook, where the rests of several loops add up
FAULT = 5.0  # seconds of rest after something went wrong


def repeat(name: str, step: Callable[[int], bool], clock: Clock, stop: Event, idle: float = IDLE) -> None:
    """Step after step until `stop` is set. `step` gets the instant (µs UTC) and says whether there may be more at once;
    where there is not, it rests for `idle` seconds.

    Nothing that goes wrong ends it: it is logged under this name, and tried again.
    """
    while not stop.is_set():
        rest = _rest_after(name, step, clock.now(), idle)
        if rest:
            clock.sleep(rest)


def _rest_after(name: str, step: Callable[[int], bool], now: int, idle: float) -> float:
    """One step, and how many seconds to rest then."""
    try:
        return 0.0 if step(now) else idle
    except (StoreUnavailable, Raced) as error:
        logger.warning("%s: %s", name, error)
    except Exception:
        logger.exception("%s: a step failed and is tried again", name)
    return FAULT
