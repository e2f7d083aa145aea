"""What is said of a step that is missing or came late: when it was due and why, and what there is of it."""

from rules.expression import START, steps_named
from rules.sentence.order import before
from rules.sentence.scene import Scene, gap, instant, listed
from rules.spec import Step
from store.duration import format_duration


def missing(scene: Scene, step: Step) -> str:
    return f"{_deadline(scene, step)}; {_arrived(scene, step)}."


def late(scene: Scene, step: Step) -> str:
    here = scene.told(step.name)
    last = "the last of them" if here.needed is not None and here.needed > 1 else "it"
    return f"{_deadline(scene, step)}; {last} came {gap(here.due, here.at)} late."


def _arrived(scene: Scene, step: Step) -> str:
    here, by = scene.told(step.name), f"had arrived by {instant(scene.detected_at)}"
    if not here.count:
        return f"nothing {by}" if here.needed in (None, 1) else f"none of {here.needed} {by}"
    if here.needed is None and step.times is not None:
        return f"{here.count} {by}, and how many it takes is for {listed(list(steps_named(step.times)))} to say"
    return f"{here.count} of {here.needed} {by}"


def _deadline(scene: Scene, step: Step) -> str:
    reason = _reason(scene, step)
    return f"{step.name} was due {instant(scene.told(step.name).due)}" + (f", {reason}" if reason else "")


def _reason(scene: Scene, step: Step) -> str:
    """What gave the deadline: the earliest of `within`, `due`, the workflow's `within` and what `needs` allows."""
    workflow, due = scene.workflow, scene.told(step.name).due
    if step.within is not None:
        for name, at in _counted_from(scene, step):
            if at is not None and at + step.within == due:
                return f"{format_duration(step.within)} after {name}"
    if workflow.within is not None and scene.start + workflow.within == due:
        return f"{format_duration(workflow.within)} after the {workflow.noun} began"
    for name in step.needs:
        at, expires = scene.told(name).at, workflow.step(name).expires
        if at is not None and expires is not None and at + expires == due:
            return f"when {name} of {instant(at)} lapsed after {format_duration(expires)}"
    return "as promised" if step.due is not None else ""


def _counted_from(scene: Scene, step: Step) -> list[tuple[str, int | None]]:
    """What the step may be counted from, and when that was."""
    names = [name for group in before(scene, step) for name in group]
    counted = [(name, scene.told(name).at) for name in names if name != START]
    return counted if len(counted) == len(names) > 0 else [*counted, (scene.opener, scene.start)]
