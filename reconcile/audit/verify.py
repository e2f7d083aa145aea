"""Whether an audit trail is whole: a pure function of its rows, as they stand, and of heads kept elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from reconcile.audit.row import EMPTY, SEALED, START, Head, Row, hash_of, seal_of

REDACTED = "audit.redacted"
"""What an entry tells of that takes the payload of others; its detail names their ids as `entries`."""

_SHOWN = 1_000  # faults that are kept


class Kind(StrEnum):
    CHANGED = "changed"  # a row is not what its hash was made of
    REMOVED = "removed"  # there is a gap in the numbers
    INSERTED = "inserted"  # a row does not follow from the row before, or two share a number
    REORDERED = "reordered"  # a row stands behind one with a higher number
    CUT = "cut"  # the end is missing
    EMPTIED = "emptied"  # a payload is gone, and no later entry says who redacted it
    APART = "apart"  # the two stores tell a row differently


@dataclass(frozen=True, slots=True)
class Fault:
    """`seq` is that of the row, or of the first row that is missing; `id` is empty where there is no row."""

    kind: Kind
    seq: int
    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """`last` is the last row there was; `faults` are the first thousand of `faulty`."""

    rows: int
    redacted: int
    last: Head
    faults: tuple[Fault, ...]
    faulty: int

    @property
    def is_whole(self) -> bool:
        return not self.faulty


@dataclass(slots=True)
class _Walk:
    """What is known after the rows so far."""

    heads: dict[int, str]
    linked: bool
    before: Row | None = None  # the last row there was, of the highest number so far
    hashes: set[str] = field(default_factory=lambda: {START})  # that its number bears: one, if all is well
    rows: int = 0
    redacted: dict[str, int] = field(default_factory=dict)  # id → seq, until an entry names it
    named: int = 0
    faults: list[Fault] = field(default_factory=list)
    faulty: int = 0

    def pass_by(self, row: Row) -> None:
        self.rows += 1
        last = self.before.seq if self.before else 0
        if row.seq >= last:
            self.hashes = {row.hash} if row.seq > last else self.hashes | {row.hash}
            self.before = row

    def note(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.faulty += 1
            if len(self.faults) < _SHOWN:
                self.faults.append(fault)


def verify(rows: Iterable[Row], heads: Mapping[int, str], *, linked: bool = True) -> Report:
    """Walk the rows once, in the order in which they are given.

    `heads` are hashes by number, as they were kept: rows up to the highest must be there. `linked`: the rows should be
    all there are; of a choice, such as what concerns one customer, only each row by itself can be told to be whole.
    """
    walk = _Walk(dict(heads), linked)
    for row in rows:
        walk.note(_faults(walk, row))
        walk.pass_by(row)
    walk.note(_at_the_end(walk))
    last = walk.before
    end = Head(0, START) if last is None else Head(last.seq, last.hash, last.at)
    return Report(walk.rows, walk.named + len(walk.redacted), end, tuple(walk.faults), walk.faulty)


def _faults(walk: _Walk, row: Row) -> Iterator[Fault]:
    yield from _by_itself(row)
    yield from _against_head(walk, row)
    if walk.linked:
        yield from _link(walk, row)
    if row.is_redacted:
        walk.redacted.setdefault(row.id, row.seq)
    elif row.what == REDACTED:
        named = [id_ for id_ in _entries(row.detail) if walk.redacted.pop(id_, None) is not None]
        walk.named += len(named)


def _by_itself(row: Row) -> Iterator[Fault]:
    if row.is_redacted:
        left = [name for name in SEALED if getattr(row, name) != EMPTY[name]]
        if left:
            yield _fault(Kind.CHANGED, row, f"it has {_names(left)}, but no salt, as if it had been redacted")
    elif seal_of(row) != row.seal:
        yield _fault(Kind.CHANGED, row, f"{_names(SEALED)} are not what was sealed")
    if hash_of(row) != row.hash:
        yield _fault(Kind.CHANGED, row, "its hash is not that of what it tells: the one or the other was changed")


def _link(walk: _Walk, row: Row) -> Iterator[Fault]:
    last = walk.before.seq if walk.before else 0
    if row.seq > last + 1:
        yield Fault(Kind.REMOVED, last + 1, "", f"{_range(last + 1, row.seq - 1)} missing before row {row.seq}")
    elif row.seq == last + 1:
        if row.previous not in walk.hashes:
            words = f"it was chained to another row {last} than the one that is there"
            yield _fault(Kind.INSERTED, row, words if last else "it is not the first row of a chain")
    elif row.seq < last:
        yield _fault(Kind.REORDERED, row, f"it stands behind row {last}")
    elif walk.before is not None:
        yield from _twice(walk.before, row)


def _twice(one: Row, other: Row) -> Iterator[Fault]:
    """Two rows of one number: exact copies of each other are one."""
    different = differing(one, other)
    if different:
        yield _fault(Kind.INSERTED, other, f"there are two rows of this number, which differ in {_names(different)}")


def _against_head(walk: _Walk, row: Row) -> Iterator[Fault]:
    kept = walk.heads.pop(row.seq, None)
    if kept is not None and kept != row.hash:
        yield _fault(Kind.CHANGED, row, "its hash is not the one that was kept: the chain was written anew")


def _at_the_end(walk: _Walk) -> Iterator[Fault]:
    last = walk.before.seq if walk.before else 0
    missing = [seq for seq in walk.heads if seq > last]
    if walk.linked and missing:
        yield Fault(Kind.CUT, last + 1, "", f"{_range(last + 1, max(missing))} missing at the end")
    if walk.linked:
        for id_, seq in walk.redacted.items():
            yield Fault(
                Kind.EMPTIED, seq, id_, f"row {seq} ({id_}): its payload is gone, and no later entry tells of it"
            )


def compared(rows: Iterable[Row], copies: Iterable[Row], apart: list[Fault]) -> Iterator[Row]:
    """The rows as they are. `copies` are what the SQL database has of them: all from some row on. What it tells
    otherwise is put into `apart` on the way."""
    others = iter(copies)
    other, begun = next(others, None), False
    for row in rows:
        while other is not None and other.seq < row.seq:
            apart.append(_fault(Kind.APART, other, "only the SQL database has it"))
            other, begun = next(others, None), True
        if other is not None and other.seq == row.seq:
            if different := differing(row, other):
                apart.append(_fault(Kind.APART, row, f"the SQL database has it with other {_names(different)}"))
            other, begun = next(others, None), True
        elif begun:
            apart.append(_fault(Kind.APART, row, "only ClickHouse has it"))
        yield row
    apart.extend(_fault(Kind.APART, it, "only the SQL database has it") for it in (other, *others) if it is not None)


def differing(one: Row, other: Row) -> list[str]:
    return [name for name in Row.__struct_fields__ if getattr(one, name) != getattr(other, name)]


def _entries(detail: str) -> list[str]:
    try:
        return msgspec.json.decode(detail, type=_Named).entries
    except msgspec.MsgspecError:
        return []


class _Named(msgspec.Struct):
    entries: list[str] = []


def _fault(kind: Kind, row: Row, words: str) -> Fault:
    return Fault(kind, row.seq, row.id, f"row {row.seq} ({row.id}): {words}")


def _range(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"


def _names(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
