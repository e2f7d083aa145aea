"""What was judged by each rule, by stretches of time: that a rule ran and found nothing is worth knowing, too.

Counts are kept in memory and written when their stretch is over. A crash loses those that were not written; what was
not done is never counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from rules.evaluate.records import Written
from rules.ruleset import Rule
from store.database import upsert
from store.tables import passes

_NOTHING = Written()
_COUNTED = ("rounds", "looked_at", "judged", "opened", "closed")


class Stretch(NamedTuple):
    """Of one rule; µs UTC."""

    workflow: str
    rule_hash: str
    version: int
    began_at: int


@dataclass(frozen=True, slots=True)
class Count:
    """In how many rounds it was asked what had changed, of how many correlation IDs that bear its events, at least; and
    what was written."""

    rounds: int = 0
    looked_at: int = 0
    written: Written = _NOTHING

    def __add__(self, other: "Count") -> "Count":
        return Count(self.rounds + other.rounds, self.looked_at + other.looked_at, self.written + other.written)


class Passes:
    """The counts that are not yet written, of stretches of `length` µs."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._counts: dict[Stretch, Count] = {}
        self._refused: set[str] = set()  # hashes of rules

    def wrote(self, rule: Rule, written: Written, as_of: int) -> None:
        """What was found with the rule at `as_of` (µs UTC), and is in the store."""
        self._add(rule, as_of, Count(written=replace(written, found=())))

    def refuse(self, rule: Rule) -> None:
        """The store would not judge by it: the present round does not count."""
        self._refused.add(rule.workflow.content_hash)

    def end_round(self, rules: Iterable[Rule], looked_at: Mapping[str, int], as_of: int) -> None:
        """All that had changed was judged by the rules; `looked_at` has, by their hashes, how many correlation IDs."""
        for rule in rules:
            hash_ = rule.workflow.content_hash
            if hash_ not in self._refused:
                self._add(rule, as_of, Count(1, looked_at.get(hash_, 0)))
        self._refused.clear()

    def ended(self, as_of: int) -> dict[Stretch, Count]:
        """Those whose stretch is over at this instant."""
        return {it: count for it, count in self._counts.items() if it.began_at + self._length <= as_of}

    def all(self) -> dict[Stretch, Count]:
        return dict(self._counts)

    def write(self, connection: Connection, counts: Mapping[Stretch, Count]) -> None:
        """Add them to what is there, within the caller's transaction: another process may have had its part."""
        for stretch, count in counts.items():
            row = upsert(connection.dialect.name, passes).values(self._row(stretch, count))
            more = {name: passes.c[name] + row.excluded[name] for name in _COUNTED}
            key = [passes.c.workflow, passes.c.rule_hash, passes.c.began_at]
            connection.execute(row.on_conflict_do_update(index_elements=key, set_=more))

    def forget(self, counts: Mapping[Stretch, Count]) -> None:
        """They have been written."""
        for stretch in counts:
            del self._counts[stretch]

    def _add(self, rule: Rule, as_of: int, count: Count) -> None:
        workflow = rule.workflow
        began_at = as_of - as_of % self._length
        stretch = Stretch(workflow.name, workflow.content_hash, workflow.version, began_at)
        self._counts[stretch] = self._counts.get(stretch, Count()) + count

    def _row(self, stretch: Stretch, count: Count) -> dict[str, object]:
        return {
            **stretch._asdict(),
            "ended_at": stretch.began_at + self._length,
            "rounds": count.rounds,
            "looked_at": count.looked_at,
            "judged": count.written.instances,
            "opened": count.written.opened,
            "closed": count.written.closed,
        }
