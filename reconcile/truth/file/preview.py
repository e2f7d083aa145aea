"""What a file of truth would change: shown before, and worked out anew when it is applied."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconcile.rulebook import Rulebook
from reconcile.teams import EVERY_TEAM, Teams
from reconcile.truth.effect import Effect, Expected, effect
from reconcile.truth.file.table import Row, Table
from reconcile.truth.ours import Instance, Key
from reconcile.truth.testimony import Said, Subject


@dataclass(frozen=True, slots=True)
class Line:
    """A row, what it would do, and to which workflow's order; '' where that can't be told."""

    row: Row
    workflow: str
    effect: Effect
    sentence: str
    at_risk: float | None = None
    unit: str = ""
    customer: str = ""

    @property
    def changes(self) -> bool:
        return self.effect.changes


@dataclass(frozen=True, slots=True)
class Preview:
    """`fingerprint` names the file: it is applied only as it was looked at."""

    fingerprint: str
    lines: tuple[Line, ...]

    @property
    def changes(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.changes)

    @property
    def totals(self) -> Mapping[Effect, int]:
        counts = Counter(line.effect for line in self.lines)
        return {it: counts[it] for it in Effect if counts[it]}

    @property
    def at_risk(self) -> Mapping[str, float]:
        """By unit, what is at risk in the orders that it would change, each counted once."""
        orders = {(it.workflow, it.row.correlation_id): it for it in self.changes if it.at_risk is not None}
        sums: dict[str, float] = {}
        for it in orders.values():
            sums[it.unit] = sums.get(it.unit, 0.0) + (it.at_risk or 0.0)
        return sums


@dataclass(frozen=True, slots=True)
class Known:
    """What is known here that a file may speak of. `teams`: whose steps may be changed."""

    rulebook: Rulebook
    instances: Mapping[Key, Instance]
    words: Mapping[Subject, Said]
    teams: Teams = EVERY_TEAM


def candidates(rulebook: Rulebook, row: Row) -> list[str]:
    """The workflows that a row can mean: those that have such a step."""
    with_step = (it.name for it in rulebook.workflows if any(step.name == row.step for step in it.steps))
    return [name for name in dict.fromkeys(with_step) if row.workflow in ("", name)]


def preview(table: Table, known: Known) -> Preview:
    """A pure function of the file and of what is known."""
    return Preview(table.fingerprint, tuple(_line(row, known) for row in table.rows))


def _line(row: Row, known: Known) -> Line:
    names = candidates(known.rulebook, row)
    meant = [name for name in names if (name, row.correlation_id) in known.instances]
    if not names:
        return Line(row, "", Effect.UNKNOWN_STEP, f"no rule{_of(row)} has a step {row.step}")
    if not meant:
        return Line(row, "", Effect.UNKNOWN_ORDER, f"{row.correlation_id} is not known here{_of(row)}")
    if len(meant) > 1:
        sentence = f"{row.step} of {row.correlation_id} is a step of {_listed(meant)}: name one in a column workflow"
        return Line(row, "", Effect.AMBIGUOUS, sentence)
    instance = known.instances[meant[0], row.correlation_id]
    expected = _expected(row, meant[0], instance, known)
    return Line(row, meant[0], expected.effect, expected.sentence, instance.at_risk, instance.unit, instance.customer)


def _expected(row: Row, workflow: str, instance: Instance, known: Known) -> Expected:
    step = known.rulebook.step(workflow, row.step, instance.rule_hash)
    if step is not None and not known.teams.have([step.owner]):
        return Expected(Effect.NOT_YOURS, f"{row.step} of {row.correlation_id} belongs to {step.owner or 'nobody'}")
    last = known.words.get((workflow, row.correlation_id, row.step))
    return effect(row.correlation_id, row.step, row.word, instance, last)


def _of(row: Row) -> str:
    return f" in {row.workflow}" if row.workflow else ""


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
