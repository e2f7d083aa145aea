"""How late steps may be by their own deadlines, counted from the start or from another step. Durations: µs."""

from collections.abc import Mapping

from rules.expression import START
from rules.spec import Step, Workflow


def allowed_since(workflow: Workflow, origin: str = START) -> Mapping[str, int]:
    """The longest that `within` gives from `origin` to each step that comes after it; of a step that nothing bounds
    there is none."""
    allowed = {origin: 0}
    for step in workflow.in_graph_order():
        base = None if step.name == origin else _base(step, workflow, allowed, from_start=origin == START)
        if base is not None and step.within is not None:
            allowed[step.name] = base + step.within
    return allowed


def _base(step: Step, workflow: Workflow, allowed: Mapping[str, int], *, from_start: bool) -> int | None:
    if step.after_any:
        return _first_of(step.after_any, workflow, allowed)
    known = [allowed[name] for name in step.after if name in allowed]
    if not known or (from_start and len(known) < len(step.after)):  # one of them may come at any time
        return None
    return max(known)


def _first_of(names: tuple[str, ...], workflow: Workflow, allowed: Mapping[str, int]) -> int | None:
    """Only what is sure to come can be relied on to come first."""
    sure = [allowed[name] for name in names if name in allowed and _is_sure(name, workflow)]
    if sure:
        return min(sure)
    return max(allowed[name] for name in names) if all(name in allowed for name in names) else None


def _is_sure(name: str, workflow: Workflow) -> bool:
    if name == START:
        return True
    step = workflow.step(name)
    return not step.optional and step.when is None and step.times is None
