"""The stories beside the rules, played whenever they or the rules have changed: by who evaluates the first share."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Event

from sqlalchemy import delete, insert

from rules.live.live import LONGEST
from rules.live.record import storable
from rules.live.watch import Look, standing
from rules.story.file import story_files
from rules.story.result import Result
from store import leases
from store.clock import Clock
from store.database import Database
from store.errors import StoreUnavailable
from store.tables import rule_stories

_EVERY = 1.0  # seconds between looks

Play = Callable[[Sequence[Path], Event], Sequence[Result]]
"""What came of each of these files. Raises CannotPlay, also when the event is set meanwhile."""

log = logging.getLogger(__name__)


class CannotPlay(Exception):
    """Why nothing was played, though there are stories."""


class Player:
    """Looks again and again, and writes what came of all stories that lie beside the rules at `path`."""

    def __init__(self, path: Path, play: Play, database: Database, lease: str, holder: str) -> None:
        self._path = path
        self._play = play
        self._database = database
        self._lease = lease
        self._holder = holder
        self._seen: Look | None = None
        self._told: Look | None = None

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. Nothing that goes wrong ends it: it is logged and tried again."""
        while not stop.is_set():
            try:
                self.turn(clock.now(), stop)
            except StoreUnavailable as error:
                log.warning("stories: what came of them cannot be written: %s", error)
            except Exception:
                log.exception("stories: playing them failed and is tried again")
            clock.sleep(_EVERY)

    def turn(self, now: int, stop: Event) -> None:
        """One look (`now`: µs UTC); what has changed is played at the second one that sees it, and if it changes while
        it is played, once more. Raises StoreUnavailable."""
        if not self._path.exists():
            return  # as with the rules: whole directories are lost by accident
        files = [file for file in story_files(self._path) if file != self._path]
        look = standing(self._path, files)
        still, self._seen = look == self._seen, look
        if look == self._told or not still or not self._holds(now):
            return
        results = self._played(files, stop) if files else []
        if not stop.is_set() and standing(self._path, files) == look and self._write(results, now):
            self._told = look

    def _played(self, files: Sequence[Path], stop: Event) -> Sequence[Result]:
        try:
            return self._play(files, stop)
        except CannotPlay as error:
            if not stop.is_set():
                log.error("stories: they could not be played: %s", error)
            return [Result(str(file), "", 0, 0, None, f"could not be played: {error}") for file in files]

    def _holds(self, now: int) -> bool:
        with self._database.read() as connection:
            return leases.epoch_of(connection, self._lease, self._holder, now) is not None

    def _write(self, results: Sequence[Result], now: int) -> bool:
        """In place of all that was there; false where another process has got the lease meanwhile."""
        with self._database.begin() as connection:
            if leases.epoch_of(connection, self._lease, self._holder, now) is None:
                return False
            connection.execute(delete(rule_stories))
            if results:
                connection.execute(insert(rule_stories), [_row(it, now) for it in results])
        return True


def _row(result: Result, now: int) -> dict[str, object]:
    told = result.told
    if len(told) > LONGEST:
        told = told[:LONGEST] + "\n… cut off here; `noshow rules test` has all of it"
    return {**asdict(result), "file": storable(result.file), "told": storable(told), "played_at": now}
