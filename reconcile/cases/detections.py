"""How findings were found, written down when they are entered in their case: what latencies are computed from.

Rows are only ever added. Times are µs UTC.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from reconcile.cases.case import Change
from reconcile.cases.finding import Detection, Key, Sighting
from store.database import upsert
from store.tables import detections


def add(connection: Connection, sightings: Iterable[Sighting], changes: Sequence[Change], now: int) -> None:
    """Write down how what these changes have entered was found; what is known already stays as it is."""
    of = {sighting.key: sighting.detections for sighting in sightings}
    rows = [row for change in changes for row in _rows(change, of, now)]
    if rows:
        connection.execute(upsert(connection.dialect.name, detections).on_conflict_do_nothing(), rows)


def _rows(change: Change, of: Mapping[Key, Sequence[Detection]], now: int) -> Iterator[dict[str, object]]:
    case = change.case
    for it in of[case.key]:
        yield {
            "workflow": case.workflow,
            "correlation_id": case.correlation_id,
            "step": it.step,
            "kind": it.kind,
            "detected_at": it.detected_at,
            "apparent_at": it.apparent_at,
            "found_at": it.found_at,
            "entered_at": now,
            "delayed_by": it.delayed_by,
            "subject": case.id,
            "transition": case.transition if change.news is not None else None,
        }
