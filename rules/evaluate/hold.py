"""Up to which instant may be judged: not beyond what every collector has brought to ClickHouse.

A collector that does not get on holds judgement for so long that it can be helped, and then no more: what counts is the
time in which an evaluator could have judged, and in which nothing of it moved. So the hold is not used up while
ClickHouse or the database is away, nor while a spool is drained.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from rules.evaluate.doubt import Doubt
from rules.evaluate.silence.watch import Silence
from rules.held import Holding
from rules.sentence.scene import instant
from store import collectors
from store.collectors import BEHIND, Collector
from store.database import Database
from store.event import DAY, SECOND

_SILENT = 30 * SECOND  # it is lost, and does not just have trouble
_FORGOTTEN = 30 * DAY
_LONGEST_STEP = 15 * SECOND  # from one look to the next; if more has passed, a clock has jumped, or a machine slept

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hold:
    """Judge up to `as_of` (µs UTC), and in spite of the doubts, but not by the absence of what is held. `released`:
    what was to be looked at again at one of these instants may be now."""

    as_of: int
    doubts: tuple[Doubt, ...] = ()
    holding: Holding = field(default_factory=dict)
    released: frozenset[int] = frozenset()


class Holds:
    """`at_most`: for how long (µs) one collector that does not get on is waited for. Of all who wait, one `counts`."""

    def __init__(self, at_most: int, *, counts: bool = True) -> None:
        self._at_most = at_most
        self._counts = counts
        self.held_until = 0  # when judgement was last held back (µs UTC)
        self._looked_at: int | None = None

    def forget(self) -> None:
        """It could not be judged: this time does not count."""
        self._looked_at = None

    def look(self, database: Database, now: int) -> Hold:
        """What holds at `now` (µs UTC); to be asked before ClickHouse is. Raises StoreUnavailable."""
        with database.read() as connection:
            before = collectors.registered(connection)
        passed = 0 if self._looked_at is None else min(max(now - self._looked_at, 0), _LONGEST_STEP)
        self._looked_at = now
        after = [waited_for(it, passed, self._at_most, now) for it in before] if self._counts else before
        if self._counts and (after != before or any(map(partial(_is_forgotten, now), after))):
            self._write(database, before, after, now)
        held = hold(after, now)
        if held.as_of < now - BEHIND:
            self.held_until = now
        return held

    def _write(self, database: Database, before: Iterable[Collector], after: Iterable[Collector], now: int) -> None:
        with database.begin() as connection:
            for was, it in zip(before, after, strict=True):
                if _is_forgotten(now, it):
                    collectors.leave(connection, it.id)
                elif it != was:
                    collectors.wait(connection, it)
                    if it.let_go_at is not None:
                        log.error("evaluator: waits no longer: %s", doubt(it, now).reason)


def waited_for(it: Collector, passed: int, at_most: int, now: int) -> Collector:
    """The collector, after it was waited for `passed` more, if it is."""
    if it.watermark >= now - BEHIND or it.let_go_at is not None:
        return it
    waited = it.waited + passed
    return replace(it, waited=waited, let_go_at=now if waited >= at_most else None)


def with_silence(held: Hold, silence: Silence) -> Hold:
    """What is held when some names are silent as well."""
    return replace(held, doubts=(*held.doubts, *silence.doubts), holding=silence.holding, released=silence.released)


def hold(known: Iterable[Collector], now: int) -> Hold:
    held = [it.watermark for it in known if it.let_go_at is None]
    return Hold(min([now, *held]), tuple(doubt(it, now) for it in known if it.let_go_at is not None))


def doubt(it: Collector, now: int) -> Doubt:
    """What to say of findings that did not wait for it."""
    who = f"collector {it.id} ({it.host})"
    if now - it.heard_at > _SILENT:
        return Doubt(it.heard_at, f"{who} is lost: nothing was heard of it since {instant(it.heard_at)}")
    return Doubt(now, f"{who} does not get on: what it took in since {instant(it.watermark)} is not stored")


def _is_forgotten(now: int, it: Collector) -> bool:
    return it.let_go_at is not None and it.heard_at < now - _FORGOTTEN
