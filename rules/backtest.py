"""A changed rule against the present one, over the same history: what each of them flags.

Both sides are streams of verdicts in order of correlation ID, and are merged: memory does not grow with history.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import merge

from rules.judge import judge
from rules.ruleset import Lives, Rule
from rules.sentence.sentence import sentence
from rules.spec import Workflow
from rules.verdict import Finding, Kind, Outdated, Verdict
from store.clickhouse import ClickHouse

EXAMPLES = 5
"""How many examples are kept of each step and kind."""

Mark = tuple[str, Kind]
"""What a finding is of: a step (or the whole instance) and a kind."""


@dataclass(frozen=True, slots=True)
class Example:
    """A finding that only one of the two sides has. `since` is in µs UTC."""

    correlation_id: str
    since: int
    sentence: str


@dataclass(slots=True)
class Side:
    """What one side makes of history. `at_risk`: by unit, of what is flagged; `outdated`: too old for any version."""

    judged: int = 0
    flagged: int = 0
    outdated: int = 0
    at_risk: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """The share of the judged that is flagged, 0 where there is none."""
        return self.flagged / self.judged if self.judged else 0.0

    def add(self, verdict: Verdict) -> None:
        self.judged += 1
        if verdict.findings:
            self.flagged += 1
            if verdict.at_risk is not None:
                unit = verdict.unit or ""
                self.at_risk[unit] = self.at_risk.get(unit, 0.0) + verdict.at_risk


@dataclass(slots=True)
class Marked:
    """How many instances have a finding of one step and kind by either side or both, with examples of a change."""

    only_before: int = 0
    only_after: int = 0
    both: int = 0
    gone: list[Example] = field(default_factory=list)
    new: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """`newly` and `no_longer`: instances that only the changed or only the present rule flags; `still`: both do."""

    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    newly: int = 0
    no_longer: int = 0
    still: int = 0
    findings: dict[Mark, Marked] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with the version of the rule that gave it."""

    workflow: Workflow
    answer: Verdict | Outdated


def backtest(
    clickhouse: ClickHouse, before: Iterable[Rule], after: Iterable[Rule], as_of: int, since: int | None = None
) -> Comparison:
    """Judge what is stored at `as_of` (µs UTC) by both; each side holds the versions of one workflow.

    With `since` (µs UTC), instances that started earlier are left out, and orphans that are older. Raises
    StoreUnavailable or StoreRefused.
    """
    found = Comparison()
    sides = (merged(_verdicts(clickhouse, _from(rule, since), as_of) for rule in side) for side in (before, after))
    for old, new in paired(*sides):
        _compare(found, old, new, as_of)
    return found


def _from(rule: Rule, since: int | None) -> Rule:
    return replace(rule, lives=replace(rule.lives, frozen_before=since))


def paired(old: Iterable[Judged], new: Iterable[Judged]) -> Iterator[tuple[Judged | None, Judged | None]]:
    """What both say of a correlation ID, in order; `None` where one says nothing. Both must be in that order."""
    left, right = iter(old), iter(new)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        takes_a = a is not None and (b is None or _in_order(a) <= _in_order(b))
        takes_b = b is not None and (a is None or _in_order(b) <= _in_order(a))
        yield (a if takes_a else None), (b if takes_b else None)
        a = next(left, None) if takes_a else a
        b = next(right, None) if takes_b else b


def merged(versions: Iterable[Iterator[Judged]]) -> Iterator[Judged]:
    """Each version answers for other correlation IDs, so that of all of them each comes once."""
    return merge(*versions, key=_in_order)


def _verdicts(clickhouse: ClickHouse, rule: Rule, as_of: int) -> Iterator[Judged]:
    for answer in judge(clickhouse, rule.workflow, as_of, lives=rule.lives):
        if isinstance(answer, Outdated) or (isinstance(answer, Verdict) and not _is_older(answer, rule.lives)):
            yield Judged(rule.workflow, answer)


def _is_older(verdict: Verdict, lives: Lives) -> bool:
    """An orphan has no start by which the judge could leave it out."""
    since = lives.frozen_before
    return verdict.start is None and since is not None and verdict.last_event_at < since


def _in_order(judged: Judged) -> bytes:
    return judged.answer.correlation_id.encode()


def _compare(found: Comparison, old: Judged | None, new: Judged | None, as_of: int) -> None:
    was, is_ = _count(found.before, old), _count(found.after, new)
    found.still += bool(was and is_)
    found.no_longer += bool(was and not is_)
    found.newly += bool(is_ and not was)
    for mark in {**was, **is_}:
        marked = found.findings.setdefault(mark, Marked())
        if mark in was and mark in is_:
            marked.both += 1
        elif mark in was:
            marked.only_before += 1
            _keep(marked.gone, old, was[mark], as_of)
        else:
            marked.only_after += 1
            _keep(marked.new, new, is_[mark], as_of)


def _count(side: Side, judged: Judged | None) -> Mapping[Mark, Finding]:
    match judged.answer if judged else None:
        case Verdict() as verdict:
            side.add(verdict)
            return {(finding.step, finding.kind): finding for finding in verdict.findings}
        case Outdated():
            side.outdated += 1
    return {}


def _keep(examples: list[Example], judged: Judged | None, finding: Finding, as_of: int) -> None:
    if len(examples) < EXAMPLES and judged is not None and isinstance(judged.answer, Verdict):
        verdict = judged.answer
        told = sentence(judged.workflow, verdict, finding, as_of)
        examples.append(Example(verdict.correlation_id, finding.since, told))
