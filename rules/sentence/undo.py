"""What is said where an instance was called off, or failed, and what was done in it has not been undone."""

from rules.sentence.scene import Scene, gap, instant, listed
from rules.spec import Step
from rules.verdict import InstanceState, Kind, StepState
from store.duration import format_duration


def not_undone(scene: Scene, step: Step) -> str:
    since, why = _called_off(scene)
    at = scene.told(step.name).at or 0
    counted_from = f"{why} {instant(since)}" if at <= since else f"it came, for {why} {instant(since)}"
    undoing = " or ".join(step.undone_by.names) if step.undone_by else "undoing event"
    return (
        f"{step.name} of {instant(at)} was to be undone within {format_duration(step.undo_within or 0)} after "
        f"{counted_from}; no {undoing} had come by {instant(scene.detected_at)}. "
        f"As far as is known, {why}, and for the customer {step.name} still stands."
    )


def after_end(scene: Scene, step: Step) -> str:
    at = scene.told(step.name).at
    late = gap(scene.verdict.ended_at, at)
    return (
        f"{step.name} came {instant(at)}, {late} after {_off(scene)}. For the customer it stands, as far as is known."
    )


def half_undone(scene: Scene) -> str:
    noun = scene.workflow.noun
    left = listed([step.name for step in scene.flagged(Kind.NOT_UNDONE)])
    candidates = _candidates(scene)
    certain = [step.name for step in candidates if len(candidates) == 1 or _was_to_be_by_now(scene, step)]
    undone = listed(certain) if certain else f"at least one of {listed([step.name for step in candidates])}"
    verb = "are" if len(certain) > 1 else "is"
    without = f", and without {listed(certain)}" if certain else ""
    return (
        f"The {noun} is half undone: {undone} {verb} undone, and {left} not. It is neither carried out nor taken back: "
        f"as far as is known, the customer is left with {left}{without}."
    )


def _candidates(scene: Scene) -> list[Step]:
    """What may be undone, as far as the verdict tells it from what there still is time for or what may stay."""
    left = scene.flagged(Kind.NOT_UNDONE)
    return [
        step
        for step in scene.workflow.steps
        if step.undone_by is not None and step not in left and scene.told(step.name).at is not None
    ]


def _was_to_be_by_now(scene: Scene, step: Step) -> bool:
    """Whether it would be flagged were it not undone."""
    here = scene.told(step.name)
    if step.leave_behind or here.state is StepState.SKIPPED:
        return False
    since, _ = _called_off(scene)
    return max(here.at or 0, since) + (step.undo_within or 0) + scene.workflow.grace < scene.detected_at


def _called_off(scene: Scene) -> tuple[int, str]:
    """When and by what it came about that what was done has to be undone."""
    verdict, workflow = scene.verdict, scene.workflow
    causes = [
        (it.since, f"{it.step} failed")
        for it in verdict.findings
        if it.kind is Kind.FAILED and not workflow.step(it.step).optional
    ]
    if verdict.state is InstanceState.CANCELLED and verdict.ended_at is not None:
        causes.append((verdict.ended_at, _off(scene)))
    return min(causes, default=(scene.start, f"the {workflow.noun} began"))


def _off(scene: Scene) -> str:
    return f"the {scene.workflow.noun} was called off"
