"""From `findings` in ClickHouse to cases: what was written since the cursor, again and again."""

from collections.abc import Sequence

from reconcile.cases.casebook import Casebook
from reconcile.cases.finding import Key, Sighting
from reconcile.cases.sightings import Extent, Place, Written, extent, look, written
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import MINUTE

CURSOR = "reconcile.findings"

_ROWS = 10_000  # of `findings` that one step looks through
_PATIENCE = MINUTE  # how long an order waits for the evaluator to finish with it

_START: Place = ("", "", "", "")


class Intake:
    """Takes findings into cases in passes; a pass goes from the cursor less `overlap` (µs) to the last row there was
    when it began, so that a row that became visible behind the reader is met by the next pass.

    The instance keeps its place within a pass, and what it has read of the overlap; both are only there for speed.
    """

    def __init__(self, clickhouse: ClickHouse, database: Database, casebook: Casebook, overlap: int) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._casebook = casebook
        self._overlap = overlap
        self._after: Written | None = None  # the place within the pass; `None` between passes
        self._pass = Extent(0, 0, 0)
        self._finished: tuple[int, Extent] | None = None  # where the last pass began, and what it found
        self._known: dict[Place, int] = {}  # versions met in the last pass, in what the next one reads again
        self._met: dict[Place, int] = {}  # the same of this pass
        self._put_off: dict[Key, int] = {}  # orders in the making, and when they were first met

    def step(self, now: int) -> bool:
        """Take in the next rows; whether there may be more. `now` (µs UTC) is when the cases change.

        Raises `StoreUnavailable`, `StoreRefused` or `Raced`; then nothing is lost, and the same rows come again.
        """
        if self._after is None and not self._begin():
            return False
        assert self._after is not None
        rows = written(self._clickhouse, self._after, self._pass.end, _ROWS)
        self._enter(rows, now)
        if len(rows) == _ROWS:
            self._after = rows[-1]
            return True
        self._end()
        return False

    def _begin(self) -> bool:
        """Whether there is anything new since the last pass."""
        with self._database.read() as connection:
            cursor = cursors.read(connection, CURSOR) or 0
        start = max(0, cursor - self._overlap)
        found = extent(self._clickhouse, start)
        if not found.rows or (start, found) == self._finished:
            return False
        self._pass, self._after, self._met, self._finished = found, Written(start, _START, 0), {}, (start, found)
        return True

    def _enter(self, rows: Sequence[Written], now: int) -> None:
        new = [row for row in rows if self._known.get(row.place, -1) < row.version]
        for sightings in look(self._clickhouse, dict.fromkeys(row.key for row in new)):
            self._casebook.enter([sighting for sighting in sightings if self._is_ripe(sighting, now)], now)
        overlap = self._pass.end - self._overlap
        self._met.update((row.place, row.version) for row in rows if row.written_at >= overlap)
        if rows and not self._put_off:
            self._advance(rows[-1].written_at)

    def _is_ripe(self, sighting: Sighting, now: int) -> bool:
        """Whether to enter it: the evaluator has finished with it, or seems never to."""
        if sighting.complete or now - self._put_off.setdefault(sighting.key, now) >= _PATIENCE:
            self._put_off.pop(sighting.key, None)
            return True
        return False

    def _end(self) -> None:
        self._after = None
        # What was put off has to be met as new once more.
        self._known = {place: version for place, version in self._met.items() if place[:2] not in self._put_off}
        if self._put_off:
            self._finished = None

    def _advance(self, position: int) -> None:
        with self._database.begin() as connection:
            if position > (cursors.read(connection, CURSOR) or 0):
                cursors.move(connection, CURSOR, position)
