"""Rows of `discrepancies`: where a source of truth and what is stored here differ. Times are µs UTC."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, case, select, update

from reconcile.identity import NAMESPACE
from reconcile.truth.sweep.compare import Kind
from store.database import upsert
from store.tables import discrepancies

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`source` is the sweep's name; `theirs` and `ours` are what each side has, for people."""

    source: str
    kind: Kind
    workflow: str
    correlation_id: str
    step: str
    theirs: Mapping[str, object]
    ours: Mapping[str, object]

    @property
    def id(self) -> str:
        """Derived, so that what is seen again is the same."""
        place = f"{self.source}/{self.kind}/{self.workflow}/{self.correlation_id}/{self.step}"
        return "dis_" + uuid5(NAMESPACE, place).hex


def put(connection: Connection, found: Sequence[Discrepancy], now: int) -> list[Discrepancy]:
    """Write them down within the caller's transaction, or that they were seen again; those that are new, or hold again
    after they were closed, come back."""
    if not found:
        return []
    open_before = set[str]()
    for batch in _batches([it.id for it in found]):
        known = select(discrepancies.c.id).where(discrepancies.c.id.in_(batch), discrepancies.c.closed_at.is_(None))
        open_before |= set(connection.execute(known).scalars())
    insert = upsert(connection.dialect.name, discrepancies)
    new = insert.excluded
    columns = discrepancies.c
    was_closed = columns.closed_at.is_not(None)  # then it is another one: not corrected yet, and nobody knows
    again = {
        "theirs": new.theirs,
        "ours": new.ours,
        "last_seen_at": new.last_seen_at,
        "closed_at": None,
        "corrected_at": case((was_closed, None), else_=columns.corrected_at),
        "correction": case((was_closed, ""), else_=columns.correction),
        "told_at": case((was_closed, None), else_=columns.told_at),
    }
    rows = [_row(it, now) for it in found]
    connection.execute(insert.on_conflict_do_update(index_elements=[discrepancies.c.id], set_=again), rows)
    return [it for it in found if it.id not in open_before]


def correct(connection: Connection, ids: Sequence[str], correction: str, now: int) -> None:
    """What was done about them; they have to be told anew."""
    for batch in _batches(ids):
        rows = update(discrepancies).where(discrepancies.c.id.in_(batch))
        connection.execute(rows.values(corrected_at=now, correction=correction, told_at=None))


def standing(connection: Connection, source: str, orders: Collection[str]) -> list[str]:
    """The ids of those of these orders that are open."""
    columns, found = discrepancies.c, list[str]()
    for batch in _batches(list(orders)):
        statement = select(columns.id).where(columns.correlation_id.in_(batch), *_open(source))
        found += connection.execute(statement).scalars()
    return found


def unmet(connection: Connection, source: str, after: str, before: int) -> dict[str, Mapping[str, object]]:
    """By id, and behind `after`, what they say in those that are open and were last seen before then.

    Those of `ours_only` are left out: that it is not on a list says nothing of the next list.
    """
    columns = discrepancies.c
    rows = connection.execute(
        select(columns.id, columns.theirs)
        .where(columns.id > after, columns.last_seen_at < before, columns.kind != Kind.OURS_ONLY, *_open(source))
        .order_by(columns.id)
        .limit(_BATCH)
    )
    return {id_: msgspec.json.decode(theirs) for id_, theirs in rows}


def close(connection: Connection, ids: Sequence[str], now: int) -> int:
    """They differ no longer; how many were open."""
    columns = discrepancies.c
    return sum(
        connection.execute(
            update(discrepancies).where(columns.id.in_(batch), columns.closed_at.is_(None)).values(closed_at=now)
        ).rowcount
        for batch in _batches(ids)
    )


def untold(connection: Connection, limit: int) -> list[Row[Any]]:
    """The oldest that nobody has been told of, with what was done about each: the owner of the step has to hear of it,
    for a correction without an event means that the pipeline is broken. Those that differ no longer are no news."""
    columns = discrepancies.c
    waiting = (columns.told_at.is_(None), columns.closed_at.is_(None))
    found = select(discrepancies).where(*waiting).order_by(columns.found_at, columns.id).limit(limit)
    return list(connection.execute(found.with_for_update(skip_locked=True)))


def tell(connection: Connection, ids: Sequence[str], now: int) -> None:
    """They have been told of, within the transaction that tells."""
    for batch in _batches(ids):
        connection.execute(update(discrepancies).where(discrepancies.c.id.in_(batch)).values(told_at=now))


def _open(source: str) -> tuple[ColumnElement[bool], ...]:
    return discrepancies.c.source == source, discrepancies.c.closed_at.is_(None)


def _row(it: Discrepancy, now: int) -> dict[str, object]:
    return {
        "id": it.id,
        "source": it.source,
        "kind": it.kind,
        "workflow": it.workflow,
        "correlation_id": it.correlation_id,
        "step": it.step,
        "theirs": msgspec.json.encode(it.theirs, order="sorted").decode(),
        "ours": msgspec.json.encode(it.ours, order="sorted").decode(),
        "found_at": now,
        "last_seen_at": now,
        "correction": "",
    }


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
