"""Why an instance is what it is: reasons for a verdict, drawn from the rule, the verdict and the events behind it.

What is, is said by the verdict alone; the explanation only says why. Whatever an expression gives is asked of the
engine, so that the two cannot disagree.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.explain.deadline import base
from rules.explain.finding import of_finding
from rules.explain.known import Known, know, said
from rules.explain.life import Part
from rules.explain.next import changes
from rules.explain.step import of_step
from rules.sentence.scene import instant, listed
from rules.sentence.sentence import sentence
from rules.spec import Workflow
from rules.verdict import WHOLE, InstanceState, StepState, Verdict
from store.clickhouse import ClickHouse


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence without a full stop, and what it is about: `state`, `came`, `also`, `copies`, `times`, `testimony`,
    `counted from`, `due`, `when`, `undone`, `began`, `over`, `at risk`, `flagged`, `next`."""

    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a step is in its state; with the step `WHOLE`, why the instance is in its own.

    `changes_at` is the earliest later instant at which time alone would change what is said of it (µs UTC).
    """

    step: str
    state: StepState | InstanceState
    reasons: tuple[Reason, ...]
    changes_at: int | None


def explain_instance(clickhouse: ClickHouse, workflow: Workflow, verdict: Verdict, as_of: int) -> list[Explained]:
    """The instance first, then its steps in the order of the rule file.

    `verdict` is the judge's, of this workflow at this `as_of` (µs UTC), and `clickhouse` holds the events that it was
    reached from. Raises StoreUnavailable or StoreRefused.
    """
    if verdict.start is None:
        return [_orphan(workflow, verdict, as_of)]
    known = know(clickhouse, workflow, verdict, verdict.start, as_of)
    steps = [_step(known, step.name) for step in workflow.steps]
    return [_whole(known, steps), *steps]


def as_text(workflow: Workflow, verdict: Verdict, explained: Iterable[Explained]) -> Iterator[str]:
    """Lines to print."""
    for each in explained:
        name = each.step or f"{workflow.name} {verdict.correlation_id}"
        yield f"{name}: {each.state.value}"
        yield from (f"  {reason.topic:<13} {reason.text}" for reason in each.reasons)


def _step(known: Known, name: str) -> Explained:
    step = known.workflow.step(name)
    reasons = [Reason(*told) for told in of_step(known, step)]
    found = [finding for finding in known.verdict.findings if finding.step == name]
    reasons += [Reason("flagged", of_finding(known, finding)) for finding in found]
    later = sorted(changes(known, step, base(known, step)), key=lambda it: it.at)
    reasons += [Reason("next", f"{it.what} after {instant(it.at - 1)}") for it in later]
    return Explained(name, known.told(name).state, tuple(reasons), min((it.at for it in later), default=None))


def _whole(known: Known, steps: Sequence[Explained]) -> Explained:
    verdict = known.verdict
    reasons = [Reason(*told) for told in _of_whole(known)]
    found = [finding for finding in verdict.findings if finding.step == WHOLE]
    reasons += [Reason("flagged", of_finding(known, finding)) for finding in found]
    if verdict.wake_at is not None:
        reasons.append(Reason("next", _next(known, steps, verdict.wake_at)))
    return Explained(WHOLE, verdict.state, tuple(reasons), verdict.wake_at)


def _of_whole(known: Known) -> Iterator[tuple[str, str]]:
    verdict, ending = known.verdict, known.ending()
    yield "state", _why(known)
    begun = known.happened(Part.STARTS)
    more = f"; {len(begun) - 1} later ones open nothing" if len(begun) > 1 else ""
    yield "began", (said(begun[0]) if begun else instant(known.start)) + more
    if ending is not None:
        yield "over", f"{'called off' if (Part.CANCELS, '') in ending.roles else 'in good order'}: {said(ending)}"
    if verdict.at_risk is not None:
        yield "at risk", f"{verdict.at_risk:g} {verdict.unit or ''}".rstrip()


def _why(known: Known) -> str:
    def those(*states: StepState) -> str:
        return listed([it.step for it in known.verdict.steps if it.state in states and known.is_required(it.step)])

    match known.verdict.state:
        case InstanceState.CANCELLED:
            return f"the {known.workflow.noun} was called off"
        case InstanceState.INCOMPLETE:
            return f"missing: {those(StepState.MISSING)}"
        case InstanceState.FAILED:
            return f"failed: {those(StepState.FAILED)}"
        case InstanceState.COMPLETE:
            return "nothing more is expected"
        case _:
            open_ = those(StepState.PENDING, StepState.WAITING)
            return f"still open: {open_}" if open_ else "something is still expected"


def _next(known: Known, steps: Sequence[Explained], wake_at: int) -> str:
    causes = [it.step for it in steps if it.changes_at == wake_at]
    coming = [said(event) for event in known.life.later if event.time == wake_at]
    why = listed([*causes, *coming])
    return f"time alone can change it after {instant(wake_at - 1)}" + (f": {why}" if why else "")


def _orphan(workflow: Workflow, verdict: Verdict, as_of: int) -> Explained:
    [finding] = verdict.findings
    told = sentence(workflow, verdict, finding, as_of).removesuffix(".")
    return Explained(WHOLE, verdict.state, (Reason("state", told),), verdict.wake_at)
