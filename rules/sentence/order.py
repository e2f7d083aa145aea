"""What is said of a step that came before what it should follow."""

from collections.abc import Sequence

from rules.expression import START
from rules.sentence.scene import Scene, gap, instant
from rules.spec import Step
from rules.verdict import StepState


def before(scene: Scene, step: Step) -> list[list[str]]:
    """The step comes after one of each of these groups. A skipped step is replaced by what it comes after itself, or
    left out of several of which any will do."""
    names = [name for name in step.predecessors if name != START]
    skipped = {name for name in names if scene.told(name).state is StepState.SKIPPED}
    if step.after_any:
        return [[name for name in step.after_any if name not in skipped] or [START]]
    groups: list[list[str]] = []
    for name in step.after:
        groups += before(scene, scene.workflow.step(name)) if name in skipped else [[name]]
    return groups


def out_of_order(scene: Scene, step: Step) -> str:
    at = scene.told(step.name).at or 0
    groups = [group for group in before(scene, step) if START not in group]
    first = [
        min(((came, name) for name in group if (came := scene.told(name).at) is not None), default=None)
        for group in groups
    ]
    overtaken = [it for it in first if it is not None and at < it[0] - scene.workflow.skew]
    if overtaken:
        came, name = max(overtaken)
        return f"{step.name} came {instant(at)}, {gap(at, came)} before {name}, which it should follow."
    absent = [group for group, came in zip(groups, first, strict=True) if came is None]
    return f"{step.name} came {instant(at)}, and {_absent(scene, absent)}"


def _absent(scene: Scene, groups: Sequence[Sequence[str]]) -> str:
    """That what it should follow has not come, for want of which it is not in order."""
    required = [group for group in groups if not all(scene.workflow.step(name).optional for name in group)]
    names = [" or ".join(group) for group in required or groups]
    verb = "has" if len(names) == 1 else "have"
    return f"{' and '.join(names)}, which it should follow, {verb} not come."
