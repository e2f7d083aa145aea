"""The sweep: compares, slice by slice, what has been judged with what is stored, so that whatever slipped is found.

A failed materialized view, or an insert that became visible too late: in each case the count of stored events or the
rule's hash of an instance is not what it should be, or there is no instance at all. What an evaluator wrote that was
paused and had lost its lease is found as well: a deadline that nobody woke up for, or an open finding that the present
verdict knows nothing of. One look serves all rules.

What was touched before its events were there is compared in the same way, once it is certain that nothing of it can
become visible any more.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rules.compile.sql import Sql
from rules.evaluate.candidates import Settled
from rules.evaluate.part import Span
from rules.evaluate.slice import Slice, cut
from rules.evaluate.staleness import LIMIT, Found, Instant, NotJudged, look, look_at_touched
from rules.judge import only
from rules.ruleset import Rule
from store import cursors
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import EvaluatorSettings
from store.shares import ALL, Share


@dataclass(frozen=True, slots=True)
class Stale:
    """Correlation IDs to judge by all versions of a workflow."""

    workflow: str
    among: Sql


@dataclass(frozen=True, slots=True)
class Swept:
    """All that was stale in this slice has been judged."""

    part: Slice


@dataclass(frozen=True, slots=True)
class Compared:
    """All that was touched in the span has been judged, and again if its events came later."""

    span: Span


class Sweep:
    """What to judge of a share beside what was touched, one work a tick. `left_out`: correlation IDs not to judge.

    Where there are several shares, each has fewer slices and takes them more seldom, so that all of them together look
    at as much as one did.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        settings: EvaluatorSettings,
        left_out: Callable[[], Sequence[str]] = tuple,
        share: Share = ALL,
    ) -> None:
        self._rules = rules
        self._settings = settings
        self._left_out = left_out
        self._share = share
        self._slices = max(1, settings.sweep_slices // share.of)
        self._work: deque[Stale | Swept | Compared] = deque()  # in the present slice
        self._swept_at: int | None = None
        self._cut: list[Slice] = []  # at the beginning of the present turn through all slices
        self._not_judged: dict[int, dict[str, NotJudged]] = {}  # by slice

    def use(self, rules: Sequence[Rule]) -> None:
        """From now on these; the slice that was begun is left to the next round."""
        self._rules = rules
        self._work.clear()
        self._not_judged = {}

    def is_due(self, now: int) -> bool:
        """Whether there is something to do, or it is time for the next slice, of which no two come in one beat."""
        self._swept_at = now if self._swept_at is None else self._swept_at
        every = max(self._settings.sweep_every, self._settings.tick)
        return bool(self._work) or now >= self._swept_at + every * self._share.of

    def next(self, clickhouse: ClickHouse, database: Database, now: int, as_of: int) -> Stale | Swept | Compared:
        """What to do in this tick; everything that was woken until `as_of` has been judged. Raises StoreUnavailable."""
        if not self._work:
            self._swept_at = now
            self._look(clickhouse, self._next_slice(clickhouse, database), as_of)
        return self._work[0]

    def compare(self, clickhouse: ClickHouse, settled: Settled, as_of: int) -> None:
        """From now on what is stale of a span is due as well. Raises StoreUnavailable or StoreRefused."""
        instant = self._instant(as_of)
        for part in settled.parts:
            for found in look_at_touched(clickhouse, instant, settled.blocks, part.fraction):
                if found.stale:
                    whole = part.among([rule for rule in part.rules if rule.workflow.name == found.workflow])
                    self._work.append(Stale(found.workflow, _among(found, whole)))
        self._work.append(Compared(settled.span))

    def done(self) -> None:
        """What was due last has been written."""
        self._work.popleft()

    def not_judged(self) -> Mapping[str, NotJudged]:
        """How many instances of each workflow are not judged for their age, as of the last look at each slice. May be
        called from another thread."""
        total: dict[str, NotJudged] = {}
        for slice in list(self._not_judged.values()):
            for workflow, counted in slice.items():
                total[workflow] = total.get(workflow, NotJudged()) + counted
        return total

    def _next_slice(self, clickhouse: ClickHouse, database: Database) -> int:
        """The one after that which was begun last, by whomever."""
        cursor = self._share.cursor("slice")
        with database.begin() as connection:
            slice = (cursors.read(connection, cursor) or 0) + 1
            if slice >= len(self._cut):
                self._cut = cut(clickhouse, self._slices, self._share)
            slice %= len(self._cut)
            cursors.move(connection, cursor, slice)
        return slice

    def _look(self, clickhouse: ClickHouse, slice: int, as_of: int) -> None:
        part = self._cut[slice]
        found = look(clickhouse, self._instant(as_of), part)
        self._not_judged = {it: told for it, told in self._not_judged.items() if it < len(self._cut)}
        self._not_judged[slice] = {it.workflow: it.not_judged for it in found}
        self._work.extend(Stale(it.workflow, _among(it, part.condition)) for it in found if it.stale)
        self._work.append(Swept(part))

    def _instant(self, as_of: int) -> Instant:
        return Instant(self._rules, as_of, frozen_before(self._settings, as_of), self._left_out())


def _among(found: Found, whole: Sql) -> Sql:
    """If they are too many to name, all of which they are a part."""
    return only(list(found.stale)) if len(found.stale) < LIMIT else whole


def frozen_before(settings: EvaluatorSettings, as_of: int) -> int | None:
    """Instances that began before this instant (µs UTC) are left as they were recorded."""
    return None if settings.retention is None else as_of - settings.retention
