"""As of when the absence of something is believed, as `rules.held` says."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.awaited import fulfilling, names_of, of_step
from rules.compile.sql import Sql, Value, call
from rules.compile.time import NEVER, all_of, earliest, is_after, not_after, plus, when
from rules.held import NOTHING_HELD, Holding, of_names
from rules.spec import Matcher, Step, Workflow


@dataclass(frozen=True, slots=True)
class Absence:
    """Believed as of `as_of`, which is `moment`, the instant judged, where nothing is held; else until `until` it is
    not."""

    moment: Sql
    as_of: Sql
    until: Sql = NEVER

    def lapsed(self, limit: Sql) -> Sql:
        """The limit, once it has passed for all that is known."""
        return when(is_after(self.as_of, limit), limit)

    def ahead(self, limit: Sql) -> Sql:
        """When to look again at a limit that has not passed: right after it, or when the hold ends."""
        return earliest(when(not_after(self.moment, limit), plus(limit, 1)), self.held(limit))

    def held(self, limit: Sql) -> Sql:
        """When the hold ends without which the limit would have passed."""
        if self.until == NEVER:
            return NEVER
        return when(all_of(is_after(self.moment, limit), not_after(self.as_of, limit)), self.until)


class Absences:
    """Of the names that a workflow asks for, at the instant judged."""

    def __init__(self, workflow: Workflow, moment: Sql, holding: Holding = NOTHING_HELD) -> None:
        self._workflow, self.moment, self._holding = workflow, moment, holding
        self.is_holding = bool(holding)

    def of(self, names: Iterable[str]) -> Absence:
        found = of_names(self._holding, names)
        if found is None:
            return Absence(self.moment, self.moment)
        as_of = call("least", self.moment, Value(found.since, "Int64"))
        return Absence(self.moment, as_of, Value(found.until, "Int64"))

    def of_step(self, step: Step) -> Absence:
        """What makes it missing."""
        return self.of(of_step(self._workflow, step))

    def of_predecessor(self, step: Step) -> Absence:
        """What leaves a gap before others."""
        return self.of(fulfilling(self._workflow, step))

    def of_undoing(self, step: Step) -> Absence:
        return self.of(names_of(step.undone_by))

    def of_starts(self, others: Iterable[Matcher]) -> Absence:
        return self.of(names_of(self._workflow.start, *others))
