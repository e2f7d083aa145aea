"""Leases: of several processes that could do one job, one does it, and what it writes carries a version that fences
off anybody who held the lease before. Times are microseconds since the Unix epoch, UTC."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update

from store.database import Database
from store.errors import LeaseLost
from store.tables import leases


@dataclass(frozen=True, slots=True)
class Lease:
    """`epoch` grows when the lease changes hands or has run out, `tick` with every `advance`, `as_of` never shrinks."""

    name: str
    holder: str
    epoch: int
    tick: int
    as_of: int

    @property
    def version(self) -> int:
        """Grows with every epoch and tick of this lease: the version of the rows written under it."""
        return self.epoch << 32 | self.tick


def acquire(database: Database, name: str, holder: str, now: int, ttl: int) -> Lease | None:
    """Take the lease for `ttl` µs, or renew one's own; `None` while somebody else holds it."""
    with database.begin() as connection:
        row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
        if row is None:
            return _create(database, connection, Lease(name, holder, epoch=1, tick=0, as_of=0), now + ttl)
        return _take(connection, row, holder, now, ttl)


def take(database: Database, name: str, holder: str, now: int, ttl: int) -> Lease | None:
    """The same of a lease that somebody else makes; `None` also where there is none."""
    with database.begin() as connection:
        row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
        return None if row is None else _take(connection, row, holder, now, ttl)


def advance(database: Database, lease: Lease, as_of: int, now: int, ttl: int) -> Lease:
    """The next tick, judged at `as_of` or at the last instant judged if that is later; renews the lease.

    Raises `LeaseLost` when the lease has changed hands, or was advanced by somebody else, since `lease`.
    """
    after = replace(lease, tick=lease.tick + 1, as_of=max(lease.as_of, as_of))
    with database.begin() as connection:
        if not _swap(connection, lease, after, now + ttl):
            raise LeaseLost(f"{lease.holder} no longer holds the lease {lease.name}")
    return after


def release(database: Database, lease: Lease) -> None:
    """Let the lease run out now, if it is still held."""
    with database.begin() as connection:
        connection.execute(
            update(leases)
            .where(leases.c.name == lease.name, leases.c.holder == lease.holder, leases.c.epoch == lease.epoch)
            .values(expires_at=0)
        )


def epoch_of(connection: Connection, name: str, holder: str, now: int) -> int | None:
    """The epoch of the lease if `holder` has it at `now` (µs UTC), else `None`."""
    held = select(leases.c.epoch).where(leases.c.name == name, leases.c.holder == holder, leases.c.expires_at > now)
    return connection.execute(held).scalar_one_or_none()


def _take(connection: Connection, row: Row[Any], holder: str, now: int, ttl: int) -> Lease | None:
    held = row.expires_at > now
    if held and row.holder != holder:
        return None
    before = Lease(row.name, row.holder, row.epoch, row.tick, row.as_of)
    lease = before if held else replace(before, holder=holder, epoch=row.epoch + 1, tick=0)
    return lease if _swap(connection, before, lease, now + ttl) else None


def holders(connection: Connection, names: Collection[str], now: int) -> dict[str, str]:
    """Who holds each of them at `now` (µs UTC), by its name, where somebody does."""
    held = select(leases.c.name, leases.c.holder).where(leases.c.name.in_(names), leases.c.expires_at > now)
    return {name: holder for name, holder in connection.execute(held)}


def _create(database: Database, connection: Connection, lease: Lease, expires_at: int) -> Lease | None:
    row = database.upsert(leases).values(**_columns(lease), expires_at=expires_at).on_conflict_do_nothing()
    created = connection.execute(row.returning(leases.c.name)).one_or_none()
    return None if created is None else lease


def _swap(connection: Connection, before: Lease, after: Lease, expires_at: int) -> bool:
    """Compare and set; false if the row is no longer as it was."""
    unchanged = and_(*(leases.c[name] == value for name, value in _columns(before).items()))
    changed = connection.execute(update(leases).where(unchanged).values(**_columns(after), expires_at=expires_at))
    return changed.rowcount == 1


def _columns(lease: Lease) -> dict[str, str | int]:
    return {
        "name": lease.name,
        "holder": lease.holder,
        "epoch": lease.epoch,
        "tick": lease.tick,
        "as_of": lease.as_of,
    }
