"""Where people work on cases: one at a time or many, each move guarded and recorded. Times are µs UTC."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from reconcile.audit.entry import Entry, record
from reconcile.cases import comments, records
from reconcile.cases.case import Case
from reconcile.cases.casebook import Casebook, Seen
from reconcile.cases.comments import Comment
from reconcile.cases.moves import By, Move, permitted
from reconcile.cases.references import USUAL, References
from reconcile.errors import BadMove, NoSuchCase, ReconcileError
from store.clickhouse import ClickHouse
from store.database import Database
from store.tables import cases

LONGEST = 10_000  # characters of a comment

_AT_ONCE = 200  # cases in one transaction


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a move of many cases: those that were changed, and of the others why they were not."""

    changed: tuple[str, ...]
    left: Mapping[str, ReconcileError]


class Desk:
    """The moves of people. Pages and the REST interface call the same. Safe to share among threads."""

    def __init__(self, database: Database, casebook: Casebook, references: References) -> None:
        self.references = references
        self._database = database
        self._casebook = casebook

    @classmethod
    def on(cls, clickhouse: ClickHouse, database: Database, references: Sequence[str] = USUAL) -> "Desk":
        """`references`: the names of attributes that hold references of others."""
        return cls(database, Casebook(database), References(clickhouse, references))

    def move(self, case_id: str, move: Move, by: By, now: int) -> Case:
        """The case as it is afterwards. Raises `Overtaken`, which says who was quicker, `NoSuchCase`, `NotYours`,
        `BadMove` or `StoreUnavailable`."""
        made = self._moved({case_id: by.revision}, move, by, now)[case_id]
        if isinstance(made, ReconcileError):
            raise made
        return made

    def each(self, seen: Seen, move: Move, by: By, now: int) -> Outcome:
        """The same move of many, a bounded number in one transaction; the audit trail has an entry for each, and one
        for all of it. Raises `BadMove` or `StoreUnavailable`, and what was changed until then stays changed."""
        made: dict[str, Case | ReconcileError] = {}
        for batch in _batches(seen):
            made |= self._moved(batch, move, by, now)
            _complain(made.values())
        changed = tuple(id_ for id_, it in made.items() if isinstance(it, Case))
        outcome = Outcome(changed, {id_: it for id_, it in made.items() if isinstance(it, ReconcileError)})
        detail = {"changed": len(changed), "left": len(outcome.left), "cases": changed}
        with self._database.begin() as connection:
            record(connection, [Entry(f"{move.what}.many", by.actor, move.note, detail=detail)], now)
        return outcome

    def comment(self, case_id: str, text: str, by: By, now: int) -> Comment:
        """Raises `NoSuchCase`, `NotYours`, `BadMove` or `StoreUnavailable`."""
        if not text.strip() or len(text) > LONGEST:
            raise BadMove(f"text: expected 1 to {LONGEST:,} characters that are not all blank")
        with self._database.begin() as connection:
            case = records.read_cases(connection, [case_id]).get(case_id)
            if case is None:
                raise NoSuchCase(f"there is no case {case_id}")
            permitted(case, by)
            comment = comments.add(connection, case_id, by.actor, text, now)
            record(connection, [_commented(case, comment, by)], now)
        return comment

    def _moved(self, seen: Seen, move: Move, by: By, now: int) -> dict[str, Case | ReconcileError]:
        with self._database.read() as connection:
            found = connection.execute(select(cases.c.id, cases.c.correlation_id).where(cases.c.id.in_(seen))).all()
        known = self.references.told({order for _, order in found})
        return self._casebook.move(seen, move, by, now, {id_: known.get(order, {}) for id_, order in found})


def _complain(made: Iterable[Case | ReconcileError]) -> None:
    """What makes no sense for one makes none for any."""
    for it in made:
        if isinstance(it, BadMove):
            raise it


def _batches(seen: Seen) -> Iterator[Seen]:
    ids = list(seen)
    return ({id_: seen[id_] for id_ in ids[start : start + _AT_ONCE]} for start in range(0, len(ids), _AT_ONCE))


def _commented(case: Case, comment: Comment, by: By) -> Entry:
    """The text is in `case_comments` alone: what is chained can't be mended."""
    return Entry(
        "case.commented",
        by.actor,
        workflow=case.workflow,
        correlation_id=case.correlation_id,
        case_id=case.id,
        step=case.step,
        customer=case.about.customer or "",
        detail={"comment": comment.id},
    )
