"""Shares: the hashes of all correlation IDs are divided into equal ranges, and each is judged under a lease of its own.

How many there are is on record, so that everybody divides alike: the leases of shares are made together with that
record, and by nothing else. They are divided anew only while nobody holds any. Times are µs since the epoch, UTC.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, select, update

from store import cursors
from store.database import Database, upsert
from store.shard import Shard
from store.tables import cursors as positions
from store.tables import leases, rule_shares

NEITHER = -1
"""Where shares have been divided anew, the position of a cursor that was not the same in all of them."""

_LEASE = "evaluator"
_COUNT = "evaluator.shares"
_LEAST = ("touched", "woken")  # the cursors that mean how far a share has come
_HASHES = 1 << 64


@dataclass(frozen=True, slots=True)
class Share:
    """One of `of` equal ranges of all values of `cityHash64(correlation_id)`, from `lowest` to `highest`."""

    of: int = 1
    which: int = 0

    @property
    def lowest(self) -> int:
        return _HASHES * self.which // self.of

    @property
    def highest(self) -> int:
        return _HASHES * (self.which + 1) // self.of - 1

    @property
    def lease(self) -> str:
        return _LEASE if self.of == 1 else f"{_LEASE}.{self.which}/{self.of}"

    def cursor(self, of_what: str) -> str:
        """The name of one of its cursors."""
        return f"{self.lease}.{of_what}"

    @property
    def rules(self) -> str:
        """What the names of the cursors begin with that say which rule was applied to all of the share."""
        return "rule." if self.of == 1 else self.cursor("rule.")


ALL = Share()
"""The only one of one."""


def shares(of: int) -> tuple[Share, ...]:
    return tuple(Share(of, which) for which in range(of))


def shares_of(shard: Shard, of: int) -> tuple[Share, ...]:
    """Those of `of` that lie within the shard; `of` is a multiple of the number of shards."""
    each = of // shard.of
    return shares(of)[each * (shard.number - 1) : each * shard.number]


def present(connection: Connection) -> tuple[Share, ...]:
    """Those on record."""
    return shares(cursors.read(connection, _COUNT) or 1)


def judged_until(connection: Connection) -> int | None:
    """The instant up to which every share was judged; `None` where one never was."""
    judged = connection.execute(select(leases.c.as_of).where(leases.c.name.in_(_leases(present(connection)))))
    return min(judged.scalars(), default=None) or None


def agree(database: Database, of: int, now: int) -> bool:
    """Whether there are `of` shares, now if not before; false while somebody at `now` holds one of another number.

    Whoever held one of the old shares cannot hold on to it, and whatever is written under the leases of the new ones is
    newer than all that was. They begin at the least position of the old ones. Raises StoreUnavailable.
    """
    with database.read() as connection:
        if cursors.read(connection, _COUNT) == of:
            return True
    with database.begin() as connection:
        before = shares(_counted(connection))
        rows = connection.execute(select(leases).where(leases.c.name.in_(_leases(before))).with_for_update()).all()
        if len(before) != of and any(row.expires_at > now for row in rows):
            return False
        if len(before) != of:
            _divide(connection, before, shares(of))
        _make(connection, shares(of), rows)
    return True


def _counted(connection: Connection) -> int:
    """How many shares are on record: nobody else can change it until this transaction ends. Where none are, there has
    been one for as long as anything was judged."""
    row = upsert(connection.dialect.name, positions).values(name=_COUNT, position=1)
    connection.execute(row.on_conflict_do_nothing())
    connection.execute(
        update(positions).where(positions.c.name == _COUNT).values(position=positions.c.position)
    )  # the lock
    return cursors.read(connection, _COUNT) or 1


def _divide(connection: Connection, before: Sequence[Share], after: Sequence[Share]) -> None:
    reached = {it: min(cursors.read(connection, share.cursor(it)) or 0 for share in before) for it in _LEAST}
    applied = _alike([_applied(connection, share) for share in before])
    for name in (*_leases(before), *(share.rules for share in before)):
        prefix = name if name.endswith(".") else f"{name}."
        for cursor in cursors.named(connection, prefix):
            cursors.drop(connection, cursor)
    connection.execute(delete(leases).where(leases.c.name.in_(_leases(before))))
    connection.execute(delete(rule_shares))
    for share in after:
        for of_what, position in reached.items():
            cursors.move(connection, share.cursor(of_what), position)
        for workflow, fingerprint in applied.items():
            cursors.move(connection, share.rules + workflow, fingerprint)
    cursors.move(connection, _COUNT, len(after))


def _applied(connection: Connection, share: Share) -> Mapping[str, int]:
    """The position of each workflow."""
    named = cursors.named(connection, share.rules)
    return {name.removeprefix(share.rules): position for name, position in named.items()}


def _alike(applied: Sequence[Mapping[str, int]]) -> Mapping[str, int]:
    known = {workflow for it in applied for workflow in it}
    said = {workflow: {it.get(workflow, NEITHER) for it in applied} for workflow in known}
    return {workflow: positions.pop() if len(positions) == 1 else NEITHER for workflow, positions in said.items()}


def _make(connection: Connection, wanted: Sequence[Share], before: Collection[Row[tuple[object, ...]]]) -> None:
    """The leases, held by nobody."""
    free = {
        "holder": "",
        "epoch": max((row.epoch for row in before), default=0),
        "tick": 0,
        "as_of": max((row.as_of for row in before), default=0),
        "expires_at": 0,
    }
    rows = [{"name": name, **free} for name in _leases(wanted)]
    connection.execute(upsert(connection.dialect.name, leases).on_conflict_do_nothing(), rows)


def _leases(of: Sequence[Share]) -> list[str]:
    return [share.lease for share in of]
