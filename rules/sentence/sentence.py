"""Findings as sentences that a person can read at three in the morning. All instants are UTC."""

from rules.expression_text import expression_text
from rules.sentence import deadline as sentence_deadline
from rules.sentence import order as sentence_order
from rules.sentence import undo as sentence_undo
from rules.sentence.scene import Scene, instant
from rules.spec import Step, Workflow
from rules.verdict import WHOLE, Finding, Kind, Verdict
from store.event import ABSENT


def sentence(workflow: Workflow, verdict: Verdict, finding: Finding, detected_at: int) -> str:
    """What is wrong with a step of an instance, or with the whole; `detected_at` is when it was first seen (µs UTC)."""
    if verdict.start is None:
        return _orphan(workflow, finding, detected_at)
    scene = Scene(workflow, verdict, verdict.start, detected_at)
    if finding.step == WHOLE:
        return sentence_undo.half_undone(scene)
    return _of_step(scene, workflow.step(finding.step), finding)


def _of_step(scene: Scene, step: Step, finding: Finding) -> str:
    match finding.kind:
        case Kind.MISSING:
            return sentence_deadline.missing(scene, step)
        case Kind.LATE:
            return sentence_deadline.late(scene, step)
        case Kind.FAILED:
            return _failed(scene, step, finding.since)
        case Kind.DUPLICATE:
            return _duplicate(scene, step, finding.since)
        case Kind.OUT_OF_ORDER:
            return sentence_order.out_of_order(scene, step)
        case Kind.MISMATCH:
            return _mismatch(step, finding.since)
        case Kind.AFTER_END:
            return sentence_undo.after_end(scene, step)
        case Kind.NOT_UNDONE:
            return sentence_undo.not_undone(scene, step)
        case Kind.HALF_UNDONE | Kind.ORPHAN:
            raise ValueError(f"{finding.kind} is no finding of a step")


def _failed(scene: Scene, step: Step, since: int) -> str:
    """The verdict does not say what said so: it is known where no event could, or where it was the last to come."""
    verdict, names = scene.verdict, step.fails_on.names if step.fails_on else ()
    last = verdict.last_event if verdict.last_event_at == since else ""
    if last in names:
        return f"{step.name} failed: {last} came {instant(since)}."
    if not names or last == ABSENT:
        return f"{step.name} did not happen: somebody who looked said so {instant(since)}."
    return f"{step.name} failed {instant(since)}, by {' or '.join(names)} or by the word of somebody who looked."


def _duplicate(scene: Scene, step: Step, since: int) -> str:
    """`since` is when the first one too many came."""
    allowed, count = step.at_most or 0, scene.told(step.name).count
    if allowed == 0:
        return f"{step.name} came {instant(since)}, and must not come at all."
    total = f"; by now there are {count}" if count is not None and count > allowed + 1 else ""
    if allowed == 1:
        return f"{step.name} may come only once, and came again {instant(since)}{total}."
    return f"{step.name} may come {allowed} times at most, and number {allowed + 1} came {instant(since)}{total}."


def _mismatch(step: Step, since: int) -> str:
    """`since` is when all that is compared had come."""
    wanted = expression_text(step.match) if step.match is not None else "its `match`"
    return f"{step.name} does not fit: {wanted} is not true. All that it reads had come by {instant(since)}."


def _orphan(workflow: Workflow, finding: Finding, detected_at: int) -> str:
    opener = " or ".join(workflow.start.names)
    return (
        f"It has events since {instant(finding.since - workflow.grace)} and no beginning: no {opener}, nor what begins "
        f"anything else, had come by {instant(detected_at)}."
    )
