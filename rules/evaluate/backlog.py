"""Rules that are new, changed or removed: what they change is worked through over all that is stored, in pieces.

Which rules were applied to everything is remembered in the SQL database, by a fingerprint for each workflow, so that a
change is noticed however long ago it was made, and one that was cut off begins again.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from rules.evaluate.slice import Slice, cut
from rules.ruleset import Rule
from rules.spec import Orphans
from store import cursors, shares
from store.clickhouse import ClickHouse
from store.database import Database
from store.shares import ALL, Share

_NEITHER = shares.NEITHER  # no rule's fingerprint

_RECORDED = "SELECT count() FROM instances WHERE workflow = {workflow:String}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A slice to judge by all versions of a workflow; none: it was removed."""

    workflow: str
    rules: tuple[Rule, ...]
    slice: Slice
    number: int  # of the slice
    of: int

    @property
    def is_last(self) -> bool:
        return self.number == self.of - 1


class Backlog:
    """What is left to do until the present rules have been applied to all of a share."""

    def __init__(self, rules: Sequence[Rule], batch: int, share: Share = ALL) -> None:
        self._rules = by_workflow(rules)
        self._batch = batch  # about how many instances a piece has
        self._share = share
        self._pieces: deque[Piece] | None = None
        self.progress: Mapping[str, tuple[int, int]] = {}  # pieces done, and all, of each workflow that has some left

    @property
    def next(self) -> Piece | None:
        return self._pieces[0] if self._pieces else None

    def forget(self) -> None:
        """Somebody else may have applied other rules meanwhile."""
        self._pieces = None

    def find(self, clickhouse: ClickHouse, database: Database) -> None:
        """What is to be done, if that is not known; before anything is judged, or a rule could leave traces that
        nobody knows of. Raises StoreUnavailable."""
        if self._pieces is None:
            with database.begin() as connection:
                changed = list(_changed(self._rules, _applied(connection, self._share)))
                for workflow in changed:  # from now on neither the old rule nor the new one is
                    cursors.move(connection, self._share.rules + workflow, _NEITHER)
            self._pieces = deque(self._shared_out(clickhouse, changed))
            self.progress = {piece.workflow: (0, piece.of) for piece in self._pieces}

    def done(self, database: Database, piece: Piece) -> None:
        """Everything of it has been written."""
        if piece.is_last:
            with database.begin() as connection:
                if piece.rules:
                    cursors.move(connection, self._share.rules + piece.workflow, fingerprint(piece.rules))
                else:
                    cursors.drop(connection, self._share.rules + piece.workflow)
        if self._pieces is not None:
            self._pieces.popleft()
        rest = {workflow: told for workflow, told in self.progress.items() if workflow != piece.workflow}
        self.progress = rest if piece.is_last else {piece.workflow: (piece.number + 1, piece.of), **rest}

    def _shared_out(self, clickhouse: ClickHouse, changed: Sequence[str]) -> Iterator[Piece]:
        if not changed:
            return
        [(events,)] = clickhouse.query("SELECT count() FROM events")
        for workflow in changed:
            rules = self._rules.get(workflow, ())
            [(recorded,)] = clickhouse.query(_RECORDED, {"workflow": workflow})
            size = events // 4 if rules else recorded  # an instance has a handful of events
            slices = cut(clickhouse, max(1, -(-size // self._batch)), self._share)
            yield from (Piece(workflow, rules, it, number, len(slices)) for number, it in enumerate(slices))


def applied(database: Database) -> list[str]:
    """Names of the workflows that anything may be on record of. Raises StoreUnavailable."""
    with database.read() as connection:
        return sorted({name for share in shares.present(connection) for name in _applied(connection, share)})


def _applied(connection: Connection, share: Share) -> Mapping[str, int]:
    """The fingerprint of each workflow, by its name."""
    named = cursors.named(connection, share.rules)
    return {name.removeprefix(share.rules): fingerprint for name, fingerprint in named.items()}


def by_workflow(rules: Sequence[Rule]) -> dict[str, tuple[Rule, ...]]:
    """The versions of each workflow, by its name."""
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        found[rule.workflow.name] = (*found.get(rule.workflow.name, ()), rule)
    return found


def fingerprint(versions: Sequence[Rule]) -> int:
    """Changes with whatever changes an answer of the workflow: its versions, when they apply, and, if it flags
    orphans, what else can begin under their correlation IDs."""
    flags = any(rule.workflow.orphans is Orphans.FLAG for rule in versions)
    others = versions[0].lives.other_starts if flags else ()
    said = [(rule.workflow.content_hash, rule.lives.since, rule.lives.until) for rule in versions]
    return int(hashlib.sha256(repr((said, others)).encode()).hexdigest()[:15], 16)


def _changed(rules: Mapping[str, Sequence[Rule]], applied: Mapping[str, int]) -> Iterator[str]:
    """Names of workflows that are not as they were last applied to everything, those that are no more first."""
    yield from sorted(applied.keys() - rules.keys())
    yield from (name for name, versions in rules.items() if applied.get(name) != fingerprint(versions))
