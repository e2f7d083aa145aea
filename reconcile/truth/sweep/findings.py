"""What a sweep has found, written down: the discrepancy, the word that corrects it, and the entries that tell of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from reconcile.actor import TRUTH
from reconcile.audit.entry import Entry, record
from reconcile.identity import case_id
from reconcile.truth.sweep.compare import Difference, Kind, Ours
from reconcile.truth.sweep.discrepancies import Discrepancy, close, correct, put, standing, unmet
from reconcile.truth.sweep.here import Seen
from reconcile.truth.sweep.listing import Item
from reconcile.truth.testimony import Testimony, Word, say
from store.database import Database
from store.instant import rfc3339
from store.settings_sweeps import SweepSettings


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a pass: `found` anew, `corrected`, and `closed` because they differ no longer."""

    found: int = 0
    corrected: int = 0
    closed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.found + other.found, self.corrected + other.corrected, self.closed + other.closed)


class Findings:
    """Of one sweep. Each method is one transaction at `now` (µs UTC)."""

    def __init__(self, database: Database, settings: SweepSettings) -> None:
        self._database = database
        self._settings = settings
        self._looked_at = ""  # the discrepancy that was looked at once more last

    def compared(self, differences: Mapping[str, tuple[Difference, Ours]], orders: Collection[str], now: int) -> Counts:
        """The orders that were compared, and those of them that differ."""
        by_order = {order: self._of(order, *found) for order, found in differences.items()}
        with self._database.begin() as connection:
            new = {it.id for it in put(connection, list(by_order.values()), now)}
            corrected = 0
            for order, (difference, _) in differences.items():
                corrected += self._settle(connection, difference, by_order[order], by_order[order].id in new, now)
            still = {it.id for it in by_order.values()}
            gone = [it for it in standing(connection, self._settings.name, orders) if it not in still]
            closed = close(connection, gone, now)
        return Counts(len(new), corrected, closed)

    def unlisted(self, seen: Sequence[Seen], now: int) -> Counts:
        """What came here, and is not on their list."""
        found = [self._ours_only(it) for it in seen]
        with self._database.begin() as connection:
            new = put(connection, found, now)
            record(connection, [self._entry("truth.discrepancy", it) for it in new], now)
        return Counts(found=len(new))

    def earlier(self, now: int) -> Mapping[str, Item]:
        """By id, what the provider said in some of the open discrepancies that this pass has not met: the next ones
        each time, round and round."""
        with self._database.read() as connection:
            found = unmet(connection, self._settings.name, self._looked_at, now)
        self._looked_at = max(found, default="")
        return {id_: Item.of(theirs) for id_, theirs in found.items()}

    def agreed(self, ids: Sequence[str], now: int) -> Counts:
        """These were looked at once more, and differ no longer."""
        with self._database.begin() as connection:
            return Counts(closed=close(connection, ids, now))

    def passed(self, what: str, detail: Mapping[str, object], now: int) -> None:
        """That a pass was made, or could not be: one entry, also where nothing was found."""
        settings = self._settings
        entry = Entry(
            what, TRUTH, workflow=settings.workflow, step=settings.step, detail={"sweep": settings.name, **detail}
        )
        with self._database.begin() as connection:
            record(connection, [entry], now)

    def _settle(self, connection: Connection, difference: Difference, found: Discrepancy, new: bool, now: int) -> int:
        """Correct it where there is a word that does; how many corrections that makes."""
        if difference.correction is not None:
            self._correct(connection, difference, difference.correction, found, now)
            return 1
        if new:
            record(connection, [self._entry("truth.discrepancy", found)], now)
            if difference.note:
                correct(connection, [found.id], difference.note, now)
        return 0

    def _correct(
        self, connection: Connection, difference: Difference, word: Word, found: Discrepancy, now: int
    ) -> None:
        item = difference.item
        reason = f"{self._settings.name} lists it{f' as {item.status}' if item.status else ''}"
        time = now if item.time is None or word is Word.ABSENT else min(item.time, now)
        [entry] = record(connection, [self._entry("truth.corrected", found, reason)], now)
        subject = found.workflow, found.correlation_id, found.step
        say(connection, [Testimony(*subject, word, time, TRUTH, reason, f"sweep/{entry}")], entry, now)
        correct(connection, [found.id], word, now)

    def _of(self, order: str, difference: Difference, ours: Ours) -> Discrepancy:
        state = ours.instance.steps.get(self._settings.step) if ours.instance else None
        here = {
            "step": state.state if state else None,
            "events": ours.events,
            "amounts": [str(it) for it in ours.amounts],
        }
        return self._discrepancy(difference.kind, order, difference.item.told(), here)

    def _ours_only(self, seen: Seen) -> Discrepancy:
        here = {"time": rfc3339(seen.time), "amounts": [str(it) for it in seen.amounts]}
        return self._discrepancy(Kind.OURS_ONLY, seen.correlation_id, {}, here)

    def _discrepancy(
        self, kind: Kind, order: str, theirs: Mapping[str, object], ours: Mapping[str, object]
    ) -> Discrepancy:
        settings = self._settings
        return Discrepancy(settings.name, kind, settings.workflow, order, settings.step, theirs, ours)

    def _entry(self, what: str, it: Discrepancy, why: str = "") -> Entry:
        theirs = it.theirs.get("id")
        return Entry(
            what,
            TRUTH,
            why=why,
            workflow=it.workflow,
            correlation_id=it.correlation_id,
            case_id=case_id(it.workflow, it.correlation_id),
            step=it.step,
            external={"id": str(theirs)} if theirs else {},
            detail={"discrepancy": it.id, "kind": it.kind, "theirs": it.theirs, "ours": it.ours},
        )
